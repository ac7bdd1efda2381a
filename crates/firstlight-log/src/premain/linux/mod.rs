//! The kernel's books, and the order in which they are read.

mod cgroup;
mod parse;
mod reader;

use std::time::Duration;

use firstlight_clock::Clock;
use rustix::time::{ClockId, clock_gettime};

use self::cgroup::Cgroups;
use self::reader::{Kernel, Reader, Source};
use super::pre_main::PreMain;
use super::pressure::{Pressure, PressureScope};

pub(super) fn sample() -> Option<PreMain> {
    let age = Clock::real().now();
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let cpu = Duration::new(cpu.tv_sec.try_into().ok()?, cpu.tv_nsec.try_into().ok()?);
    read(&Kernel, age, cpu)
}

/// Fills in what the files tell.
///
/// Without `/proc/self/stat` there is no report: the clock had no start time from it either, so the age
/// would be wrong.
fn read(source: &impl Source, age: Duration, cpu: Duration) -> Option<PreMain> {
    let mut reader = Reader::new(source);
    let faults = reader.get("/proc/self/stat", parse::faults)?;
    let mut seen = PreMain::unknown_but(age, cpu);
    seen.minor_faults = Some(faults.minor);
    seen.major_faults = Some(faults.major);
    seen.run_queue_wait = reader.get("/proc/self/schedstat", parse::run_queue_wait);

    let groups = reader.get("/proc/self/cgroup", |text| Some(Cgroups::find(text, source)));
    let groups = groups.unwrap_or_default();
    limits(&mut reader, &groups, &mut seen);
    let mut pressure = |name| pressure(&mut reader, groups.unified.as_deref(), name);
    seen.cpu_pressure = pressure("cpu");
    seen.io_pressure = pressure("io");
    seen.memory_pressure = pressure("memory");
    Some(seen)
}

fn limits(reader: &mut Reader<'_, impl Source>, groups: &Cgroups, seen: &mut PreMain) {
    let throttling = if let Some(v1) = &groups.cpu_v1 {
        let quota = reader.get(&format!("{v1}/cpu.cfs_quota_us"), parse::number);
        seen.cpu_limit = quota.and_then(|quota| {
            parse::cpus(quota, reader.get(&format!("{v1}/cpu.cfs_period_us"), parse::number)?)
        });
        reader.get(&format!("{v1}/cpu.stat"), parse::throttling)
    } else if let Some(v2) = &groups.unified {
        seen.cpu_limit = reader.get(&format!("{v2}/cpu.max"), parse::cpu_max);
        reader.get(&format!("{v2}/cpu.stat"), parse::throttling)
    } else {
        None
    };
    if let Some(throttling) = throttling {
        seen.throttled = throttling.time;
        seen.throttled_periods = throttling.periods;
    }

    seen.memory_limit = match (&groups.memory_v1, &groups.unified) {
        (Some(v1), _) => reader.get(&format!("{v1}/memory.limit_in_bytes"), parse::memory_limit),
        (None, Some(v2)) => reader.get(&format!("{v2}/memory.max"), parse::memory_limit),
        (None, None) => None,
    };
}

/// The control group's own, for a neighbour's says less; else the machine's.
fn pressure(
    reader: &mut Reader<'_, impl Source>,
    group: Option<&str>,
    name: &str,
) -> Option<Pressure> {
    group
        .and_then(|group| {
            reader.get(&format!("{group}/{name}.pressure"), |text| {
                parse::pressure(text, PressureScope::Cgroup)
            })
        })
        .or_else(|| {
            reader.get(&format!("/proc/pressure/{name}"), |text| {
                parse::pressure(text, PressureScope::Machine)
            })
        })
}

#[cfg(test)]
mod live_tests;
#[cfg(test)]
mod tests;
