use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A control group that gives its processes half a processor; removed when it is dropped. Of a run that is killed itself
/// it stays, empty.
#[derive(Debug)]
pub(crate) struct Cgroup(PathBuf);

impl Cgroup {
    /// Makes one below this process's own, or beside it, by either version of control groups.
    ///
    /// # Errors
    /// Where there is no place for it: no Linux, no permission, no controller.
    pub(crate) fn half_a_processor() -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("kuma-init-{}-{number}", std::process::id());
        let mounts = fs::read_to_string("/proc/self/mounts")?;
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let places = mounts.lines().filter_map(|mount| {
            let words: Vec<&str> = mount.split(' ').collect();
            let [_, at, kind @ ("cgroup" | "cgroup2"), options, ..] = words[..] else {
                return None;
            };
            let cpu = options.split(',').any(|option| option == "cpu");
            let own =
                own.lines().find_map(|line| match line.splitn(3, ':').collect::<Vec<_>>()[..] {
                    [_, "", path] if kind == "cgroup2" => Some(path),
                    [_, of, path] if cpu && of.split(',').any(|of| of == "cpu") => Some(path),
                    _ => None,
                })?;
            Some(Path::new(at).join(own.trim_start_matches('/')))
        });
        let places: Vec<PathBuf> = places.collect();
        let beside = places.iter().filter_map(|place| Some(place.parent()?.to_owned()));
        let made =
            places.iter().cloned().chain(beside).find_map(|place| Self::at(place.join(&name)).ok());
        made.ok_or_else(|| io::ErrorKind::PermissionDenied.into())
    }

    fn at(place: PathBuf) -> io::Result<Self> {
        fs::create_dir(&place)?;
        let made = Self(place);
        let file = |name: &str, text: &str| fs::write(made.0.join(name), text);
        file("cpu.max", "5000 10000").or_else(|_| {
            file("cpu.cfs_period_us", "10000").and_then(|()| file("cpu.cfs_quota_us", "5000"))
        })?;
        Ok(made)
    }

    /// Where a process writes its number to be in it.
    pub(crate) fn members(&self) -> PathBuf {
        self.0.join("cgroup.procs")
    }

    /// How long its processes were kept from running.
    pub(crate) fn throttled(&self) -> Option<Duration> {
        let stat = fs::read_to_string(self.0.join("cpu.stat")).ok()?;
        let value = |key: &str| {
            let value = stat.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
            value.and_then(|value| value.parse().ok())
        };
        value("throttled_usec")
            .map(Duration::from_micros)
            .or_else(|| value("throttled_time").map(Duration::from_nanos))
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // One with a process in it stays: nobody else can be told of it here.
        let _ = fs::remove_dir(&self.0);
    }
}
