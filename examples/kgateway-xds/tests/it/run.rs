//! `run` from outside: a rolling restart with real processes, in both modes.

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::time::Duration;

use kgateway_xds::KgatewayXds;
use serde_json::Value;
use support::{Example, Mode, Outcome, Row};

/// The README's table of keys is the contract of `--json`.
const README: &str = include_str!("../../README.md");

/// kgateway #11068: the bug seen, and the bug gone.
#[test]
fn both_modes_show_what_the_readme_says() {
    let rows = Mode::ALL.map(|mode| {
        let Output { status, stdout, stderr } =
            example(&format!("run --mode {mode} --json")).output().expect("runs");
        let told = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(0), "{told}");
        let [object] = &json(&stdout)[..] else { panic!("one row: {told}") };
        assert_the_keys_of_the_readme(object);
        row(mode, object)
    });
    KgatewayXds::check(&rows).unwrap_or_else(|wrong| panic!("{wrong}: {rows:?}"));
    let late = Duration::from_secs(2);
    for row in &rows {
        let ready = row.seconds("time_to_ready").expect("measured");
        let first = row.seconds("time_to_first_configuration").expect("measured");
        assert!(first >= late, "nobody can know more than its source: {rows:?}");
        assert!(ready >= late || row.mode == Mode::Broken, "{rows:?}");
        let requests = row.count("requests").expect("measured");
        assert!(requests > 100, "there was traffic all the while: {rows:?}");
    }
}

#[test]
fn a_row_is_checked_against_each_sentence() {
    let good = |mode| {
        let fixed = mode == Mode::Fixed;
        let count = |broken: u64| support::Value::Count(Some(if fixed { 0 } else { broken }));
        let ready = Duration::from_millis(if fixed { 1600 } else { 100 });
        Row::new("kgateway-xds", mode, "", Outcome::Ready)
            .with("requests", support::Value::Count(Some(1000)))
            .with("failed", count(10))
            .with("longest_outage", support::Value::Seconds(Some(Duration::ZERO)))
            .with("time_to_ready", support::Value::Seconds(Some(ready)))
            .with(
                "time_to_first_configuration",
                support::Value::Seconds(Some(Duration::from_millis(1700))),
            )
            .with("flickers", count(1))
    };
    let [broken, fixed] = Mode::ALL.map(good);
    assert_eq!(KgatewayXds::check(&[broken.clone(), fixed.clone()]), Ok(()));
    let as_mode = |row: &Row, mode| {
        let mut row = row.clone();
        row.mode = mode;
        row
    };
    let mut late = broken.clone();
    late.outcome = Outcome::Deadline;
    for (rows, told) in [
        (vec![as_mode(&fixed, Mode::Broken), fixed.clone()], "broken loses requests"),
        (vec![broken.clone(), as_mode(&broken, Mode::Fixed)], "fixed loses no request"),
        (vec![late, fixed], "every run ends with ready"),
        (vec![broken], "a value is missing"),
    ] {
        let wrong = KgatewayXds::check(&rows).expect_err(told);
        assert!(wrong.contains(told), "{wrong}");
    }
}

/// Told to end, it ends its instances; killed, they end with the pipe that they are held by.
#[cfg(unix)]
#[test]
fn however_a_run_ends_no_process_stays() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    use rustix::process::{Pid, Signal, kill_process};
    for (signal, code) in
        [(Signal::INT, Some(130)), (Signal::TERM, Some(130)), (Signal::KILL, None)]
    {
        let mut child = example("run --mode fixed --json --source-delay 10ms");
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        let mut told = BufReader::new(child.stderr.take().expect("piped")).lines();
        let said = told.find(|line| line.as_ref().is_ok_and(|line| line.contains("is replaced")));
        assert!(said.is_some(), "it says what it does");
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        // To its end: every process that it started has the pipe.
        told.for_each(drop);
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), code, "{signal:?}");
        let outcomes: Vec<_> =
            json(&output.stdout).iter().map(|row| row["outcome"].clone()).collect();
        assert_eq!(outcomes, if code.is_some() { vec!["interrupted"] } else { vec![] });
    }
}

fn example(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kgateway-xds"));
    command.args(line.split_whitespace()).env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
    command
}

/// Each line of standard output is an object, or the test fails.
fn json(stdout: &[u8]) -> Vec<Value> {
    let text = str::from_utf8(stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// A row again, of what it is as JSON.
fn row(mode: Mode, object: &Value) -> Row {
    assert_eq!(object["outcome"], "ready", "{object}");
    let mut row = Row::new("kgateway-xds", mode, "", Outcome::Ready);
    for (key, value) in object["values"].as_object().expect("values") {
        let number = &value["value"];
        let value = match value["unit"].as_str() {
            Some("s") => support::Value::Seconds(number.as_f64().map(Duration::from_secs_f64)),
            _ => support::Value::Count(number.as_u64()),
        };
        row = row.with(key, value);
    }
    row
}

/// The keys of `--json` are those of the README's table, with their units.
#[track_caller]
fn assert_the_keys_of_the_readme(object: &Value) {
    let (_, table) = README.split_once("## Keys of the row\n").expect("the README has the table");
    let rows = table.lines().skip_while(|line| !line.starts_with("| `"));
    let promised = rows.take_while(|line| line.starts_with("| `")).map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        (cells[1].trim_matches('`').to_owned(), cells[2].to_owned())
    });
    let unit = |value: &Value| value["unit"].as_str().unwrap_or_default().to_owned();
    let values = object["values"].as_object().expect("values");
    let given = values.iter().map(|(key, value)| (key.clone(), unit(value)));
    assert_eq!(given.collect::<BTreeMap<_, _>>(), promised.collect());
}
