use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use axum_health::indicator::Named;
use axum_health::indicators::PingHealthIndicator;
use axum_health::prelude::{HealthDetail, HealthIndicator};
use firstlight_http::Health;
use http::StatusCode;

use crate::http::board::{HEADERS, board};
use crate::http::{Probe, Server};
use crate::ready::{Set, answer, name};

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Ours, by axum's router.
    Ours,
    /// Ours, as a service of its own.
    OursAlone,
    /// axum's router, and a handler that says the same thing whatever it is asked: the limit.
    Constant,
    /// The same with the headers that ours has.
    ConstantWithHeaders,
    /// What one writes for oneself: a locked map, and `write!`.
    Board,
    /// axum's router, and `serde_json` of a plain document that is there already.
    SerdeJson,
    /// axum-health, with an indicator for each gate; it answers in JSON of its own, whatever it is asked.
    AxumHealth,
}

impl Peer {
    /// Its name in a table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursAlone => "ours, without the router",
            Self::Constant => "a constant handler",
            Self::ConstantWithHeaders => "a constant handler with our headers",
            Self::Board => "a locked map and write!",
            Self::SerdeJson => "serde_json of a document",
            Self::AxumHealth => "axum-health",
        }
    }

    /// Those who can answer a probe, ours first.
    fn of(probe: Probe) -> Vec<Self> {
        let others: &[Self] = match probe {
            Probe::Ready => &[
                Self::OursAlone,
                Self::Constant,
                Self::ConstantWithHeaders,
                Self::Board,
                Self::AxumHealth,
            ],
            Probe::ReadyFrom => &[Self::OursAlone, Self::Constant, Self::ConstantWithHeaders],
            Probe::NotReady => &[Self::OursAlone, Self::Board, Self::AxumHealth],
            Probe::Verbose | Probe::Gate => &[Self::OursAlone, Self::Board],
            Probe::Json => &[Self::OursAlone, Self::SerdeJson, Self::AxumHealth],
        };
        std::iter::once(Self::Ours).chain(others.iter().copied()).collect()
    }
}

/// All who can answer a probe, ours first.
///
/// # Panics
/// When one answers with another status or another text: axum-health has a format of its own, the others none.
pub fn equal_servers(probe: Probe) -> Vec<(Peer, Server)> {
    let mut servers: Vec<_> =
        Peer::of(probe).into_iter().map(|peer| (peer, server(peer, probe))).collect();
    let ours = servers[0].1.answer(probe);
    for (peer, server) in &mut servers {
        let theirs = server.answer(probe);
        assert_eq!(theirs.status, ours.status, "{peer:?}: another status");
        match peer {
            Peer::AxumHealth => {
                let gates = theirs.body.windows(4).filter(|word| word == b"gate").count();
                assert_eq!(gates, Probe::GATES, "{peer:?}: other gates");
            }
            // Each set has an epoch and times of its own.
            _ => assert_eq!(words(&theirs.body), words(&ours.body), "{peer:?}: another text"),
        }
        if matches!(peer, Peer::ConstantWithHeaders | Peer::Board | Peer::SerdeJson) {
            assert_eq!(theirs.headers, ours.headers, "{peer:?}: other headers");
        }
    }
    servers
}

/// A text without its digits.
fn words(text: &[u8]) -> String {
    text.iter().filter(|byte| !byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect()
}

/// Such a server for a probe.
fn server(peer: Peer, probe: Probe) -> Server {
    let open = move |gate: usize| probe.is_open(gate);
    match peer {
        Peer::Ours => ours(probe, |health| Server::new(health.router())),
        Peer::OursAlone => ours(probe, |health| Server::new(health.service())),
        Peer::Constant => Server::new(Router::new().route("/readyz", get(async || "ok"))),
        Peer::ConstantWithHeaders => {
            Server::new(Router::new().route("/readyz", get(async || (HEADERS, "ok"))))
        }
        Peer::Board => Server::new(board(Probe::GATES, open)),
        Peer::SerdeJson => serde_json(),
        Peer::AxumHealth => axum_health(open),
    }
}

/// A set of ours must outlive its server: its runtime watches over it.
fn ours(probe: Probe, serve: impl Fn(Health) -> Server) -> Server {
    if probe == Probe::Json {
        let world = answer::Ours::new(Probe::GATES);
        return serve(Health::new(world.readiness())).keeping(world);
    }
    let set = Set::live(Probe::GATES);
    for (at, gate) in set.gates.iter().enumerate() {
        if probe.is_open(at) {
            gate.ready();
        }
    }
    serve(Health::new(&set.readiness)).keeping(set)
}

fn serde_json() -> Server {
    let world = answer::Ours::new(Probe::GATES);
    let document = Arc::new(answer::Document::of(&world));
    let answer = move || {
        let document = Arc::clone(&document);
        async move {
            let mut text = Vec::new();
            document.json(&mut text);
            let of = [("content-type", "application/json"), ("retry-after", "1")];
            (StatusCode::SERVICE_UNAVAILABLE, HEADERS, of, text)
        }
    };
    Server::new(Router::new().route("/readyz", get(answer)))
}

struct Down;

#[async_trait::async_trait]
impl HealthIndicator for Down {
    fn name(&self) -> String {
        "down".to_owned()
    }

    async fn details(&self) -> HealthDetail {
        HealthDetail::down()
    }
}

fn axum_health(open: impl Fn(usize) -> bool) -> Server {
    let health =
        (0..Probe::GATES).fold(axum_health::prelude::Health::builder(), |health, gate| match open(
            gate,
        ) {
            true => health.with_indicator(PingHealthIndicator.named(name(gate))),
            false => health.with_indicator(Down.named(name(gate))),
        });
    let router = Router::new().route("/readyz", get(axum_health::health_check));
    Server::new(router.layer(health.build()))
}
