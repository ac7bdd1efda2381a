//! A gate's update that does not change the aggregate, while many wait: nobody is to be woken.

use std::time::Duration;

use firstlight_clock::Clock;
use tokio::sync::watch;

use crate::contest::time;
use crate::ready::question::{Counter, Peer};
use crate::ready::{Crowd, Set, Waiter};

/// What a gate of ours is told, again and again, while another one is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// That it is ready, as before.
    SameAgain,
    /// That it has come one step further.
    Progress,
    /// That it is not ready, then that it is: a transition each time, for the log and for streams.
    Flip,
}

/// Ours, with those who wait for it.
#[derive(Debug)]
pub struct Ours {
    set: Set,
    crowd: Crowd,
}

impl Ours {
    /// A set that two gates hold up, and so many waiters.
    pub fn new(waiters: usize) -> Self {
        let set = Set::live(2);
        let wait = |_| -> Waiter {
            let wait = set.readiness.wait();
            Box::pin(async move { wait.await.is_ok() })
        };
        let crowd = Crowd::new((0..waiters).map(wait).collect());
        Self { set, crowd }
    }

    /// So many updates of the gate that does not count now.
    ///
    /// # Panics
    /// When somebody is woken.
    pub fn run(&self, update: Update, times: u64) -> Duration {
        let gate = &self.set.gates[0];
        match update {
            Update::SameAgain | Update::Flip => gate.ready(),
            Update::Progress => gate.progress(0, 0),
        }
        let time = time(|| {
            for at in 1..=times {
                match update {
                    Update::SameAgain => gate.ready(),
                    Update::Progress => gate.progress(at, times),
                    Update::Flip if at % 2 == 1 => gate.not_ready("closed"),
                    Update::Flip => gate.ready(),
                }
            }
        });
        assert_eq!(self.crowd.woken(), 0, "somebody was woken");
        time
    }
}

/// The limit twice, and the clock: two atomic operations to turn a gate.
pub fn twice_the_limit_and_the_clock(counter: &Counter, clock: &Clock, times: u64) -> Duration {
    time(|| {
        for at in 0..times {
            std::hint::black_box(clock.now());
            counter.turn(0, at % 2 == 0);
            counter.turn(1, at % 2 == 0);
        }
    })
}

/// tokio's watch, with those who wait for it.
#[derive(Debug)]
pub struct Watch {
    sender: watch::Sender<(bool, bool)>,
    crowd: Crowd,
}

impl Watch {
    /// Two gates that are closed, and so many waiters.
    pub fn new(waiters: usize) -> Self {
        let (sender, receiver) = watch::channel((false, false));
        let wait = |_| -> Waiter {
            let mut receiver = receiver.clone();
            Box::pin(async move { receiver.wait_for(|(a, b)| *a && *b).await.is_ok() })
        };
        let crowd = Crowd::new((0..waiters).map(wait).collect());
        Self { sender, crowd }
    }

    /// One update of one gate, which wakes all; that they look again is not timed.
    ///
    /// # Panics
    /// When nobody is woken.
    pub fn run(&mut self) -> Duration {
        let before = self.crowd.woken();
        let time = time(|| self.sender.send_modify(|(gate, _)| *gate = !*gate));
        assert!(self.crowd.woken() > before, "nobody was woken");
        self.crowd.look();
        time
    }
}
