use std::collections::BTreeMap;
use std::process::{Command, Output};

use kuma_dataplane::KumaDataplane;
use serde_json::Value;
use support::{Example, Mode, Outcome, Row};

use crate::store_support::each_store;

/// The README's table of keys is the contract of `--json`.
const README: &str = include_str!("../../README.md");

#[test]
fn a_wrong_command_line_is_exit_code_3_and_runs_nothing() {
    for (line, told) in [
        ("", "Usage"),
        ("run", "--mode"),
        ("run --mode sideways", "[possible values: broken, fixed]"),
        ("run --mode fixed --dataplanes 3", "3 is not in 4..=200"),
        ("run --mode fixed --store nosuch:", "expected sqlite:PATH or postgres://"),
        ("run --mode fixed --grace soon", "--grace"),
        ("control-plane --id cp1 --mode fixed", "--store"),
        ("control-plane --id cp1 --mode fixed --store sqlite:x --listen nowhere", "--listen"),
        ("control-plane --id cp1 --mode fixed --store sqlite:x --lease 0s", "at least 100ms"),
        ("control-plane --id cp1 --mode fixed --store sqlite:x --pool 0", "a number from 1"),
        ("dataplane --name dp1", "--connect"),
        ("load --connections 0", "a number from 1"),
        ("soak --disconnects many", "--disconnects"),
    ] {
        let Output { status, stdout, stderr } = example(line).output().expect("runs");
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(3), "{line}: {stderr}");
        assert!(stderr.contains(told), "{line}: {stderr}");
        assert!(stdout.is_empty(), "{line}");
    }
}

#[test]
fn what_cannot_be_set_up_is_exit_code_2_and_says_why() {
    for (line, told) in [
        ("run --mode fixed --store sqlite:/nosuch/store.db", "no store"),
        ("control-plane --id cp1 --mode fixed --store sqlite:/nosuch/store.db", "no store"),
        ("load --store postgres://nobody@127.0.0.1:9/nosuch", "no store"),
    ] {
        let Output { status, stdout, stderr } = example(line).output().expect("runs");
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(2), "{line}: {stderr}");
        assert!(stderr.contains(told), "{line}: {stderr}");
        assert_eq!(stderr.matches("open: ").count(), 1, "told once: {stderr}");
        assert!(stdout.is_empty(), "{line}");
    }
}

/// kumahq/kuma#13403 with real processes and signals: the bug seen, and the bug gone, on both stores.
#[tokio::test(flavor = "multi_thread")]
async fn both_modes_show_what_the_readme_says() {
    each_store(|scene| async move {
        let url = &scene.argument;
        let mut rows = Vec::new();
        for mode in Mode::ALL {
            let line = format!("run --mode {mode} --json --store {url}");
            let (code, objects, told) = run(&line);
            assert_eq!((code, objects.len()), (Some(0), 1), "{told}");
            assert_the_keys_of_the_readme("run", &objects[0]);
            let canceled = told.contains("context canceled");
            assert_eq!(canceled, mode == Mode::Broken, "upstream's words: {told}");
            rows.push(row(mode, &objects[0]));
        }
        KumaDataplane::check(&rows).expect("as the README says");
        assert_eq!(rows[0].count("rows_left"), Some(6), "of everybody who left: {rows:?}");
        let own: Vec<_> = scene.store.rows().await.expect("rows");
        assert!(own.iter().all(|row| row.status.as_str() == "offline"), "{own:?}");
    })
    .await;
}

