//! Jobs of `firstlight-grpc` and its peer, called within the process by the trait of their service. Each checks its own result.

mod peers;
mod watchers;

use std::hint::black_box;

pub use peers::{Ours, Peer, TonicHealth};
pub use watchers::Watchers;

/// So many calls of Check, each of which must say that it serves; with the address of a connection in its request, or without.
///
/// # Panics
/// When one says something else.
pub fn checks<P: Peer>(peer: &P, address: bool, n: u64) {
    for _ in 0..n {
        assert!(black_box(peer).check(address), "it does not serve");
    }
}
