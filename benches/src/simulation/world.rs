use std::f64::consts::TAU;

use fastrand::Rng;
use firstlight_poll::{ErrorClass, Pending, Status};

use super::{CHECKS, SECOND};

/// How the moments of readiness are spread, between 0.05 s and 180 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// All moments alike.
    Uniform,
    /// Median 5 s, sigma 1.1; what falls outside is put on the edge.
    LogNormal,
    /// 70 % log-normal about 0.8 s (sigma 0.25), 30 % about 60 s (sigma 0.3).
    Bimodal,
}

/// One start of one target.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// Nobody listens before.
    pub answers_at: u64,
    /// When the checks pass, in order; the last makes it ready.
    pub passed_at: [u64; CHECKS as usize],
    /// From here until it is ready it takes requests and never answers (only where probes may hang).
    pub hangs_at: u64,
}

/// What the target tells of itself while it is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Refused, then the checks that pass.
    Informative,
    /// `0 of 12` until it is ready.
    NothingDone,
    /// Refused until it is ready.
    Refused,
    /// Refused for a tenth of the time, `11 of 12` after two tenths: the last check takes the rest.
    LastDominates,
}

impl World {
    /// Every world, in the order of the tables.
    pub const ALL: [Self; 3] = [Self::Uniform, Self::LogNormal, Self::Bimodal];

    /// The name in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::LogNormal => "log-normal",
            Self::Bimodal => "bimodal",
        }
    }

    /// One more start.
    pub fn start(self, die: &mut Rng) -> Start {
        let ready_at = match self {
            Self::Uniform => 0.05 + 179.95 * die.f64(),
            Self::LogNormal => log_normal(die, 5.0, 1.1),
            Self::Bimodal if die.f64() < 0.7 => log_normal(die, 0.8, 0.25),
            Self::Bimodal => log_normal(die, 60.0, 0.3),
        };
        Start::new((ready_at.clamp(0.05, 180.0) * SECOND) as u64, die)
    }
}

/// Box and Muller's normal deviate, exponentiated.
fn log_normal(die: &mut Rng, median: f64, sigma: f64) -> f64 {
    let (u, v) = (1.0 - die.f64(), die.f64());
    median * (sigma * (-2.0 * u.ln()).sqrt() * (TAU * v).cos()).exp()
}

impl Start {
    /// A start that is ready then: the target answers from a random moment between 20 % and 80 % of that time, and
    /// its checks pass at random moments between the two, the last at the end.
    pub fn new(ready_at: u64, die: &mut Rng) -> Self {
        let share = |from: f64, to: f64, die: &mut Rng| {
            (ready_at as f64 * (from + (to - from) * die.f64())) as u64
        };
        let answers_at = share(0.2, 0.8, die);
        let mut passed_at = [ready_at; CHECKS as usize];
        for at in &mut passed_at[..CHECKS as usize - 1] {
            *at = answers_at + ((ready_at - answers_at) as f64 * die.f64()) as u64;
        }
        passed_at.sort_unstable();
        Self { answers_at, passed_at, hangs_at: share(0.3, 0.9, die) }
    }

    /// When it is ready.
    pub const fn ready_at(&self) -> u64 {
        self.passed_at[CHECKS as usize - 1]
    }

    /// How many checks have passed, or `None` while it refuses.
    pub fn tells(&self, told: Told, now: u64) -> Option<u64> {
        let ready_at = self.ready_at();
        match told {
            Told::Refused => None,
            Told::NothingDone => Some(0),
            Told::Informative if now < self.answers_at => None,
            Told::Informative => {
                Some(self.passed_at.iter().filter(|&&at| at <= now).count() as u64)
            }
            Told::LastDominates if now < ready_at / 10 => None,
            Told::LastDominates => Some(
                ((now - ready_at / 10) * (CHECKS - 1) / (ready_at / 10).max(1)).min(CHECKS - 1),
            ),
        }
    }
}

impl Told {
    /// Every way, in the order of the tables.
    pub const ALL: [Self; 4] =
        [Self::Informative, Self::LastDominates, Self::NothingDone, Self::Refused];

    /// The name in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Informative => "informative",
            Self::LastDominates => "11/12 early, last dominates",
            Self::NothingDone => "0/12 until ready",
            Self::Refused => "refused until ready",
        }
    }
}

/// Every status of a start, made once.
#[derive(Debug)]
pub(super) struct Statuses {
    refused: Status,
    done: Vec<Status>,
    timeout: Status,
}

impl Statuses {
    pub(super) fn new() -> Self {
        let done = |k| Status::from(Pending::new().with_progress(k, CHECKS));
        Self {
            refused: Status::error(ErrorClass::Refused, "".into()),
            done: (0..=CHECKS).map(done).collect(),
            timeout: Status::error(ErrorClass::Timeout, "".into()),
        }
    }

    pub(super) fn of(&self, told: Option<u64>) -> &Status {
        told.map_or(&self.refused, |done| &self.done[done as usize])
    }

    pub(super) const fn timeout(&self) -> &Status {
        &self.timeout
    }
}
