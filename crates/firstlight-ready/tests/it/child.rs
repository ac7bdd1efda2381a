//! Child processes: this test binary again, with one test and a word that says what it is to do.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// What the child does; without it the test is the parent's and does nothing.
const ROLE: &str = "FIRSTLIGHT_READY_TEST_ROLE";

/// What no line of the test runner begins with.
const MARK: &str = "child: ";

/// A child that takes longer has hung.
const PATIENCE: Duration = Duration::from_secs(30);

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
        let (_, test) = test.split_once("::").expect("a path");
        let mut process = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", test, "--nocapture"])
            .env(ROLE, role)
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
    #[cfg(all(unix, feature = "signal"))]
    #[track_caller]
    pub(crate) fn said(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line")
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

    /// Lets its standard input end.
    #[cfg(all(unix, feature = "signal"))]
    pub(crate) fn close_stdin(&mut self) {
        drop(self.process.stdin.take());
    }

    #[cfg(all(unix, feature = "signal"))]
    #[track_caller]
    pub(crate) fn kill(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, signal).expect("it lives");
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Already gone, unless the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
