//! What the log is told: one event for a change, never one for a request.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use firstlight_ready::{Name, Ready};

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn opened(ready: &Ready, address: SocketAddr, bound: Duration) {
    let (set, at) = (ready.set(), ready.at());
    tracing::info!(
        target: "firstlight_http",
        set = set.as_str(), %address, start_ns = nanos(bound), end_ns = nanos(at),
        "{address} is open: {set} is ready"
    );
}

/// `last` were taken from the backlog at the end.
pub(crate) fn closed(set: &Name, address: SocketAddr, last: u64, since: Duration, now: Duration) {
    tracing::info!(
        target: "firstlight_http",
        set = set.as_str(), %address, last, start_ns = nanos(since), end_ns = nanos(now),
        "{address} is closed: {set} takes no more work"
    );
}

pub(crate) fn never_opened(set: &Name, address: SocketAddr, bound: Duration, now: Duration) {
    tracing::warn!(
        target: "firstlight_http",
        set = set.as_str(), %address, start_ns = nanos(bound), end_ns = nanos(now),
        "{address} is closed and never was open: {set} ends before it was ready"
    );
}

pub(crate) fn accept_failed(address: SocketAddr, error: &io::Error, now: Duration) {
    tracing::warn!(
        target: "firstlight_http",
        %address, %error, start_ns = nanos(now), end_ns = nanos(now),
        "{address} cannot accept: {error}"
    );
}

pub(crate) fn accepts_again(address: SocketAddr, failures: u64, since: Duration, now: Duration) {
    tracing::info!(
        target: "firstlight_http",
        %address, failures, start_ns = nanos(since), end_ns = nanos(now),
        "{address} accepts again after {failures} failures"
    );
}

pub(crate) fn cut(set: &Name, bound: Duration, began: Duration, now: Duration) {
    tracing::warn!(
        target: "firstlight_http",
        set = set.as_str(), bound_ns = nanos(bound), start_ns = nanos(began), end_ns = nanos(now),
        "the server of {set} is cut: it has not finished within {bound:?}"
    );
}

#[cfg(feature = "server")]
pub(crate) fn shedding(address: SocketAddr, connections: usize, now: Duration) {
    tracing::warn!(
        target: "firstlight_http",
        %address, connections, start_ns = nanos(now), end_ns = nanos(now),
        "health port {address} is full: of {connections} connections the most idle are closed"
    );
}

#[cfg(feature = "server")]
pub(crate) fn sheds_no_more(address: SocketAddr, shed: u64, since: Duration, now: Duration) {
    tracing::info!(
        target: "firstlight_http",
        %address, shed, start_ns = nanos(since), end_ns = nanos(now),
        "health port {address} has room again; {shed} connections were closed"
    );
}
