//! What all examples promise: the row's JSON, the table, the exit codes, the count of log lines.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use support::{Example, Mode, NoParts, Outcome, Row, RunError, Stage, USAGE, Value, table};
use tokio_util::sync::CancellationToken;

#[test]
fn a_row_is_one_json_object_with_its_values_in_order() {
    let row = Row::new("k3s-readyz", Mode::Fixed, "", Outcome::Ready)
        .with("lateness", Value::Seconds(Some(Duration::from_micros(40_400))))
        .with("connections", Value::Count(None))
        .with("last_item", Value::Name(Some("etcd".to_owned())));
    assert_eq!(
        serde_json::to_string(&row).unwrap(),
        r#"{"example":"k3s-readyz","mode":"fixed","variant":"","outcome":"ready","exit":0,"values":{"lateness":{"value":0.04,"unit":"s"},"connections":{"value":null,"unit":"count"},"last_item":{"value":"etcd","unit":"name"}}}"#
    );
}

#[test]
fn a_value_is_found_by_its_key_and_its_kind() {
    let row = Row::new("x", Mode::Broken, "1s", Outcome::Deadline)
        .with("late", Value::Seconds(Some(Duration::from_secs(1))))
        .with("polls", Value::Count(Some(7)));
    assert_eq!((row.seconds("late"), row.count("late")), (Some(Duration::from_secs(1)), None));
    assert_eq!((row.seconds("polls"), row.count("polls")), (None, Some(7)));
    assert_eq!((row.seconds("nosuch"), row.value("nosuch")), (None, None));
}

#[test]
fn the_table_has_broken_beside_fixed_and_a_block_for_each_example() {
    let row = |example, mode, variant, outcome| Row::new(example, mode, variant, outcome);
    let rows = [
        row("poll", Mode::Broken, "1s", Outcome::Ready)
            .with("late", Value::Seconds(Some(Duration::from_millis(990)))),
        row("poll", Mode::Fixed, "", Outcome::Ready)
            .with("late", Value::Seconds(Some(Duration::from_millis(40))))
            .with("last_item", Value::Name(None)),
        row("cleanup", Mode::Fixed, "", Outcome::Interrupted).with("rows", Value::Count(Some(0))),
    ];
    let expected = "\
poll       unit  broken 1s    fixed
-----------------------------------
outcome          ready        ready
exit             0            0
late       s     0.990        0.040
last_item  name               -

cleanup    unit  fixed
-----------------------------------
outcome          interrupted
exit             130
rows       count 0
";
    // Widths follow the longest cell of each column.
    let squeezed = |text: &str| {
        let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.filter(|line| !line.starts_with('-')).collect::<Vec<_>>()
    };
    let told = table(&rows);
    assert_eq!(squeezed(&told), squeezed(expected));
    let column = |line: &str, word: &str| line.find(word).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(column(lines[0], "fixed"), column(lines[4], "0.040"), "{told}");
    assert_eq!(table(&[]), "");
}

#[test]
fn exit_codes_are_the_documented_ones_and_the_worst_outcome_is_the_greatest() {
    let mut all = [Outcome::Interrupted, Outcome::Fatal, Outcome::Ready, Outcome::Deadline];
    all.sort();
    assert_eq!(all.map(|outcome| outcome.exit()), [0, 1, 2, 130]);
    assert_eq!(all.map(Outcome::as_str), ["ready", "deadline", "fatal", "interrupted"]);
    assert_eq!(USAGE, 3);
    assert_eq!(RunError::Usage("x".into()).exit(), 3);
    assert_eq!(RunError::Scenery("x".into()).exit(), 2);
}

#[test]
fn the_grammar_is_run_with_a_mode() {
    for (line, expected) in [
        ("run --mode fixed --outcome 0", 0),
        ("run --mode fixed --outcome 1 --json", 1),
        ("run --mode fixed --outcome 2", 2),
        ("run --mode fixed --outcome 130", 130),
        ("run --mode broken", 3),
        ("--help", 0),
        ("run --help", 0),
        ("", USAGE),
        ("run", USAGE),
        ("run --mode sideways", USAGE),
        ("run --mode fixed --nosuch", USAGE),
        ("nosuch --mode fixed", USAGE),
    ] {
        let args: Vec<OsString> = line.split_whitespace().map(Into::into).collect();
        assert_eq!(support::main::<Toy>(args), ExitCode::from(expected), "{line}");
    }
    assert_eq!(support::defaults::<Toy>().outcome, 0);
}

#[tokio::test]
async fn only_the_lines_of_the_run_itself_from_info_on_are_counted() {
    let stage = Stage::new(CancellationToken::new()).with_quiet_logs();
    let noisy = |lines: u64| async move {
        for n in 0..lines {
            tracing::info!(n, "a line");
            tokio::task::yield_now().await;
            tracing::debug!(n, "no line");
        }
        tracing::warn!("another");
        lines
    };
    tracing::info!("before");
    let ((a, lines_a), (b, lines_b)) =
        tokio::join!(stage.count_lines(noisy(3)), stage.count_lines(noisy(5)));
    assert_eq!((a, lines_a, b, lines_b), (3, 4, 5, 6));
}

#[test]
fn a_part_is_this_executable_behind_the_prefix() {
    let stage = Stage::new(CancellationToken::new()).with_prefix(["as", "toy"]);
    let command = stage.part().expect("a path");
    assert_eq!(command.get_args().collect::<Vec<_>>(), ["as", "toy"]);
    assert_eq!(command.get_program(), std::env::current_exe().unwrap());
}

struct Toy;

#[derive(Debug, clap::Args)]
struct ToyOptions {
    #[arg(long, default_value_t = 0)]
    outcome: u8,
}

impl Example for Toy {
    const NAME: &'static str = "toy";
    const ABOUT: &'static str = "Ends as it is told";
    type Options = ToyOptions;
    type Parts = NoParts;

    async fn run(mode: Mode, options: &ToyOptions, _: &Stage) -> Result<Vec<Row>, RunError> {
        if mode == Mode::Broken {
            return Err(RunError::Usage("no such scenario".into()));
        }
        let all = [Outcome::Ready, Outcome::Deadline, Outcome::Fatal, Outcome::Interrupted];
        let worst = all.into_iter().find(|outcome| outcome.exit() == options.outcome).unwrap();
        Ok([Outcome::Ready, worst].map(|outcome| Row::new("toy", mode, "", outcome)).to_vec())
    }

    fn check(_: &[Row]) -> Result<(), String> {
        Ok(())
    }
}
