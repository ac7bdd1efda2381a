use std::time::Duration;

use futures_util::future::join_all;
use staged_start::{Error, How, Options, Part, StagedStart};
use support::{Example, Mode, Outcome, Row, Stage, Value};
use tokio_util::sync::CancellationToken;

/// The README's table of keys is the contract of `--json`.
const README: &str = include_str!("../../README.md");

const PARTS: [Part; 8] = [
    Part::Config,
    Part::Secrets,
    Part::Db,
    Part::Catalog,
    Part::Prices,
    Part::Routes,
    Part::FirstOutput,
    Part::Listener,
];

/// kubert's `Initialized` and kube's `wait_until_ready`: the bugs seen, and the bugs gone.
#[tokio::test]
async fn broken_says_ready_too_early_and_wakes_one_waiter_and_fixed_does_neither() {
    let (broken, fixed) = tokio::join!(rows(Mode::Broken, default()), rows(Mode::Fixed, default()));
    let all: Vec<Row> = broken.iter().chain(&fixed).cloned().collect();
    StagedStart::check(&all).expect("as the README says");
    let variants: Vec<_> = all.iter().map(|row| (row.mode, row.variant, row.outcome)).collect();
    assert_eq!(
        variants,
        [
            (Mode::Broken, "healthy", Outcome::Ready),
            (Mode::Broken, "panic", Outcome::Ready),
            (Mode::Fixed, "healthy", Outcome::Ready),
            (Mode::Fixed, "panic", Outcome::Fatal),
        ]
    );
    for row in &all {
        assert_the_keys_of_the_readme(row);
        // The database is slow: nothing of the second stage is begun before.
        assert!(row.seconds("ended_at") >= Some(default().slow), "{row:?}");
    }
    assert_eq!(all[1].count("parts_built"), Some(7), "all but the one that panicked");
    assert_eq!(all[2].count("gates_open"), Some(8), "{:?}", all[2]);
    assert_eq!(reason(&all[2]), None);
    assert_eq!(all[3].count("requests"), Some(0), "nobody is sent there: {:?}", all[3]);
}

#[tokio::test]
async fn whichever_part_panics_broken_says_ready_and_answers_nobody() {
    for row in failing(Mode::Broken, PARTS.map(|part| (part, How::Panic)).to_vec()).await {
        assert_eq!(row.outcome, Outcome::Ready, "{row:?}");
        assert!(row.seconds("ready_at").is_some(), "{row:?}");
        assert!(row.count("parts_built").unwrap() < 8, "{row:?}");
        assert_eq!(row.count("served_too_early"), row.count("requests"), "{row:?}");
        assert_eq!(row.count("requests"), Some(8), "{row:?}");
    }
}

