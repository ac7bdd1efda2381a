//! Interleaved rounds: each contender does the same job once a round, and ratios are taken within a round.
//!
//! On a machine that others use too, times wander by half; two times taken one after the other wander together.

use std::time::{Duration, Instant};

/// Contenders for one question, ours first.
pub struct Contest<'a> {
    contenders: Vec<Contender<'a>>,
}

struct Contender<'a> {
    name: &'static str,
    job: Box<dyn FnMut() -> Duration + 'a>,
    times: Vec<Duration>,
}

impl<'a> Contest<'a> {
    /// Ours; the job must check its own result.
    pub fn new(job: impl FnMut() + 'a) -> Self {
        Self { contenders: Vec::new() }.against("ours", job)
    }

    /// Ours, by a job that takes its own time: what it prepares and checks does not count.
    pub fn timed(job: impl FnMut() -> Duration + 'a) -> Self {
        Self { contenders: Vec::new() }.against_timed("ours", job)
    }

    /// One peer more.
    pub fn against(self, name: &'static str, mut job: impl FnMut() + 'a) -> Self {
        self.against_timed(name, move || time(&mut job))
    }

    /// One peer more, whose job takes its own time.
    pub fn against_timed(mut self, name: &'static str, job: impl FnMut() -> Duration + 'a) -> Self {
        self.contenders.push(Contender { name, job: Box::new(job), times: Vec::new() });
        self
    }

    /// Runs so many rounds, after one that does not count. Each begins with the next contender: none profits from its place.
    pub fn run(mut self, rounds: usize) -> Times {
        for round in 0..=rounds {
            for turn in 0..self.contenders.len() {
                let at = (round + turn) % self.contenders.len();
                let contender = &mut self.contenders[at];
                let time = (contender.job)();
                if round > 0 {
                    contender.times.push(time);
                }
            }
        }
        Times(self.contenders.into_iter().map(|c| (c.name, c.times)).collect())
    }
}

/// How long a job takes.
pub fn time(job: impl FnOnce()) -> Duration {
    let began = Instant::now();
    job();
    began.elapsed()
}

impl std::fmt::Debug for Contest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.contenders.iter().map(|contender| contender.name)).finish()
    }
}

/// What a contest measured.
#[derive(Debug)]
pub struct Times(Vec<(&'static str, Vec<Duration>)>);

impl Times {
    /// The peers, in the order in which they joined.
    pub fn peers(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().skip(1).map(|(name, _)| *name)
    }

    /// The median time of one job.
    ///
    /// # Panics
    /// When no contender has this name.
    pub fn median(&self, name: &str) -> Duration {
        let mut times = self.of(name).to_vec();
        times.sort_unstable();
        times[times.len() / 2]
    }

    /// The median of our time over the peer's, taken within each round.
    ///
    /// # Panics
    /// When no contender has this name.
    pub fn ratio(&self, peer: &str) -> f64 {
        let pairs = self.of("ours").iter().zip(self.of(peer));
        let mut ratios: Vec<f64> =
            pairs.map(|(ours, peer)| ours.as_secs_f64() / peer.as_secs_f64()).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }

    fn of(&self, name: &str) -> &[Duration] {
        let found = self.0.iter().find(|(contender, _)| *contender == name);
        &found.unwrap_or_else(|| panic!("{name} is not a contender")).1
    }
}
