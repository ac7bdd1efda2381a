use std::net::SocketAddr;

use firstlight_grpc::HealthService;
use firstlight_grpc::wire::health_server::Health;
use firstlight_grpc::wire::{self, HealthCheckRequest};
use futures_util::Stream;
use tonic::transport::server::TcpConnectInfo;
use tonic::{Request, Status};
use tonic_health::ServingStatus;
use tonic_health::pb;
use tonic_health::pb::health_server::Health as _;
use tonic_health::server::HealthReporter;

use crate::ready::Set;
use crate::ready::question;
use crate::spin::spin;

/// One who knows whether it serves, and tells those who watch.
pub trait Peer: Sized + 'static {
    /// The stream of one who watches.
    type Watch: Stream + Unpin;

    /// One that does not serve yet.
    fn new() -> Self;
    /// Whether it serves from now on.
    fn turn(&self, serving: bool);
    /// One call of Check.
    fn check(&self, address: bool) -> bool;
    /// One call of Watch.
    fn watch(&self) -> Self::Watch;
    /// Whether it serves, by what a stream has told.
    fn serves(told: <Self::Watch as Stream>::Item) -> bool;
}

/// Ours: a set of gates behind it.
#[derive(Debug)]
pub struct Ours {
    set: Set,
    service: HealthService,
}

impl Ours {
    fn of(gates: usize) -> Self {
        let set = Set::live(gates);
        let service = HealthService::new(&set.readiness);
        Self { set, service }
    }
}

impl Peer for Ours {
    type Watch = firstlight_grpc::Watching;

    fn new() -> Self {
        Self::of(1)
    }

    fn turn(&self, serving: bool) {
        question::Peer::turn(self, 0, serving);
    }

    fn check(&self, address: bool) -> bool {
        let answer = spin(self.service.check(request(ours_of(), address)));
        answer.is_ok_and(|it| it.get_ref().status == ServingStatus::Serving as i32)
    }

    fn watch(&self) -> Self::Watch {
        spin(self.service.watch(Request::new(ours_of()))).expect("a stream").into_inner()
    }

    fn serves(told: Result<wire::HealthCheckResponse, Status>) -> bool {
        told.expect("a status").status == ServingStatus::Serving as i32
    }
}

/// As many gates as one likes: the question is the one to `is_ready`, by Check.
impl question::Peer for Ours {
    fn new(gates: usize) -> Self {
        Self::of(gates)
    }

    fn turn(&self, gate: usize, open: bool) {
        match open {
            true => self.set.gates[gate].ready(),
            false => self.set.gates[gate].not_ready("closed"),
        }
    }

    fn is_ready(&self) -> bool {
        self.check(false)
    }
}

/// tonic-health: a status that somebody sets.
#[derive(Debug)]
pub struct TonicHealth {
    reporter: HealthReporter,
    service: tonic_health::server::HealthService,
}

impl Peer for TonicHealth {
    type Watch = <tonic_health::server::HealthService as pb::health_server::Health>::WatchStream;

    fn new() -> Self {
        let reporter = HealthReporter::new();
        let service = tonic_health::server::HealthService::from_health_reporter(reporter.clone());
        let this = Self { reporter, service };
        // It begins as serving.
        this.turn(false);
        this
    }

    fn turn(&self, serving: bool) {
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        spin(self.reporter.set_service_status("", status));
    }

    fn check(&self, address: bool) -> bool {
        let answer = spin(self.service.check(request(theirs_of(), address)));
        answer.is_ok_and(|it| it.get_ref().status == ServingStatus::Serving as i32)
    }

    fn watch(&self) -> Self::Watch {
        spin(self.service.watch(Request::new(theirs_of()))).expect("a stream").into_inner()
    }

    fn serves(told: Result<pb::HealthCheckResponse, Status>) -> bool {
        told.expect("a status").status == ServingStatus::Serving as i32
    }
}

fn ours_of() -> HealthCheckRequest {
    HealthCheckRequest { service: String::new() }
}

fn theirs_of() -> pb::HealthCheckRequest {
    pb::HealthCheckRequest { service: String::new() }
}

/// A request as a server of tonic makes it: the address is what it knows of the connection.
fn request<T>(message: T, address: bool) -> Request<T> {
    let mut request = Request::new(message);
    if address {
        let local_addr = Some(SocketAddr::from(([10, 0, 0, 2], 50_051)));
        let remote_addr = Some(SocketAddr::from(([10, 0, 0, 1], 40_000)));
        request.extensions_mut().insert(TcpConnectInfo { local_addr, remote_addr });
    }
    request
}
