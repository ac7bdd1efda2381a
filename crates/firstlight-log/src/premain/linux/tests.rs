use std::cell::Cell;

use super::super::cause::Cause;
use super::reader::LIMIT;
use super::*;

/// A tree of files, which counts the looks at it.
struct Fake {
    files: Vec<(String, Vec<u8>)>,
    opened: Cell<usize>,
}

impl Fake {
    fn new(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec()));
        Self { files: files.collect(), opened: Cell::new(0) }
    }

    fn with(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.files.retain(|(other, _)| other != path);
        self.files.push((path.to_owned(), text.into()));
        self
    }

    fn sample(&self) -> Option<PreMain> {
        read(self, Duration::from_millis(34_100), Duration::from_millis(200))
    }
}

impl Source for Fake {
    fn read(&self, path: &str, buffer: &mut [u8; LIMIT]) -> Option<usize> {
        self.opened.set(self.opened.get() + 1);
        let (_, text) = self.files.iter().find(|(other, _)| other == path)?;
        let length = text.len().min(LIMIT);
        buffer[..length].copy_from_slice(&text[..length]);
        Some(length)
    }

    fn has_dir(&self, dir: &str) -> bool {
        let dir = format!("{dir}/");
        self.files.iter().any(|(path, _)| path.starts_with(&dir))
    }
}

const STAT: (&str, &str) = (
    "/proc/self/stat",
    "7 (kuma-init) R 1 1 1 0 -1 4194304 98 0 812 0 3 4 0 0 20 0 1 0 2343239 3133440 376 0\n",
);
const WAIT: (&str, &str) = ("/proc/self/schedstat", "200000000 300000000 23\n");

fn psi(percent: &str) -> String {
    format!("some avg10={percent} avg60=0.00 avg300=0.00 total=5000000\nfull avg10=0.00\n")
}

fn container() -> Fake {
    Fake::new(&[
        STAT,
        WAIT,
        ("/proc/self/cgroup", "0::/\n"),
        ("/sys/fs/cgroup/cpu.max", "10000 100000\n"),
        ("/sys/fs/cgroup/cpu.stat", "usage_usec 1\nnr_throttled 3\nthrottled_usec 250000\n"),
        ("/sys/fs/cgroup/memory.max", "52428800\n"),
        ("/sys/fs/cgroup/cpu.pressure", &psi("2.50")),
        ("/sys/fs/cgroup/io.pressure", &psi("89.00")),
        ("/sys/fs/cgroup/memory.pressure", &psi("0.00")),
        ("/proc/pressure/io", &psi("33.00")),
    ])
}

fn stalled(percent: f32, scope: PressureScope) -> Option<Pressure> {
    Some(Pressure { percent, stalled: Duration::from_secs(5), scope })
}

#[test]
fn a_container_of_version_2_tells_everything_about_itself() {
    let fake = container();
    let seen = fake.sample().unwrap();
    assert_eq!(seen.age(), Duration::from_millis(34_100));
    assert_eq!(seen.cpu(), Duration::from_millis(200));
    assert_eq!(seen.run_queue_wait(), Some(Duration::from_millis(300)));
    assert_eq!(seen.major_faults(), Some(812));
    assert_eq!(seen.minor_faults(), Some(98));
    assert_eq!(seen.throttled(), Some(Duration::from_millis(250)));
    assert_eq!(seen.throttled_periods(), Some(3));
    assert_eq!(seen.cpu_pressure(), stalled(2.5, PressureScope::Cgroup));
    assert_eq!(seen.io_pressure(), stalled(89.0, PressureScope::Cgroup));
    assert_eq!(seen.memory_pressure(), stalled(0.0, PressureScope::Cgroup));
    assert_eq!(seen.cpu_limit(), Some(0.1));
    assert_eq!(seen.memory_limit(), Some(50 << 20));
    assert_eq!(seen.cause(), Cause::PagedIn);
    let io = seen.io_pressure().unwrap();
    assert_eq!(
        (io.percent(), io.stalled(), io.scope()),
        (89.0, Duration::from_secs(5), PressureScope::Cgroup)
    );
    assert_eq!(fake.opened.get(), 9);
}

