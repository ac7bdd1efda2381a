//! The same with the clients of others: gRPC's C core, and Envoy; warm and cold, one by one and both at once.

use std::net::SocketAddr;
use std::time::Duration;

use support::Mode;
use tokio::time::Instant;

use crate::real_caller::{Caller, Summary};
use crate::real_envoy::Envoy;
use crate::real_support::{Backend, Entrance, Venv, port};
use crate::serve_support::{HOST, Serve};

/// The inputs of a control plane that is started under clients.
const SLOW: &str = "--source-delay 3s --partial-source";
const DELAY: Duration = Duration::from_secs(3);

/// How much later than those a cold client may have its first answer.
const COLD: Duration = Duration::from_millis(500);

/// What is missing piece by piece; gRPC says so.
const PIECES: [&str; 3] = [
    "LDS resource echo.local: does not exist",
    "CDS resource default/echo-local:80: does not exist",
    "EDS resource default/echo-local:80: contains no localities",
];

/// How a client finds the backends.
#[derive(Debug, Clone, Copy)]
enum Through {
    /// It is told who they are.
    Xds,
    /// It calls an Envoy, which is.
    Proxy,
}

/// How a control plane is replaced.
#[derive(Debug, Clone, Copy)]
enum Replaced {
    /// It dies without a word, and another one is started where it was.
    Killed,
    /// Another one is started, and when that is ready this one is told to end: a rolling update.
    Rolled,
}

/// Clients that have called, and call on.
struct Warm {
    callers: Vec<Caller>,
    _envoys: Vec<Envoy>,
}

impl Warm {
    async fn start(
        venv: &Venv,
        clients: &[Through],
        plane: SocketAddr,
        envoy_at: SocketAddr,
    ) -> Self {
        let (mut callers, mut envoys) = (Vec::new(), Vec::new());
        for client in clients {
            callers.push(match client {
                Through::Xds => Caller::by_xds(venv, plane).await,
                Through::Proxy => {
                    let envoy = Envoy::start(venv, plane).await;
                    envoy.live().await;
                    envoys.push(envoy);
                    Caller::by_envoy(venv, envoy_at).await
                }
            });
        }
        for caller in &mut callers {
            let first = caller.first().await;
            assert_eq!(first.code, "OK", "{first:?}");
            caller.call().await;
        }
        Self { callers, _envoys: envoys }
    }

    /// Waits until all of them have called it.
    async fn until_called(self, backend: &Backend) -> Vec<Summary> {
        let mut summaries = Vec::new();
        for caller in self.callers {
            backend.called_by(caller.name).await;
            summaries.push(caller.stop().await);
        }
        summaries
    }
}

/// Replaces a control plane under warm clients; ends when all of them know what only the new one says.
async fn replaced(venv: &Venv, mode: Mode, how: Replaced, clients: &[Through]) -> Vec<Summary> {
    let (old, new) = (Backend::start().await, Backend::start().await);
    let envoy_at = port().await;
    let options = format!(
        "--mode {mode} --service {HOST} --envoy-listener {envoy_at} --drain 100ms --backend {}",
        old.address
    );
    let late = format!("{options} --backend {} {SLOW}", new.address);
    let mut first = Serve::start(&options).await;
    let (_second, summaries) = match how {
        Replaced::Killed => {
            let at = first.xds;
            let warm = Warm::start(venv, clients, at, envoy_at).await;
            first.kill().await;
            let second = Serve::start_at(at, &late).await;
            (second, warm.until_called(&new).await)
        }
        Replaced::Rolled => {
            let entrance = Entrance::start(first.xds).await;
            let warm = Warm::start(venv, clients, entrance.address, envoy_at).await;
            let second = Serve::start(&late).await;
            second.until("/readyz", 200, "").await;
            entrance.to(second.xds);
            first.terminate();
            assert_eq!(first.ended().await.code(), Some(0), "{mode}");
            (second, warm.until_called(&new).await)
        }
    };
    summaries.iter().for_each(|summary| println!("{mode}, {how:?}: {summary}"));
    summaries
}

