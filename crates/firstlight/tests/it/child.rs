//! A test that does its work in a process of its own, since what it does is done once in a process.

use std::process::Command;

/// What a child is to do; without it the test that is meant for it does nothing.
const CHILD: &str = "FIRSTLIGHT_CHILD";

/// What this process is to do, if it is a child.
pub(crate) fn task() -> Option<String> {
    std::env::var(CHILD).ok()
}

/// What the child prints that runs this test with this task; its lines that begin with `| `, without that.
pub(crate) fn rows(test: &str, task: &str, env: &[(&str, &str)]) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("a test"));
    child.args(["--exact", test, "--nocapture"]).env(CHILD, task).envs(env.iter().copied());
    let output = child.output().expect("a child");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().filter_map(|line| line.strip_prefix("| ")).map(str::to_owned).collect()
}