#[test]
fn version_1_is_read_in_its_own_files_and_the_pressure_is_the_machines() {
    let fake = Fake::new(&[
        STAT,
        WAIT,
        ("/proc/self/cgroup", "4:cpu,cpuacct:/a\n3:memory:/b\n1:name=systemd:/\n0::/\n"),
        ("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "50000\n"),
        ("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n"),
        ("/sys/fs/cgroup/cpu/a/cpu.stat", "nr_throttled 17\nthrottled_time 1465653867\n"),
        ("/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "104857600\n"),
        ("/sys/fs/cgroup/unified/cgroup.procs", ""),
        ("/proc/pressure/cpu", &psi("1.00")),
        ("/proc/pressure/io", &psi("2.00")),
        ("/proc/pressure/memory", &psi("3.00")),
    ]);
    let seen = fake.sample().unwrap();
    assert_eq!(seen.throttled(), Some(Duration::from_nanos(1_465_653_867)));
    assert_eq!(seen.throttled_periods(), Some(17));
    assert_eq!(seen.cpu_limit(), Some(0.5));
    assert_eq!(seen.memory_limit(), Some(100 << 20));
    assert_eq!(seen.cpu_pressure(), stalled(1.0, PressureScope::Machine));
    assert_eq!(seen.io_pressure(), stalled(2.0, PressureScope::Machine));
    assert_eq!(seen.memory_pressure(), stalled(3.0, PressureScope::Machine));
    assert_eq!(fake.opened.get(), 13, "as many as it may ever open");

    let free = fake
        .with("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "-1\n")
        .with("/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "9223372036854771712\n");
    let seen = free.sample().unwrap();
    assert_eq!((seen.cpu_limit(), seen.memory_limit()), (None, None));
}

#[test]
fn a_file_that_is_missing_or_nonsense_takes_only_its_own_figure_along() {
    let whole = container().sample().unwrap();
    let paths: Vec<String> = container().files.into_iter().map(|(path, _)| path).collect();
    for path in paths.iter().filter(|path| *path != STAT.0) {
        let nonsense: [&[u8]; 6] =
            [b"", b"\0", b"\xff\xfe", b"max", &[b'9'; 2 * LIMIT], &[b'\n'; 2 * LIMIT]];
        for text in nonsense {
            let seen = container().with(path, text).sample().unwrap();
            let mut expected = whole.clone();
            match path.rsplit('/').next().unwrap() {
                "schedstat" => expected.run_queue_wait = None,
                "cgroup" => {
                    expected = PreMain {
                        run_queue_wait: whole.run_queue_wait,
                        major_faults: whole.major_faults,
                        minor_faults: whole.minor_faults,
                        io_pressure: stalled(33.0, PressureScope::Machine),
                        ..PreMain::unknown_but(whole.age, whole.cpu)
                    }
                }
                "cpu.max" => expected.cpu_limit = None,
                "cpu.stat" => (expected.throttled, expected.throttled_periods) = (None, None),
                "memory.max" => expected.memory_limit = None,
                "cpu.pressure" => expected.cpu_pressure = None,
                "io.pressure" => expected.io_pressure = stalled(33.0, PressureScope::Machine),
                "memory.pressure" => expected.memory_pressure = None,
                "io" => {}
                other => panic!("{other}"),
            }
            assert_eq!(seen, expected, "{path} {text:?}");
        }
    }
}

#[test]
fn without_the_process_s_own_record_there_is_no_report() {
    assert_eq!(Fake::new(&[WAIT]).sample(), None);
    assert_eq!(container().with(STAT.0, "garbage").sample(), None);
    assert!(Fake::new(&[STAT]).sample().is_some());
}

#[test]
fn a_line_that_the_buffer_cuts_is_not_taken_for_a_whole_one() {
    // Cut after its first digits, the total would be 12 microseconds.
    let head = "some avg10=1.00 avg60=0.00 total=12";
    let padding = format!("{}\n", " ".repeat(LIMIT - head.len() - 1));
    let long = format!("{padding}{head}34567\n");
    let seen = container().with("/sys/fs/cgroup/cpu.pressure", long).sample().unwrap();
    assert_eq!(seen.cpu_pressure(), None);
}

#[test]
fn the_running_kernel_s_files_are_read_to_their_end_and_no_further() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let path = path.to_str().unwrap();
    let mut buffer = [0; LIMIT];
    for (length, told) in
        [(0, 0), (1, 1), (LIMIT - 1, LIMIT - 1), (LIMIT, LIMIT), (9 * LIMIT, LIMIT)]
    {
        std::fs::write(path, vec![b'x'; length]).unwrap();
        assert_eq!(Kernel.read(path, &mut buffer), Some(told));
    }
    assert!(Kernel.has_dir(dir.path().to_str().unwrap()) && !Kernel.has_dir(path));
    for none in ["/nowhere/at/all", "", "with\0nul", dir.path().to_str().unwrap()] {
        assert_eq!(Kernel.read(none, &mut buffer), None, "{none:?}");
    }
}
