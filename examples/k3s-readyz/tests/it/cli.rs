use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

#[test]
fn a_wrong_command_line_is_exit_code_3_and_runs_nothing() {
    for (line, told) in [
        ("", "Usage"),
        ("run", "--mode"),
        ("run --mode sideways", "[possible values: broken, fixed]"),
        ("run --mode fixed --speed 0", "not a number from 0.01 to 1000"),
        ("run --mode fixed --speed inf", "not a number from 0.01 to 1000"),
        ("run --mode fixed --start-at 25h", "longer than a day"),
        ("run --mode fixed --deadline soon", "--deadline"),
        ("run --mode fixed --ca x", "--url"),
        ("run --mode fixed --url https://localhost/ --cert x", "--key"),
        ("run --mode fixed --url https://localhost/ --speed 2", "cannot be used with"),
        ("run --mode fixed --url https://localhost/ --token /nosuch", "cannot read /nosuch"),
        ("run --mode fixed --url nonsense", "nonsense"),
        (
            "run --mode fixed --url https://u:hunter2@h/?token=x",
            "https://[redacted]@h/?token=[redacted]",
        ),
        ("run --mode fixed --transcript /nosuch", "cannot read /nosuch"),
        (
            "run --mode fixed --scenario nosuch",
            "there are: anon-rbac-fresh, cert-rbac-fresh, noanon-nocert, etcd-late-cert, shutdown, flapping, etcd-lost",
        ),
    ] {
        let Output { status, stdout, stderr } = example(line).output().expect("runs");
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(3), "{line}: {stderr}");
        assert!(stderr.contains(told), "{line}: {stderr}");
        assert!(stdout.is_empty(), "{line}");
    }
}

#[test]
fn a_closed_standard_error_changes_no_exit_code() {
    let mut child = example("run --mode fixed --scenario cert-rbac-fresh --speed 100");
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("runs");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("ends").code(), Some(0));
}

#[test]
fn a_file_that_is_no_transcript_is_exit_code_3_and_says_why() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let output = example(&format!("run --mode fixed --transcript {manifest}")).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("not a transcript: expected value at line 1"), "{stderr}");
}

#[test]
fn a_deadline_is_exit_code_1_and_json_is_all_that_stdout_holds() {
    for (mode, rows) in [("broken", 2), ("fixed", 1)] {
        let line = format!("run --mode {mode} --scenario etcd-late-cert --deadline 300ms --json");
        let output = example(&line).output().expect("runs");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = json(&output.stdout);
        assert_eq!(told.len(), rows, "{told:?}");
        for row in told {
            assert_eq!(row["example"], "k3s-readyz");
            assert_eq!(
                (&row["mode"], &row["outcome"], &row["exit"]),
                (&mode.into(), &"deadline".into(), &1.into())
            );
            assert_eq!(row["values"]["lateness_max"]["value"], serde_json::Value::Null);
            assert_eq!(row["values"]["ready_at"]["unit"], "s");
        }
        assert!(!output.stderr.is_empty(), "logs go to standard error");
    }
}

#[test]
fn a_401_that_stays_is_exit_code_2_with_a_clear_message() {
    let line = "run --mode fixed --scenario noanon-nocert --speed 10 --auth-grace 500ms";
    let output = example(line).output().expect("runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let message = stderr.lines().find(|line| line.starts_with("error: ")).expect("a message");
    assert!(message.contains("API server readiness: failed after"), "{message}");
    assert!(message.contains("unauthorized") && message.contains("401"), "{message}");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.starts_with("k3s-readyz") && table.contains("fatal"), "{table}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_are_exit_code_130_with_what_was_measured_so_far() {
    use rustix::process::{Pid, Signal, kill_process};
    for (mode, signal) in [("broken", Signal::INT), ("fixed", Signal::INT), ("fixed", Signal::TERM)]
    {
        let line = format!("run --mode {mode} --scenario etcd-late-cert --json");
        let mut child = Running::start(&line);
        child.wait_for_a_line();
        let pid = Pid::from_child(&child.0);
        kill_process(pid, signal).expect("it runs");
        let status = child.0.wait().expect("ends");
        assert_eq!(status.code(), Some(130), "{mode} {signal:?}");
        let rows = json(&child.stdout());
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0]["outcome"], "interrupted");
        assert!(rows[0]["values"]["polls"]["value"].as_u64().unwrap() >= 1, "{rows:?}");
    }
}

fn example(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_k3s-readyz"));
    command.args(line.split_whitespace()).env_remove("RUST_LOG");
    command
}

/// Each line of standard output is an object, or the test fails.
fn json(stdout: &[u8]) -> Vec<serde_json::Value> {
    let text = str::from_utf8(stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// A child that does not outlive its test.
struct Running(Child);

impl Running {
    fn start(line: &str) -> Self {
        let piped = Stdio::piped;
        Self(example(line).stdout(piped()).stderr(piped()).spawn().expect("starts"))
    }

    /// The first line of its log: it polls. The rest is read away, so that it never waits for us.
    fn wait_for_a_line(&mut self) {
        let mut stderr = BufReader::new(self.0.stderr.take().expect("piped"));
        stderr.read_line(&mut String::new()).expect("a line");
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    }

    fn stdout(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        self.0.stdout.take().expect("piped").read_to_end(&mut all).expect("read");
        all
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
