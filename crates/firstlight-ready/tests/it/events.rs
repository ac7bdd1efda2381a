//! What the log says, field by field.

use firstlight_ready::{Hysteresis, Mode, Readiness, Spec};
use tracing::Level;

use crate::support::{Lines, ms, s, sealed};

#[tokio::test(start_paused = true)]
async fn a_start_is_a_line_for_each_change_and_one_with_the_slowest() {
    let (lines, _guard) = Lines::captured();
    let (readiness, [db, cache]) = sealed([Spec::new("db"), Spec::new("cache").after(["db"])]);
    let start = readiness.clock().now();
    tokio::time::sleep(ms(1_500)).await;
    db.syncing("connecting");
    for done in 0..100 {
        db.progress(done, 100);
    }
    db.ready();
    tokio::time::sleep(ms(340)).await;
    cache.ready();
    let told = lines.take();
    let messages: Vec<_> = told.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "gate db: pending -> syncing: connecting",
            "gate db: syncing -> ready",
            "gate cache: pending -> ready",
            "orders: view startup is ready",
            "orders is ready after 1.8 s; slowest: db 1.5 s",
        ]
    );
    assert!(told.iter().all(|line| line.level == Level::INFO && line.field("set") == "orders"));
    let nanos = |time: std::time::Duration| time.as_nanos().to_string();

    let syncing = &told[0];
    assert_eq!(
        syncing.names(),
        ["set", "gate", "from", "to", "open", "reason", "start_ns", "end_ns"]
    );
    assert_eq!(syncing.field("start_ns"), nanos(start), "since it was in the state before");
    assert_eq!(syncing.field("reason"), "connecting");

    let opened = &told[2];
    assert_eq!(
        opened.names(),
        [
            "set", "gate", "from", "to", "open", "span", "parent", "after", "outcome", "start_ns",
            "end_ns"
        ]
    );
    for (field, value) in [
        ("gate", "cache".into()),
        ("open", "true".into()),
        ("span", "cache".into()),
        ("parent", "ready".into()),
        ("after", "db".into()),
        ("outcome", "ready".into()),
        ("start_ns", nanos(start + ms(1_500))),
        ("end_ns", nanos(start + ms(1_840))),
    ] {
        assert_eq!(opened.field(field), value, "{field}");
    }

    assert_eq!(told[3].names(), ["set", "view", "ready", "start_ns", "end_ns"]);
    let whole = &told[4];
    assert_eq!(whole.names(), ["set", "view", "ready", "span", "outcome", "start_ns", "end_ns"]);
    assert_eq!((whole.field("span"), whole.field("outcome")), ("ready", "ready"));
    assert_eq!(whole.field("start_ns"), nanos(start));
    assert_eq!(whole.field("end_ns"), nanos(start + ms(1_840)));
}

#[tokio::test(start_paused = true)]
async fn trouble_is_a_warning_and_the_end_is_none() {
    let (lines, _guard) = Lines::captured();
    let live = Mode::Live(Hysteresis::default());
    let (readiness, [db]) = sealed([Spec::new("db").mode(live)]);
    db.failed("no route");
    db.ready();
    lines.take();
    db.not_ready("full");
    db.ready();
    db.failed("crashed");
    db.ready();
    readiness.drain("SIGTERM");
    readiness.cut("SIGINT");
    readiness.stopped();
    let told: Vec<_> = lines.take().into_iter().map(|line| (line.level, line.message)).collect();
    let expected = [
        (Level::WARN, "gate db: ready -> pending: full"),
        (Level::WARN, "orders is not ready: db pending for 0 ms: full"),
        (Level::INFO, "gate db: pending -> ready"),
        (Level::INFO, "orders is ready"),
        (Level::WARN, "gate db: ready -> failed: crashed"),
        (Level::WARN, "orders is not ready: db failed for 0 ms: crashed"),
        (Level::INFO, "gate db: failed -> ready"),
        (Level::INFO, "orders is ready"),
        (Level::INFO, "orders is draining: SIGTERM"),
        (Level::INFO, "orders is not ready: draining: SIGTERM"),
        (Level::INFO, "orders is stopping: cut: SIGINT"),
        (Level::INFO, "orders is stopped: cut: SIGINT"),
    ];
    let expected = expected.map(|(level, message)| (level, message.to_owned()));
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn a_failure_ends_the_gates_part_of_the_start_only_before_it_has_opened() {
    let (lines, _guard) = Lines::captured();
    let live = Mode::Live(Hysteresis::default());
    let (_readiness, [db]) = sealed([Spec::new("db").mode(live)]);
    db.failed("no route");
    let failed = lines.take();
    assert_eq!((failed[0].field("span"), failed[0].field("outcome")), ("db", "failed"));
    assert_eq!(failed[0].level, Level::WARN);
    db.ready();
    lines.take();
    db.failed("crashed");
    let failed = lines.take();
    assert!(!failed[0].names().contains(&"span"), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn while_it_is_not_ready_it_says_so_ever_more_rarely() {
    let (lines, _guard) = Lines::captured();
    let spec = |name| Spec::new(name).without_deadline();
    let (_readiness, [db, cache, _lease]) =
        sealed([spec("db"), spec("cache"), spec("lease").when("leader")]);
    cache.ready();
    lines.take();
    tokio::time::sleep(s(41)).await;
    let told = lines.take();
    let messages: Vec<_> = told.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "orders is still not ready after 5.0 s: db pending for 5.0 s",
            "orders is still not ready after 10.0 s: db pending for 10.0 s",
            "orders is still not ready after 20.0 s: db pending for 20.0 s",
            "orders is still not ready after 40.0 s: db pending for 40.0 s",
        ]
    );
    assert_eq!(told[0].names(), ["set", "pending", "start_ns", "end_ns"]);
    assert_eq!(told[0].field("pending"), "1", "a follower does not wait for the leader's gate");
    db.ready();
    assert_eq!(
        lines.messages(),
        [
            "gate db: pending -> ready",
            "orders: view startup is ready",
            "orders is ready after 41.0 s; slowest: db 41.0 s"
        ]
    );
    tokio::time::sleep(s(600)).await;
    assert_eq!(lines.messages(), [""; 0], "nothing more to say");
}

#[tokio::test(start_paused = true)]
async fn reports_that_change_nothing_say_nothing() {
    let (lines, _guard) = Lines::captured();
    let readiness = Readiness::new("orders").expect("a runtime");
    let db = readiness.register(Spec::new("db")).expect("registered");
    readiness.seal().expect("sealed");
    db.ready();
    lines.take();
    for _ in 0..1_000 {
        db.ready();
        db.beat();
        readiness.delivered("10.0.0.1", true);
        readiness.set_role("leader", true).expect("a role");
    }
    assert_eq!(lines.messages(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_time_alone_causes_is_told_to_the_subscriber_of_who_made_the_set() {
    let (lines, _guard) = Lines::captured();
    let (readiness, [_db]) = sealed([Spec::new("db").within(ms(5))]);
    assert!(readiness.wait().await.is_err(), "too late");
    // The wait is woken before the log is told, on the driver's thread.
    let mut told = Vec::new();
    while !told.iter().any(|message: &String| message.contains("not ready within 5 ms")) {
        tokio::time::sleep(ms(1)).await;
        told.extend(lines.take().into_iter().map(|line| line.message));
        assert!(readiness.clock().now() < std::time::Duration::from_secs(3_600), "{told:?}");
    }
}
