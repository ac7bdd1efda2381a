use firstlight_ready::{Readiness, View};
use tonic::Request;

/// Tells the lame duck that somebody was given an answer about this view.
///
/// Of `live` and `startup` it is told nothing: they outlast the beginning of the end, and the lame duck would wait in
/// vain for their probers to see a not-ready.
pub(crate) fn delivered<T>(readiness: &Readiness, request: &Request<T>, view: &View, ready: bool) {
    if matches!(view.name().as_str(), "live" | "startup") {
        return;
    }
    // Who it is nobody knows on a unix socket, say: then the lame duck lasts its whole time, which is the safe side.
    if let Some(peer) = request.remote_addr() {
        // Each probe has a port of its own; one host is one prober, however its address is written.
        readiness.delivered(&peer.ip().to_canonical().to_string(), ready);
    }
}
