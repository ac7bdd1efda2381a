use std::fmt;
use std::time::Duration;

use super::cause::Cause;
use super::pre_main::PreMain;
use super::pressure::{Pressure, PressureScope};

impl fmt::Display for PreMain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process was {} old before main: ", Time(self.age))?;
        if let Some(faults) = self.major_faults.filter(|&faults| faults > 0) {
            write!(f, "{faults} major fault{}, ", if faults == 1 { "" } else { "s" })?;
        }
        pressure(f, "io", self.io_pressure)?;
        if pressure(f, "memory", self.memory_pressure)? {
            if let Some(limit) = self.memory_limit {
                write!(f, "memory limit {}, ", Bytes(limit))?;
            }
        }
        pressure(f, "cpu", self.cpu_pressure)?;
        self.waiting(f)?;
        write!(f, "cpu time {}", Time(self.cpu))?;
        match self.cause() {
            Cause::Unclear => Ok(()),
            cause => write!(f, ": {cause}"),
        }
    }
}

impl PreMain {
    fn waiting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Less than a hundredth of the age explains nothing, and every process has some.
        if let Some(wait) = self.run_queue_wait.filter(|&wait| wait > self.age / 100) {
            write!(f, "waited {} for a CPU, ", Time(wait))?;
        }
        let Some(throttled) = self.throttled.filter(|time| !time.is_zero()) else { return Ok(()) };
        write!(f, "cgroup throttled for {}", Time(throttled))?;
        if let Some(periods) = self.throttled_periods {
            write!(f, " in {periods} period{}", if periods == 1 { "" } else { "s" })?;
        }
        if let Some(limit) = self.cpu_limit {
            write!(f, " by its limit of {limit:.2} CPU")?;
        }
        f.write_str(", ")
    }
}

/// Says whether there was any worth a word.
fn pressure(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    pressure: Option<Pressure>,
) -> Result<bool, fmt::Error> {
    let Some(pressure) = pressure.filter(|pressure| pressure.percent >= 1.0) else {
        return Ok(false);
    };
    let scope = match pressure.scope {
        PressureScope::Cgroup => "cgroup",
        PressureScope::Machine => "whole machine",
    };
    write!(f, "{what} pressure {:.0} % ({scope}), ", pressure.percent)?;
    Ok(true)
}

struct Time(Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_millis(100) {
            write!(f, "{} ms", self.0.as_millis())
        } else {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        }
    }
}

struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            small @ 0..1_048_576 => write!(f, "{} KiB", small >> 10),
            large => write!(f, "{} MiB", large >> 20),
        }
    }
}

#[cfg(test)]
mod tests;
