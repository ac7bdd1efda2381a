use std::fs;
use std::process::{Command, Output, Stdio};

const DIRECTORY: &str = env!("CARGO_TARGET_TMPDIR");

#[test]
fn a_wrong_command_line_is_exit_code_3_and_runs_nothing() {
    for (line, told) in [
        ("", "Usage"),
        ("run", "--mode"),
        ("run --mode sideways", "[possible values: broken, fixed]"),
        ("run --mode fixed --slow soon", "--slow"),
        (
            "run --mode fixed --fail nosuch",
            "config, secrets, db, catalog, prices, routes, first-output, listener",
        ),
        ("run --mode fixed --how nosuch", "[possible values: panic, error, hang]"),
        ("run --mode fixed --healthy --fail db", "cannot be used with"),
        ("run --mode fixed --svg /nosuch", "no directory /nosuch"),
    ] {
        let Output { status, stdout, stderr } = example(line).output().expect("runs");
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(3), "{line}: {stderr}");
        assert!(stderr.contains(told), "{line}: {stderr}");
        assert!(stdout.is_empty(), "{line}");
    }
}

#[test]
fn a_healthy_start_tells_all_that_it_knows_and_writes_its_waterfall() {
    // Its own: other tests of this process write the same names.
    let directory = format!("{DIRECTORY}/waterfalls");
    fs::create_dir_all(&directory).expect("made");
    let line = format!("run --mode fixed --healthy --json --svg {directory}");
    let (code, rows, told) = run(&line);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0]["variant"], &rows[0]["exit"]), (&"healthy".into(), &0.into()));
    in_order(
        &told,
        &[
            " s  db syncing for ",
            " more wait for that)",
            " s  catalog syncing ",
            " s  ready\n",
            "GET /readyz?verbose: 200 OK\n[+]config ok\n[+]secrets ok\n[+]db ok\n",
            "readyz check passed",
            "ready after ",
            "blame: ",
            "db/fetch\n",
            "critical chain of ready: ",
            "catalog @",
            "db @",
        ],
    );
    let waterfall = told.lines().find_map(|line| line.strip_prefix("waterfall: "));
    let waterfall = waterfall.expect("it says where");
    assert_eq!(waterfall, format!("{directory}/staged-start-healthy.svg"));
    let picture = fs::read_to_string(waterfall).expect("it is there");
    assert!(picture.contains("<svg"), "{picture}");
    for gate in ["config", "secrets", "db", "catalog", "prices", "routes", "first-output"] {
        assert!(picture.contains(gate), "{gate}: {picture}");
    }
}

#[test]
fn a_part_that_panics_is_exit_code_2_when_fixed_and_0_when_broken() {
    let line = format!("--fail prices --slow 100ms --json --svg {DIRECTORY}");
    let (code, rows, told) = run(&format!("run --mode fixed {line}"));
    assert_eq!(code, Some(2), "{told}");
    assert_eq!(rows[0]["outcome"], "fatal");
    assert_eq!(rows[0]["values"]["ready_at"]["value"], serde_json::Value::Null);
    in_order(
        &told,
        &[
            "error: ",
            "prices failed 400/400 for ",
            "its handle was dropped before it was ready, by a panic",
            "  prices: examples/staged-start/src/fixed.rs:",
            "GET /readyz?verbose: 503 Service Unavailable\n",
            "[-]prices failed: ",
            "readyz check failed",
            "critical chain of prices: ",
        ],
    );
    assert!(!told.contains(" s  ready\n"), "{told}");
    let (code, rows, told) = run(&format!("run --mode broken {line}"));
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(rows[0]["values"]["served_too_early"]["value"], 8, "{rows:?}");
}

#[test]
fn a_deadline_is_exit_code_1() {
    for mode in ["broken", "fixed"] {
        let (code, rows, told) =
            run(&format!("run --mode {mode} --healthy --slow 2s --deadline 200ms --json"));
        assert_eq!(code, Some(1), "{told}");
        assert_eq!(rows[0]["outcome"], "deadline");
        assert!(told.contains("error: "), "{told}");
    }
}

#[test]
fn a_closed_standard_error_changes_no_exit_code() {
    let mut child = example("run --mode fixed --healthy --slow 100ms");
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("runs");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("ends").code(), Some(0));
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_are_exit_code_130_with_what_was_measured_so_far() {
    use std::io::{BufRead, BufReader};

    use rustix::process::{Pid, Signal, kill_process};
    for (mode, signal) in [("broken", Signal::INT), ("fixed", Signal::INT), ("fixed", Signal::TERM)]
    {
        let mut child = example(&format!("run --mode {mode} --slow 2s --json"));
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        let mut told = BufReader::new(child.stderr.take().expect("piped")).lines();
        let first = told.next().expect("a line").expect("UTF-8");
        assert_eq!(first, format!("-- {mode} healthy"));
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        // Read to its end, so that the child never waits for us.
        told.for_each(drop);
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(130), "{mode} {signal:?}");
        let rows = json(&output.stdout);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0]["outcome"], "interrupted");
    }
}

/// The exit code, the rows, and what was told on standard error.
fn run(line: &str) -> (Option<i32>, Vec<serde_json::Value>, String) {
    let Output { status, stdout, stderr } = example(line).output().expect("runs");
    (status.code(), json(&stdout), String::from_utf8(stderr).expect("UTF-8"))
}

fn example(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_staged-start"));
    command.args(line.split_whitespace()).env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
    command
}

/// Each line of standard output is an object, or the test fails.
fn json(stdout: &[u8]) -> Vec<serde_json::Value> {
    let text = str::from_utf8(stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[track_caller]
fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { panic!("no {part:?} in {rest}") };
        rest = after;
    }
}