/// Both modes at the same time: mostly they wait.
async fn fixed_loses_nothing_and_broken_does(how: Replaced, clients: &[Through]) {
    let Some(venv) = Venv::find().await else { return };
    let (fixed, broken) = tokio::join!(
        replaced(&venv, Mode::Fixed, how, clients),
        replaced(&venv, Mode::Broken, how, clients),
    );
    for fixed in fixed {
        assert_eq!((fixed.failed, &*fixed.why), (0, &[][..]), "{fixed}");
        assert!(fixed.calls > 50, "the calls went on meanwhile: {fixed}");
    }
    for broken in broken {
        assert!(broken.failed > 0 && broken.outage > Duration::ZERO, "{broken}");
        assert!(broken.why.iter().all(|why| why.starts_with("UNAVAILABLE: ")), "{broken}");
        let is_told = |piece: &str| broken.why.iter().any(|why| why.contains(piece));
        if broken.name == "grpcio" {
            let is_known = |why: &String| PIECES.iter().any(|piece| why.contains(piece));
            assert!(broken.why.iter().all(is_known), "{broken}");
            // Whoever came back in time has seen the last one.
            assert!(is_told(PIECES[2]), "{broken}");
        } else {
            // Envoy does not say what of it.
            assert!(is_told("no healthy upstream"), "{broken}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_control_plane_that_comes_back_slowly_costs_a_warm_grpc_client_nothing() {
    fixed_loses_nothing_and_broken_does(Replaced::Killed, &[Through::Xds]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_control_plane_that_comes_back_slowly_costs_a_warm_envoy_nothing() {
    fixed_loses_nothing_and_broken_does(Replaced::Killed, &[Through::Proxy]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_clients_at_once_on_one_control_plane_lose_nothing_when_it_is_killed() {
    fixed_loses_nothing_and_broken_does(Replaced::Killed, &[Through::Xds, Through::Proxy]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_clients_lose_nothing_in_a_rolling_update() {
    fixed_loses_nothing_and_broken_does(Replaced::Rolled, &[Through::Xds, Through::Proxy]).await;
}

/// A control plane that has just been started, slowly. Its inputs are due as long after its first line as they are late.
async fn starting(mode: Mode, at: [SocketAddr; 2], slow: &str) -> (Serve, Backend, Instant) {
    let ([xds_at, envoy_at], backend) = (at, Backend::start().await);
    let options = format!(
        "--mode {mode} --service {HOST} --envoy-listener {envoy_at} --backend {} {slow}",
        backend.address
    );
    let serve = Serve::start_at(xds_at, &options).await;
    (serve, backend, Instant::now() + DELAY)
}

/// A busy machine is late at times, but not each time.
async fn soon(what: &str, late: impl AsyncFn() -> Duration) {
    let mut tries = Vec::new();
    while tries.len() < 3 {
        let late = late().await;
        println!("{what}: first OK {late:?} after the inputs were due");
        if late <= COLD {
            return;
        }
        tries.push(late);
    }
    panic!("{what}: the first OK is late each time: {tries:?}");
}

/// Until then its calls wait. Their processes are there before the control plane is, and ask when it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_cold_grpc_client_is_told_as_soon_as_the_inputs_are_there_and_not_before() {
    let Some(venv) = Venv::find().await else { return };
    let first = async |mode| {
        let at = [port().await, port().await];
        let mut caller = Caller::by_xds(&venv, at[0]).await;
        let (_serve, _backend, due) = starting(mode, at, SLOW).await;
        (caller.first().await, due)
    };
    let broken = async {
        let (first, _) = first(Mode::Broken).await;
        assert_eq!(first.code, "UNAVAILABLE", "{first:?}");
        // Of what is missing this alone is an error for a cold client.
        assert!(first.details.contains(PIECES[2]), "{first:?}");
    };
    let fixed = soon("fixed, cold grpcio", async || {
        let (first, due) = first(Mode::Fixed).await;
        let late = due.elapsed();
        assert_eq!(first.code, "OK", "{first:?}");
        assert!(first.took > DELAY / 2, "it has waited: {first:?}");
        late
    });
    tokio::join!(broken, fixed);
}

/// Emptiness kills: Envoy takes it for all there is, and says that it is ready.
#[tokio::test(flavor = "multi_thread")]
async fn a_cold_envoy_is_not_ready_before_there_is_something_to_serve() {
    let Some(venv) = Venv::find().await else { return };
    let broken = async {
        let at = [port().await, port().await];
        // Long enough for any machine to see it so.
        let slow = "--source-delay 1h --partial-source";
        let (serve, _backend, _) = starting(Mode::Broken, at, slow).await;
        let envoy = Envoy::start(&venv, serve.xds).await;
        envoy.live().await;
        let first = Caller::by_envoy(&venv, at[1]).await.first().await;
        assert_eq!(first.code, "UNAVAILABLE", "it serves nothing, and is ready: {first:?}");
    };
    let fixed = soon("fixed, cold Envoy", async || {
        let at = [port().await, port().await];
        let mut caller = Caller::by_envoy(&venv, at[1]).await;
        let (serve, _backend, due) = starting(Mode::Fixed, at, SLOW).await;
        let envoy = Envoy::start(&venv, serve.xds).await;
        let before = envoy.live().await;
        let published = serve.get("/readyz").await;
        let first = caller.first().await;
        let late = due.elapsed();
        assert!(before.contains("PRE_INITIALIZING"), "{before:?}");
        assert_eq!(published.0, 200, "it is ready, and its control plane is not: {published:?}");
        assert_eq!(first.code, "OK", "{first:?}");
        late
    });
    tokio::join!(broken, fixed);
}
