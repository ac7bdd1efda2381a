//! Both modes as a user runs them, and the README's word for what they print.

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::time::Duration;

use contour_follower::ContourFollower;
use serde_json::Value;
use support::{Example, Mode, Outcome, Row};

const README: &str = include_str!("../../README.md");

fn example(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contour-follower"));
    command.args(line.split_whitespace()).env_remove("RUST_LOG").env_remove("KUBECONFIG");
    command
}

/// projectcontour/contour#6291 with real processes: the bug seen, and the bug gone.
#[test]
fn both_modes_show_what_the_readme_says() {
    let rows = Mode::ALL.map(|mode| {
        let line = format!("run --mode {mode} --json");
        let Output { status, stdout, stderr } = example(&line).output().expect("runs");
        let told = String::from_utf8_lossy(&stderr);
        let expected = if mode == Mode::Broken { 1 } else { 0 };
        assert_eq!(status.code(), Some(expected), "{told}");
        let object: Value = serde_json::from_slice(&stdout).expect("one object");
        assert_the_keys_of_the_readme(&object);
        row(mode, &object)
    });
    ContourFollower::check(&rows).expect("as the README says");
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_are_exit_code_130_and_no_process_stays() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    use rustix::process::{Pid, Signal, kill_process};
    for (mode, signal, when) in [
        (Mode::Fixed, Signal::INT, "not an object"),
        (Mode::Broken, Signal::TERM, "the first resource"),
    ] {
        let mut child = example(&format!("run --mode {mode} --json --patience 1s"));
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        let mut told = BufReader::new(child.stderr.take().expect("piped")).lines();
        let said = told.find(|line| line.as_ref().is_ok_and(|line| line.contains(when)));
        assert!(said.is_some(), "it says {when}");
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        // To its end: every process that it started has the pipe.
        told.for_each(drop);
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(130), "{signal:?}");
        let object: Value = serde_json::from_slice(&output.stdout).expect("one object");
        assert_eq!(object["outcome"], "interrupted");
        let measured = &object["values"]["leader_ready"]["value"];
        assert_eq!(measured.is_null(), mode == Mode::Fixed, "what was measured so far: {object}");
    }
}

/// The README lists what is checked; nothing of it may be left out of the table.
#[test]
fn the_readme_links_what_it_reproduces() {
    for link in ["issues/6291", "pull/6295", "issues/6613", "pull/6614", "pull/5672", "issues/1280"]
    {
        assert!(
            README.contains(&format!("https://github.com/projectcontour/contour/{link}")),
            "{link}"
        );
    }
}

/// A row again, of what it is as JSON.
fn row(mode: Mode, object: &Value) -> Row {
    let outcome = match object["outcome"].as_str() {
        Some("ready") => Outcome::Ready,
        _ => Outcome::Deadline,
    };
    let mut row = Row::new("contour-follower", mode, "", outcome);
    for (key, value) in object["values"].as_object().expect("values") {
        let it = &value["value"];
        let value = match value["unit"].as_str() {
            Some("s") => support::Value::Seconds(it.as_f64().map(Duration::from_secs_f64)),
            Some("count") => support::Value::Count(it.as_u64()),
            _ => support::Value::Name(it.as_str().map(str::to_owned)),
        };
        row = row.with(key, value);
    }
    row
}

/// The keys of `--json` are those of the README's table, with their units.
#[track_caller]
fn assert_the_keys_of_the_readme(object: &Value) {
    let (_, table) = README.split_once("## Keys\n").expect("the README has the table");
    let rows = table
        .lines()
        .skip_while(|line| !line.starts_with("| `"))
        .take_while(|line| line.starts_with("| `"));
    let promised: BTreeMap<_, _> = rows
        .map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            (cells[1].trim_matches('`').to_owned(), cells[2].to_owned())
        })
        .collect();
    let unit = |value: &Value| value["unit"].as_str().unwrap_or_default().to_owned();
    let values = object["values"].as_object().expect("values");
    let given: BTreeMap<_, _> =
        values.iter().map(|(key, value)| (key.clone(), unit(value))).collect();
    assert_eq!(given, promised);
}
