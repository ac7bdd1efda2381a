use std::process::{Command, Output};

use serde_json::Value;

/// The exit code, the rows, and what was told on standard error.
pub(crate) fn run(line: &str) -> (Option<i32>, Vec<Value>, String) {
    let Output { status, stdout, stderr } = example(line).output().expect("runs");
    (status.code(), json(&stdout), String::from_utf8_lossy(&stderr).into_owned())
}

pub(crate) fn example(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kuma-init"));
    command.args(line.split_whitespace()).env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
    command
}

/// Each line of standard output is an object, or the test fails.
pub(crate) fn json(stdout: &[u8]) -> Vec<Value> {
    let text = str::from_utf8(stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// A configuration of few outbounds in a file of this name.
pub(crate) fn config(name: &str, text: &[u8]) -> String {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, text).expect("written");
    path
}

/// The README's, which is parsed in no time.
pub(crate) const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/config.yaml");
