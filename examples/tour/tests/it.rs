//! The tour in a real child process.

use std::process::{Command, Output};

use serde_json::Value;

#[test]
fn one_example_as_json_is_one_object_a_line_and_nothing_else() {
    let Output { status, stdout, stderr } = tour(&["k3s-readyz", "--json"]);
    let stderr = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(0), "{stderr}");
    let text = String::from_utf8(stdout).expect("UTF-8");
    let rows: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let told: Vec<_> =
        rows.iter().map(|row| (&row["mode"], &row["variant"], &row["exit"])).collect();
    let (broken, fixed, zero) = ("broken".into(), "fixed".into(), 0.into());
    let (one, two, none) = ("1s".into(), "2s".into(), "".into());
    assert_eq!(told, [(&broken, &one, &zero), (&broken, &two, &zero), (&fixed, &none, &zero)]);
    assert!(stderr.contains("API server readiness: ready after"), "the report: {stderr}");
}

#[test]
fn a_wrong_command_line_is_exit_code_3_and_the_examples_are_listed() {
    for (args, expected) in [
        (&["nosuch"][..], "the examples are: contour-follower"),
        (&["--nosuch"], "--nosuch"),
        (&["as", "nosuch"], "the examples are: contour-follower"),
        (&["as", "k3s-readyz", "run"], "--mode"),
    ] {
        let Output { status, stdout, stderr } = tour(args);
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(3), "{args:?}: {stderr}");
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
        assert!(stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn the_tour_stands_in_for_an_examples_own_executable() {
    let args = ["as", "k3s-readyz", "run", "--mode", "fixed", "--deadline", "100ms", "--json"];
    let Output { status, stdout, stderr } = tour(&args);
    assert_eq!(status.code(), Some(1), "{}", String::from_utf8_lossy(&stderr));
    let row: Value = serde_json::from_slice(&stdout).expect("one object");
    assert_eq!((&row["mode"], &row["outcome"]), (&"fixed".into(), &"deadline".into()));
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_exit_code_130_with_the_rows_that_were_begun() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    use rustix::process::{Pid, Signal, kill_process};

    let mut child = command(&["k3s-readyz", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut told = BufReader::new(child.stderr.take().expect("piped")).lines();
    let first = told.find(|line| line.as_ref().is_ok_and(|line| line.contains("Polling")));
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    // Read to its end, so that the child never waits for us.
    told.for_each(drop);
    let Output { status, stdout, .. } = child.wait_with_output().expect("ends");
    assert!(first.is_some(), "it logs that it polls");
    assert_eq!(status.code(), Some(130));
    let row: Value = serde_json::from_slice(&stdout).expect("one object");
    assert_eq!((&row["mode"], &row["outcome"]), (&"broken".into(), &"interrupted".into()));
}

fn tour(args: &[&str]) -> Output {
    command(args).output().expect("runs")
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tour"));
    command.args(args).env_remove("RUST_LOG");
    command
}
