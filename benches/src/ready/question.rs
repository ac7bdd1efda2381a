//! Is everything ready? Each peer knows so many gates, can turn one, and answers for all.

mod peers;

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use self::peers::{Counter, List, LockedMap, Ours, TonicHealth, Watch};

/// One who knows which gates are open.
pub trait Peer: Sync {
    /// So many gates, none of them open.
    fn new(gates: usize) -> Self;
    /// Opens or closes one.
    fn turn(&self, gate: usize, open: bool);
    /// Whether all are open.
    fn is_ready(&self) -> bool;
}

/// Asks so often, each time as one who comes from elsewhere; returns how often the answer was yes.
#[inline(never)]
pub fn ask<P: Peer>(peer: &P, times: u64) -> u64 {
    (0..times).map(|_| u64::from(black_box(peer).is_ready())).sum()
}

/// So many gates, all of them open.
pub fn open<P: Peer>(gates: usize) -> P {
    let peer = P::new(gates);
    (0..gates).for_each(|gate| peer.turn(gate, true));
    peer
}

/// Turns gates at random and compares each answer with what it must be.
///
/// # Panics
/// When an answer is wrong.
pub fn check<P: Peer>(gates: usize) {
    let peer = P::new(gates);
    let mut model = vec![false; gates];
    let mut die = fastrand::Rng::with_seed(1);
    for _ in 0..20 * gates {
        // Mostly open, so that all are open now and then.
        let (gate, open) = (die.usize(..gates), die.usize(..gates) > 0);
        peer.turn(gate, open);
        model[gate] = open;
        assert_eq!(peer.is_ready(), model.iter().all(|open| *open), "another answer");
    }
    for gate in 0..gates {
        peer.turn(gate, true);
        model[gate] = true;
        assert_eq!(peer.is_ready(), model.iter().all(|open| *open), "another answer");
    }
}

/// Asks so often while another thread turns one gate all the time and a second one stays closed; returns the time.
///
/// # Panics
/// When an answer is yes.
pub fn ask_beside_a_writer<P: Peer>(peer: &P, times: u64) -> Duration {
    let (stop, turns) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut open = false;
            while !stop.load(Ordering::Relaxed) {
                open = !open;
                peer.turn(1, open);
                turns.fetch_add(1, Ordering::Relaxed);
            }
        });
        let turned = || turns.load(Ordering::Relaxed);
        let time = loop {
            let (before, began) = (turned(), Instant::now());
            assert_eq!(ask(peer, times), 0, "ready with a closed gate");
            let time = began.elapsed();
            // A round in which the writer had no core measures nothing.
            if turned() - before > 2 {
                break time;
            }
        };
        stop.store(true, Ordering::Relaxed);
        time
    })
}
