use std::future::Future;
use std::time::Duration;

use kuma_dataplane::store::{Faults, Owned, Store};
use kuma_dataplane::{ControlPlane, Session, Settings, channel};
use support::Mode;
use tokio::time::{sleep, timeout};
use tonic::{Code, Status};

pub(crate) const DP: &str = "dp1";
/// Nothing acts by itself in it: a test that is done has not waited for it.
pub(crate) const NEVER: Duration = Duration::from_secs(3600);
pub(crate) const SOON: Duration = Duration::from_millis(50);

/// Settings under which nothing is swept.
pub(crate) fn settings(id: &str, mode: Mode, grace: Duration) -> Settings {
    Settings::new(id, mode).with_grace(grace).with_lease(NEVER)
}

pub(crate) async fn start(settings: Settings, store: &Store) -> ControlPlane {
    ControlPlane::start(settings, store.clone()).await.expect("it listens")
}

/// A control plane of the fixed side.
pub(crate) async fn fixed(id: &str, grace: Duration, store: &Store) -> ControlPlane {
    start(settings(id, Mode::Fixed, grace), store).await
}

pub(crate) async fn broken(id: &str, grace: Duration, store: &Store) -> ControlPlane {
    start(settings(id, Mode::Broken, grace), store).await
}

pub(crate) async fn try_connect(to: &ControlPlane, name: &str) -> Result<Session, Status> {
    let channel = channel(&to.address().to_string()).await.expect("it accepts");
    let opened = timeout(Duration::from_secs(10), Session::open(channel, name, "127.0.0.1:9"));
    opened.await.map_err(|_| Status::new(Code::DeadlineExceeded, "not within 10 s"))?
}

#[track_caller]
pub(crate) fn connect(to: &ControlPlane, name: &str) -> impl Future<Output = Session> {
    let session = try_connect(to, name);
    async move { session.await.expect("it is let in") }
}

/// Waits until the control plane ends this session; with which words it does.
pub(crate) async fn told(session: &mut Session) -> String {
    let told = timeout(Duration::from_secs(10), session.next()).await.expect("it is told");
    told.expect_err("it is told why").message().to_owned()
}

/// Waits until it is so; what is waited for happens in other tasks, which say nothing when it does.
#[track_caller]
pub(crate) fn until<F: Future<Output = bool>>(
    what: &'static str,
    mut so: impl FnMut() -> F,
) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        for _ in 0..2000 {
            if so().await {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
        panic!("{caller}: never: {what}");
    }
}

/// Waits until a control plane has nothing to do any more.
#[track_caller]
pub(crate) fn idle(control_plane: &ControlPlane) -> impl Future<Output = ()> + '_ {
    let status = move || async move {
        let status = control_plane.status();
        status.sessions == 0 && status.entries == 0 && status.pending == 0
    };
    until("it is idle", status)
}

/// Waits until so many clean-ups have ended for this reason.
#[track_caller]
pub(crate) fn ended<'a>(
    control_plane: &'a ControlPlane,
    reason: &'a str,
    times: u64,
) -> impl Future<Output = ()> + 'a {
    until("they end so", move || async move { count(control_plane, reason) >= times })
}

pub(crate) fn count(control_plane: &ControlPlane, reason: &str) -> u64 {
    control_plane.status().ended.get(reason).copied().unwrap_or(0)
}

/// The row, read past all faults.
pub(crate) async fn row(store: &Store, name: &str) -> Option<Owned> {
    store.owner(name).await.expect("a store without faults")
}

/// Waits until a call of the store hangs.
pub(crate) async fn hanging(faults: &Faults) {
    timeout(Duration::from_secs(10), faults.until_hanging(1)).await.expect("a call hangs");
}
