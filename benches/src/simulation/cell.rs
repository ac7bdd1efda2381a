use super::SECOND;

/// What one wait made of one start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It saw the target ready.
    Ready {
        /// When the target was ready.
        ready_at: u64,
        /// How much later that was seen.
        delay: u64,
        /// After how many polls.
        polls: u64,
    },
    /// It stopped asking before.
    GaveUp,
}

/// What many waits made of many starts: one cell of a table.
#[derive(Debug, Default)]
pub struct Cell {
    delays: Vec<u64>,
    polls: u64,
    gave_up: u64,
    worst_share: f64,
}

/// Below it the share of the delay says more about the floor than about the rule.
const SHORTEST_FOR_SHARE: u64 = 1_000_000_000;

impl Cell {
    /// Takes in one more wait.
    pub fn add(&mut self, seen: Seen) {
        let Seen::Ready { ready_at, delay, polls } = seen else {
            self.gave_up += 1;
            return;
        };
        self.delays.push(delay);
        self.polls += polls;
        if ready_at >= SHORTEST_FOR_SHARE {
            self.worst_share = self.worst_share.max(delay as f64 / ready_at as f64);
        }
    }

    /// The mean delay in seconds.
    pub fn mean(&self) -> f64 {
        self.delays.iter().map(|&delay| delay as f64).sum::<f64>() / self.seen() / SECOND
    }

    /// The delay in seconds that one wait in a hundred exceeds.
    pub fn p99(&self) -> f64 {
        let mut delays = self.delays.clone();
        let at = delays.len() * 99 / 100;
        let (_, &mut delay, _) = delays.select_nth_unstable(at);
        delay as f64 / SECOND
    }

    /// The mean number of polls.
    pub fn polls(&self) -> f64 {
        self.polls as f64 / self.seen()
    }

    /// The largest delay as a share of the time to readiness, over starts of 1 s and more.
    pub const fn worst_share(&self) -> f64 {
        self.worst_share
    }

    /// The share of waits that stopped asking; the other figures are of the rest.
    pub fn gave_up(&self) -> f64 {
        self.gave_up as f64 / (self.gave_up as f64 + self.seen())
    }

    fn seen(&self) -> f64 {
        self.delays.len() as f64
    }
}
