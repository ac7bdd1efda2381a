//! Child processes: this test binary again, with one test and a word that says what it is to do.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

use crate::witness::PATIENCE;

/// What the child does; without it the test is the parent's.
const ROLE: &str = "FIRSTLIGHT_CLEANUP_TEST_ROLE";

/// What no line of the test runner begins with.
const MARK: &str = "child: ";

pub(crate) struct Child {
    process: std::process::Child,
    lines: Receiver<String>,
}

/// What this process is to do, if it is a child.
pub(crate) fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// Tells the parent.
pub(crate) fn say(line: impl std::fmt::Display) {
    println!("\n{MARK}{line}");
}

impl Child {
    /// Begins the test of this path, `crate::module::name`, in a process of its own.
    pub(crate) fn begin(test: &str, role: &str) -> Self {
        Self::begin_with(test, role, &[])
    }

    pub(crate) fn begin_with(test: &str, role: &str, variables: &[(&str, &str)]) -> Self {
        let (_, test) = test.split_once("::").expect("a path");
        let mut process = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child");
        let stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let (tx, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if let Some(said) = line.strip_prefix(MARK) {
                    let _ = tx.send(said.to_owned());
                }
            }
        });
        Self { process, lines }
    }

    /// The next thing that it says.
    #[track_caller]
    pub(crate) fn said(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line")
    }

    /// Kills it: SIGKILL.
    #[track_caller]
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it lives");
    }

    /// Waits for its end, in bounded time, and tells what else it said.
    #[track_caller]
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<String>) {
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => said.push(line),
                // Its end closes the pipe.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; it said {said:?}"),
            }
        }
        (self.process.wait().expect("its end"), said)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Already gone, unless the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
