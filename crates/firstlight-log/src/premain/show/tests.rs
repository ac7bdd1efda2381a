use super::*;

fn pressed(percent: f32, scope: PressureScope) -> Option<Pressure> {
    Some(Pressure { percent, stalled: Duration::from_secs(30), scope })
}

#[test]
fn the_line_says_what_the_figures_show_and_leaves_out_the_rest() {
    let bare = PreMain::unknown_but(Duration::from_millis(34_100), Duration::from_millis(200));
    let paged = PreMain {
        run_queue_wait: Some(Duration::from_millis(300)),
        major_faults: Some(812),
        minor_faults: Some(5_000),
        throttled: Some(Duration::ZERO),
        throttled_periods: Some(0),
        io_pressure: pressed(89.4, PressureScope::Cgroup),
        memory_pressure: pressed(0.9, PressureScope::Cgroup),
        cpu_pressure: pressed(0.0, PressureScope::Cgroup),
        memory_limit: Some(50 << 20),
        cpu_limit: Some(0.1),
        ..bare.clone()
    };
    let thrashed = PreMain {
        major_faults: Some(1),
        memory_pressure: pressed(41.0, PressureScope::Machine),
        memory_limit: Some((1 << 20) - 1),
        ..bare.clone()
    };
    let throttled = PreMain {
        run_queue_wait: Some(Duration::from_millis(26_000)),
        throttled: Some(Duration::from_millis(25_960)),
        throttled_periods: Some(288),
        cpu_limit: Some(0.1),
        cpu_pressure: pressed(100.0, PressureScope::Cgroup),
        ..bare.clone()
    };
    let once = PreMain { throttled_periods: Some(1), cpu_limit: None, ..throttled.clone() };
    let young = PreMain::unknown_but(Duration::from_millis(9), Duration::from_micros(1_900));
    for (seen, line) in [
        (bare, "process was 34.1 s old before main: cpu time 0.2 s"),
        (
            paged,
            "process was 34.1 s old before main: 812 major faults, io pressure 89 % (cgroup), cpu time 0.2 s: \
             the program was paged in from a slow disk",
        ),
        (
            thrashed,
            "process was 34.1 s old before main: 1 major fault, memory pressure 41 % (whole machine), \
             memory limit 1023 KiB, cpu time 0.2 s",
        ),
        (
            throttled,
            "process was 34.1 s old before main: cpu pressure 100 % (cgroup), waited 26.0 s for a CPU, \
             cgroup throttled for 26.0 s in 288 periods by its limit of 0.10 CPU, cpu time 0.2 s: \
             it waited for a CPU, in a cgroup throttled by its CPU limit",
        ),
        (
            once,
            "process was 34.1 s old before main: cpu pressure 100 % (cgroup), waited 26.0 s for a CPU, \
             cgroup throttled for 26.0 s in 1 period, cpu time 0.2 s: \
             it waited for a CPU, in a cgroup throttled by its CPU limit",
        ),
        (young, "process was 9 ms old before main: cpu time 1 ms"),
    ] {
        assert_eq!(seen.to_string(), line);
    }
}

#[test]
fn the_longest_line_is_still_one_and_short() {
    let worst = PreMain {
        run_queue_wait: Some(Duration::MAX),
        major_faults: Some(u64::MAX),
        throttled: Some(Duration::MAX),
        throttled_periods: Some(u64::MAX),
        io_pressure: pressed(100.0, PressureScope::Machine),
        memory_pressure: pressed(100.0, PressureScope::Machine),
        cpu_pressure: pressed(100.0, PressureScope::Machine),
        memory_limit: Some(u64::MAX),
        cpu_limit: Some(u64::MAX as f64),
        ..PreMain::unknown_but(Duration::MAX, Duration::MAX)
    };
    let line = worst.to_string();
    assert!(line.len() < 500 && !line.contains('\n'), "{} {line}", line.len());
}
