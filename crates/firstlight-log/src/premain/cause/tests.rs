use super::super::pressure::{Pressure, PressureScope};
use super::*;

/// Figures in ms, percent and faults, none of them missing.
struct Row {
    age: u64,
    cpu: u64,
    waited: u64,
    throttled: u64,
    faults: u64,
    io: f32,
    memory: f32,
}

const IDLE: Row =
    Row { age: 30_000, cpu: 0, waited: 0, throttled: 0, faults: 0, io: 0.0, memory: 0.0 };

fn seen(row: &Row) -> PreMain {
    let pressure = |percent| {
        Some(Pressure { percent, stalled: Duration::ZERO, scope: PressureScope::Machine })
    };
    PreMain {
        run_queue_wait: Some(Duration::from_millis(row.waited)),
        throttled: Some(Duration::from_millis(row.throttled)),
        major_faults: Some(row.faults),
        io_pressure: pressure(row.io),
        memory_pressure: pressure(row.memory),
        ..PreMain::unknown_but(Duration::from_millis(row.age), Duration::from_millis(row.cpu))
    }
}

#[test]
fn the_largest_part_is_blamed_as_far_as_the_figures_go() {
    for (what, row, cause) in [
        ("peers 4.2", Row { age: 34_100, cpu: 200, faults: 812, io: 89.0, ..IDLE }, Cause::PagedIn),
        (
            "a small memory limit",
            Row { cpu: 900, faults: 9_000, memory: 60.0, ..IDLE },
            Cause::PagedIn,
        ),
        ("pressure just enough", Row { faults: 150, io: 10.0, ..IDLE }, Cause::PagedIn),
        ("a neighbour's pressure", Row { age: 2_000, faults: 2, io: 50.0, ..IDLE }, Cause::Unclear),
        ("no fault, only pressure", Row { io: 89.0, ..IDLE }, Cause::Blocked),
        ("a cold start, then stopped", Row { faults: 812, io: 0.2, ..IDLE }, Cause::Unclear),
        ("pressure just too little", Row { faults: 812, io: 9.9, ..IDLE }, Cause::Unclear),
        ("stopped for 2 s (peers 2.1)", Row { age: 2_010, faults: 2, ..IDLE }, Cause::Blocked),
        ("asleep", IDLE, Cause::Blocked),
        ("more faults than fit", Row { faults: u64::MAX, io: 20.0, ..IDLE }, Cause::PagedIn),
        (
            "kuma 13299, 100m of CPU",
            Row { cpu: 3_000, waited: 26_000, throttled: 25_900, ..IDLE },
            Cause::Throttled,
        ),
        (
            "half of it throttled",
            Row { waited: 26_000, throttled: 13_000, ..IDLE },
            Cause::Throttled,
        ),
        (
            "less than half of it",
            Row { waited: 26_000, throttled: 12_999, ..IDLE },
            Cause::WaitingForCpu,
        ),
        ("an old group's throttling", Row { throttled: 900_000, ..IDLE }, Cause::Blocked),
        ("a crowd", Row { waited: 26_000, ..IDLE }, Cause::WaitingForCpu),
        (
            "paging, but mostly waiting",
            Row { waited: 20_000, faults: 812, io: 89.0, ..IDLE },
            Cause::WaitingForCpu,
        ),
        ("a constructor that computes", Row { cpu: 29_000, ..IDLE }, Cause::Computing),
        ("threads that compute", Row { cpu: 90_000, ..IDLE }, Cause::Computing),
        ("exactly half", Row { cpu: 15_000, waited: 15_000, ..IDLE }, Cause::Unclear),
        ("a third each", Row { cpu: 10_000, waited: 10_000, ..IDLE }, Cause::Unclear),
        ("within the tick's blur", Row { age: 99, cpu: 99, ..IDLE }, Cause::Unclear),
        ("beyond it", Row { age: 100, cpu: 99, ..IDLE }, Cause::Computing),
        ("no age at all", Row { age: 0, ..IDLE }, Cause::Unclear),
    ] {
        assert_eq!(seen(&row).cause(), cause, "{what}");
    }
}

#[test]
fn nothing_is_blamed_on_a_figure_that_is_missing() {
    let stopped = seen(&IDLE);
    let missing = [
        PreMain { run_queue_wait: None, ..stopped.clone() },
        PreMain {
            run_queue_wait: None,
            ..seen(&Row { waited: 29_000, throttled: 29_000, ..IDLE })
        },
        PreMain { major_faults: None, ..stopped.clone() },
        PreMain {
            io_pressure: None,
            memory_pressure: None,
            ..seen(&Row { faults: 812, io: 89.0, ..IDLE })
        },
    ];
    for seen in missing {
        assert_eq!(seen.cause(), Cause::Unclear, "{seen:?}");
    }

    let waited = seen(&Row { waited: 29_000, throttled: 29_000, ..IDLE });
    assert_eq!(PreMain { throttled: None, ..waited }.cause(), Cause::WaitingForCpu);
    let computed = seen(&Row { cpu: 29_000, ..IDLE });
    assert_eq!(PreMain { run_queue_wait: None, ..computed }.cause(), Cause::Computing);
    assert_eq!(
        PreMain { io_pressure: None, memory_pressure: None, ..stopped }.cause(),
        Cause::Blocked
    );
}

#[test]
fn each_cause_is_one_clause() {
    for (cause, text) in [
        (Cause::Throttled, "it waited for a CPU, in a cgroup throttled by its CPU limit"),
        (Cause::WaitingForCpu, "it waited for a CPU"),
        (Cause::PagedIn, "the program was paged in from a slow disk"),
        (Cause::Computing, "it was busy computing"),
        (Cause::Blocked, "it was stopped or asleep, or waited for neither CPU nor paging"),
        (Cause::Unclear, "no single cause stands out"),
    ] {
        assert_eq!(cause.to_string(), text);
    }
}
