use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::run::{SMALL, example, json};

#[test]
fn by_hand_it_needs_nobody_who_counts() {
    for mode in ["broken", "fixed"] {
        let line = format!("container --mode {mode} --config {SMALL}");
        let Output { status, stdout, stderr } = example(&line).output().expect("runs");
        assert_eq!(status.code(), Some(0), "{}", String::from_utf8_lossy(&stderr));
        let told = String::from_utf8_lossy(&stdout);
        let first = told.contains("line-1: reading ");
        assert_eq!(first, mode == "fixed", "what comes before the configuration: {told}");
        assert!(told.contains("registered at control-plane:5678"), "{told}");
    }
}

#[test]
fn fixed_logs_in_order_one_object_a_line_with_a_report_at_the_end() {
    let svg = format!("{}/start.svg", env!("CARGO_TARGET_TMPDIR"));
    let line = format!("container --mode fixed --slow validate=500ms --config {SMALL} --svg {svg}");
    let Output { status, stdout, stderr } = example(&line).output().expect("runs");
    assert_eq!(status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&stderr), "");
    let lines = json(&stdout);
    let message = |line: &Value| line["fields"]["message"].as_str().unwrap_or_default().to_owned();
    let numbers: Vec<String> = lines
        .iter()
        .filter_map(|line| Some(message(line).strip_prefix("line-")?.split_once(':')?.0.to_owned()))
        .collect();
    let expected: Vec<String> = (1..=numbers.len()).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected, "each once, and in order");
    let report = &lines.last().expect("lines")["fields"];
    assert_eq!(report["blamed"], "validate", "{report}");
    let times: Vec<&str> = lines.iter().filter_map(|line| line["timestamp"].as_str()).collect();
    assert_eq!(times.len(), lines.len());
    assert!(times.is_sorted(), "replayed with their own times: {times:?}");
    let picture = std::fs::read_to_string(&svg).expect("it is there");
    for span in
        ["before main", "boot", "configure", "config", "transparent-proxy", "validate", "register"]
    {
        assert!(picture.contains(span), "{span}: {picture}");
    }
}

#[test]
fn a_picture_that_cannot_be_drawn_is_said_and_is_no_failure() {
    let line = format!("container --mode fixed --config {SMALL} --svg /nosuch/start.svg");
    let Output { status, stdout, .. } = example(&line).output().expect("runs");
    let told = String::from_utf8_lossy(&stdout);
    assert_eq!(status.code(), Some(0), "{told}");
    assert!(told.contains("no picture in /nosuch/start.svg: "), "{told}");
}

/// Even SIGKILL of whoever started it leaves no container behind that hangs.
#[test]
fn it_ends_with_whoever_counts() {
    for mode in ["broken", "fixed"] {
        let counts = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = counts.local_addr().expect("bound");
        let line =
            format!("container --mode {mode} --hang register --config {SMALL} --ledger {at}");
        let mut child = example(&line).stdout(Stdio::null()).spawn().expect("runs");
        let (connection, _) = counts.accept().expect("it connects");
        let parsed =
            BufReader::new(&connection).lines().any(|line| line.expect("a line") == "parse");
        assert!(parsed, "it tells");
        drop(connection);
        assert_eq!(child.wait().expect("ends").code(), Some(130), "{mode}");
    }
}

#[test]
fn nobody_who_counts_where_somebody_should_is_exit_code_2() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let line = format!("container --mode fixed --config {SMALL} --ledger {closed}");
    let Output { status, stderr, .. } = example(&line).output().expect("runs");
    assert_eq!(status.code(), Some(2));
    assert!(String::from_utf8_lossy(&stderr).contains("no ledger"));
}