#[test]
fn the_smallest_run_shows_the_same() {
    let rows = Mode::ALL.map(|mode| {
        let line = format!("run --mode {mode} --json --dataplanes 4");
        let (code, objects, told) = run(&line);
        assert_eq!((code, objects.len()), (Some(0), 1), "{told}");
        row(mode, &objects[0])
    });
    KumaDataplane::check(&rows).expect("as the README says");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_random_run_ends_with_nothing_kept_and_nobody_wronged() {
    each_store(|scene| async move {
        let url = &scene.argument;
        let line = format!("soak --disconnects 1000 --seed 7 --json --store {url}");
        let (code, objects, told) = run(&line);
        assert_eq!(code, Some(0), "{objects:?} {told}");
        assert_the_keys_of_the_readme("soak", &objects[0]);
        let value = |key: &str| objects[0]["values"][key]["value"].clone();
        assert_eq!(value("rows_left"), 0);
        assert_eq!(value("entries_left"), 0);
        assert_eq!(value("wrongly_deleted"), 0);
        assert!(value("faults").as_u64() > Some(0), "{objects:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_leave_at_once_over_few_connections_and_the_pool_is_kept() {
    each_store(|scene| async move {
        let url = &scene.argument;
        let line = format!("load --dataplanes 1000 --connections 2 --json --store {url}");
        let (code, objects, told) = run(&line);
        assert_eq!(code, Some(0), "{objects:?} {told}");
        assert_the_keys_of_the_readme("load", &objects[0]);
        let value = |key: &str| objects[0]["values"][key]["value"].clone();
        assert_eq!((value("rows_left"), value("entries_left")), (0.into(), 0.into()));
        assert!(value("store_connections").as_u64() <= value("pool").as_u64(), "{objects:?}");
        // Linux says it: for each of the thousand at most 64 KiB, coming, there and leaving.
        let memory = |key: &str| value(key).as_u64().unwrap_or(0);
        let grown = memory("memory_most_kib").saturating_sub(memory("memory_idle_kib"));
        assert!(grown <= 64 * 1000, "{objects:?}");
        assert_eq!(scene.store.rows().await.expect("rows"), []);
    })
    .await;
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_are_exit_code_130_and_no_process_stays() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    use rustix::process::{Pid, Signal, kill_process};
    for (signal, grace, when) in
        [(Signal::INT, "1s", "are there"), (Signal::TERM, "18446744073709551615s", "leave by")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = example(&format!("run --mode fixed --json --grace {grace}"));
        child.env("TMPDIR", folder.path());
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        let mut told = BufReader::new(child.stderr.take().expect("piped")).lines();
        let said = told.find(|line| line.as_ref().is_ok_and(|line| line.contains(when)));
        assert!(said.is_some(), "it says that they {when}");
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        // To its end: every process that it started has the pipe.
        told.for_each(drop);
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(130), "{signal:?}");
        assert_eq!(json(&output.stdout)[0]["outcome"], "interrupted");
        assert_eq!(folder.path().read_dir().expect("a folder").count(), 0, "nothing is left there");
    }
}

/// It accepts and says nothing: told to end, nobody waits for it.
#[cfg(unix)]
#[test]
fn a_database_that_never_answers_does_not_hold_who_is_told_to_end() {
    use rustix::process::{Pid, Signal, kill_process};

    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let store = format!("postgres://{}/d", silent.local_addr().expect("bound"));
    for part in ["run --mode fixed", "soak", "load"] {
        let mut child = example(&format!("{part} --json --store {store}"));
        let child = child.stdout(std::process::Stdio::piped()).spawn().expect("runs");
        let _connection = silent.accept().expect("it connects");
        let began = tokio::time::Instant::now();
        kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
        let output = child.wait_with_output().expect("ends");
        assert!(began.elapsed().as_secs() < 5, "{part}: {:?}", began.elapsed());
        assert_eq!(output.status.code(), Some(130), "{part}");
        assert_eq!(json(&output.stdout)[0]["outcome"], "interrupted", "{part}");
    }
}

/// Even SIGKILL leaves no process behind: they end with the pipe that they are held by.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_takes_its_processes_with_it() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let mut child = example("run --mode broken").stderr(Stdio::piped()).spawn().expect("runs");
    let mut told = BufReader::new(child.stderr.take().expect("piped")).lines();
    assert!(told.next().is_some());
    child.kill().expect("it runs");
    child.wait().expect("ends");
    // Ends when the last process that has the pipe does.
    told.for_each(drop);
}

/// The exit code, the rows, and what was told on standard error.
fn run(line: &str) -> (Option<i32>, Vec<Value>, String) {
    let Output { status, stdout, stderr } = example(line).output().expect("runs");
    (status.code(), json(&stdout), String::from_utf8_lossy(&stderr).into_owned())
}

fn example(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kuma-dataplane"));
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
    let mut row = Row::new("kuma-dataplane", mode, "", Outcome::Ready);
    for (key, value) in object["values"].as_object().expect("values") {
        let number = &value["value"];
        let value = match value["unit"].as_str() {
            Some("s") => {
                support::Value::Seconds(number.as_f64().map(std::time::Duration::from_secs_f64))
            }
            _ => support::Value::Count(number.as_u64()),
        };
        row = row.with(key, value);
    }
    row
}

/// The keys of `--json` are those of the README's table for this part, with their units.
#[track_caller]
fn assert_the_keys_of_the_readme(part: &str, object: &Value) {
    let heading = format!("### Keys of `{part}`\n");
    let (_, table) = README.split_once(&heading).expect("the README has the table");
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
