use std::time::Duration;

use super::cause::{self, Cause};
use super::pressure::Pressure;

/// What the kernel's books say about the time before `main`.
///
/// Taken once, by the first `boot`, and on Linux only: elsewhere there is none, rather than a wrong one. A
/// figure that the kernel or the container does not show is `None`. The figures are of two kinds, which must
/// not be confused:
///
/// * **of the process**: [`age`](Self::age), [`cpu`](Self::cpu), [`run_queue_wait`](Self::run_queue_wait)
///   and the faults. They count from the fork, and `exec` keeps them: what a parent did between fork and
///   exec (a container runtime, a shell that ends in `exec`) is in them, and so is what `main` did before
///   `boot`.
/// * **of its surroundings**: throttling, pressure and limits. They are those of the process's own control
///   group (version 1 or 2), or of the machine, with all neighbours. Throttling counts since the group was
///   made, so in a group older than the process it can exceed the age. A limit set further up, on a parent
///   group, is not seen.
///
/// [`cause`](Self::cause) weighs them. `Display` makes one line, of numbers and fixed words only: `process
/// was 34.1 s old before main: 812 major faults, io pressure 89 % (cgroup), cpu time 0.2 s: the program was
/// paged in from a slow disk`.
///
/// `exec` keeps them, so under `cargo run` the time before `main` holds the build: start the program itself.
///
/// It takes about 0.1 ms: at most 13 files are opened, and no more than 4 KiB read of each.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct PreMain {
    pub(super) age: Duration,
    pub(super) cpu: Duration,
    pub(super) run_queue_wait: Option<Duration>,
    pub(super) major_faults: Option<u64>,
    pub(super) minor_faults: Option<u64>,
    pub(super) throttled: Option<Duration>,
    pub(super) throttled_periods: Option<u64>,
    pub(super) cpu_pressure: Option<Pressure>,
    pub(super) io_pressure: Option<Pressure>,
    pub(super) memory_pressure: Option<Pressure>,
    pub(super) cpu_limit: Option<f64>,
    pub(super) memory_limit: Option<u64>,
}

impl PreMain {
    /// Reads the kernel's books; `None` outside Linux and where `/proc` cannot be read.
    ///
    /// It never panics and writes nothing; whatever is missing, malformed or beyond belief is a `None` in
    /// its place.
    pub(crate) fn sample() -> Option<Self> {
        #[cfg(target_os = "linux")]
        return super::linux::sample();
        #[cfg(not(target_os = "linux"))]
        None
    }

    pub(super) fn unknown_but(age: Duration, cpu: Duration) -> Self {
        Self {
            age,
            cpu,
            run_queue_wait: None,
            major_faults: None,
            minor_faults: None,
            throttled: None,
            throttled_periods: None,
            cpu_pressure: None,
            io_pressure: None,
            memory_pressure: None,
            cpu_limit: None,
            memory_limit: None,
        }
    }

    /// Tells where most of the time went, as far as the figures show it.
    pub fn cause(&self) -> Cause {
        cause::of(self)
    }

    /// Returns the process's age when it was sampled, exact to 10 ms.
    pub fn age(&self) -> Duration {
        self.age
    }

    /// Returns the CPU time the process used, in user and kernel together.
    pub fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Returns how long the main thread was ready to run, but not running.
    ///
    /// Throttling by a CPU limit is a part of it. `None` where the kernel keeps no such book.
    pub fn run_queue_wait(&self) -> Option<Duration> {
        self.run_queue_wait
    }

    /// Returns how many page faults had to wait for a disk.
    pub fn major_faults(&self) -> Option<u64> {
        self.major_faults
    }

    /// Returns how many page faults were served from memory.
    pub fn minor_faults(&self) -> Option<u64> {
        self.minor_faults
    }

    /// Returns how long a CPU limit held the control group back.
    ///
    /// Summed over CPUs, since the group was made.
    pub fn throttled(&self) -> Option<Duration> {
        self.throttled
    }

    /// Returns in how many periods a CPU limit held the control group back.
    ///
    /// Since the group was made.
    pub fn throttled_periods(&self) -> Option<u64> {
        self.throttled_periods
    }

    /// Returns how much of the time tasks wait for a CPU.
    pub fn cpu_pressure(&self) -> Option<Pressure> {
        self.cpu_pressure
    }

    /// Returns how much of the time tasks wait for input and output.
    pub fn io_pressure(&self) -> Option<Pressure> {
        self.io_pressure
    }

    /// Returns how much of the time tasks wait for memory, freed or read back.
    pub fn memory_pressure(&self) -> Option<Pressure> {
        self.memory_pressure
    }

    /// Returns the control group's CPU limit, in CPUs; `None` if it has none.
    ///
    /// Kubernetes' `100m` is 0.1.
    pub fn cpu_limit(&self) -> Option<f64> {
        self.cpu_limit
    }

    /// Returns the control group's memory limit in bytes; `None`: it has none.
    pub fn memory_limit(&self) -> Option<u64> {
        self.memory_limit
    }
}