#[tokio::test]
async fn whichever_part_fails_however_fixed_is_never_ready_and_names_it() {
    let panics = PARTS.map(|part| (part, How::Panic, "by a panic"));
    let errors = PARTS.map(|part| (part, How::Error, "fetch failed: refused"));
    let hangs = PARTS.map(|part| match part {
        Part::Catalog => (part, How::Hang, "has not moved for 2.0"),
        part => (part, How::Hang, "fetch timed out after 3.0"),
    });
    let cases = [panics, errors, hangs].concat();
    let rows = failing(Mode::Fixed, cases.iter().map(|(part, how, _)| (*part, *how)).collect());
    for (row, (part, how, why)) in rows.await.into_iter().zip(cases) {
        assert_eq!(row.outcome, Outcome::Fatal, "{how:?}: {row:?}");
        assert_eq!(row.seconds("ready_at"), None, "{how:?}: {row:?}");
        assert_eq!(row.count("requests"), Some(0), "{how:?}: {row:?}");
        let told = reason(&row).expect("it says why");
        let gate = clap::ValueEnum::to_possible_value(&part).expect("none is hidden");
        assert!(told.starts_with(&format!("{}: ", gate.get_name())), "{how:?}: {told}");
        assert!(told.contains(why), "{how:?}: {told}");
        // The 3 s of one fetch, and very much for a loaded machine: not the deadline.
        assert!(row.seconds("ended_at") < Some(Duration::from_secs(20)), "{how:?}: {row:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_too_slow_is_given_up_by_its_name() {
    let options = Options { slow: Duration::from_secs(60), healthy: true, ..default() };
    let row = rows(Mode::Fixed, options).await.remove(0);
    assert_eq!(row.outcome, Outcome::Fatal, "{row:?}");
    let told = reason(&row).expect("it says why");
    assert!(told.starts_with("db: ") && told.contains("fetch timed out after 3.0"), "{told}");
    assert_eq!(row.count("waiters_woken"), None, "there was no catalog: {row:?}");
}

#[tokio::test]
async fn a_deadline_ends_both_and_fixed_says_what_was_missing() {
    let (deadline, healthy) = (Duration::from_millis(300), true);
    let options = Options { slow: Duration::from_secs(2), deadline, healthy, ..default() };
    for mode in Mode::ALL {
        let row = rows(mode, options.clone()).await.remove(0);
        assert_eq!(row.outcome, Outcome::Deadline, "{row:?}");
        assert_eq!(row.seconds("ready_at"), None, "{row:?}");
        assert_the_keys_of_the_readme(&row);
        let told = reason(&row);
        assert_eq!(
            told.as_deref().is_some_and(|told| told.starts_with("db syncing for ")),
            mode == Mode::Fixed,
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn an_interrupted_run_tells_what_it_measured_so_far() {
    for mode in Mode::ALL {
        let interrupt = CancellationToken::new();
        let stage = Stage::new(interrupt.clone()).with_quiet_logs();
        let options = Options { slow: Duration::from_secs(2), ..default() };
        let run = StagedStart::run(mode, &options, &stage);
        tokio::pin!(run);
        let a_moment = Duration::from_millis(500);
        tokio::time::timeout(a_moment, &mut run).await.expect_err("it takes longer");
        interrupt.cancel();
        let rows = run.await.expect("rows");
        // Of two starts the second is not begun.
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].outcome, Outcome::Interrupted);
        assert_the_keys_of_the_readme(&rows[0]);
        let built = rows[0].count("parts_built");
        assert_eq!(built, Some(2), "config and secrets, not the slow database: {rows:?}");
    }
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_a_usage_error() {
    let stage = Stage::new(CancellationToken::new()).with_quiet_logs();
    let options = Options { svg: Some("/nosuch".into()), ..default() };
    let error = staged_start::run(Mode::Fixed, &options, &stage).await.unwrap_err();
    assert!(matches!(error, Error::NoDirectory(_)), "{error:?}");
    assert_eq!(support::RunError::from(error).exit(), 3);
}

#[test]
fn rows_that_do_not_show_it_are_told_apart() {
    let row = |mode, variant| Row::new("staged-start", mode, variant, Outcome::Ready);
    StagedStart::check(&[row(Mode::Broken, "healthy")]).expect_err("rows are missing");
    let all = Mode::ALL.map(|mode| ["healthy", "panic"].map(|variant| row(mode, variant)));
    StagedStart::check(&all.concat()).expect_err("values are missing");
}

fn default() -> Options {
    let svg = Some(env!("CARGO_TARGET_TMPDIR").into());
    Options { svg, ..support::defaults::<StagedStart>() }
}

async fn rows(mode: Mode, options: Options) -> Vec<Row> {
    let stage = Stage::new(CancellationToken::new()).with_quiet_logs();
    StagedStart::run(mode, &options, &stage).await.expect("rows")
}

/// A start for each part that fails, all at the same time, with a database that is quick.
async fn failing(mode: Mode, faults: Vec<(Part, How)>) -> Vec<Row> {
    let slow = Duration::from_millis(50);
    let runs = faults
        .into_iter()
        .map(|(part, how)| rows(mode, Options { slow, fail: Some(part), how, ..default() }));
    join_all(runs).await.concat()
}

fn reason(row: &Row) -> Option<String> {
    match row.value("not_ready_reason") {
        Some(Value::Name(reason)) => reason.clone(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_the_keys_of_the_readme(row: &Row) {
    let documented: Vec<&str> = README
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter(|(_, rest)| ["s |", "count |", "name |"].iter().any(|unit| rest.starts_with(unit)))
        .map(|(key, _)| key)
        .collect();
    assert_eq!(row.values().map(|(key, _)| key).collect::<Vec<_>>(), documented);
}
