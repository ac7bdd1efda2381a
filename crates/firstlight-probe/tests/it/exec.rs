//! The command probe, with real commands.

use std::path::Path;
use std::time::Duration;

use firstlight_poll::{ErrorClass, Verdict};
use firstlight_probe::ExecProbe;

use super::http_settings::tempdir;
use super::support::{LONG, assert_class, attempt, line};

fn sh(script: &str) -> ExecProbe {
    ExecProbe::new("/bin/sh").with_arg("-c").with_arg(script)
}

async fn run(script: &str) -> String {
    line(&attempt(LONG, |cx| sh(script).check(cx)).await)
}

#[tokio::test]
async fn each_end_of_a_command_has_its_verdict() {
    for (script, expected) in [
        ("exit 0", "ready"),
        ("exit 7", "exit: exec sh failed: exit code 7"),
        ("echo one; echo two; exit 1", "exit: exec sh failed: exit code 1: two"),
        ("echo out; echo err >&2; exit 1", "exit: exec sh failed: exit code 1: err"),
        ("kill -9 $$", "exit: exec sh failed: killed by signal 9"),
        ("printf 'a\\033[31mb\\n' >&2; exit 1", "exit: exec sh failed: exit code 1: a\\u{1b}[31mb"),
        ("read line && exit 1 || exit 0", "ready"),
    ] {
        assert_eq!(run(script).await, expected, "{script}");
    }
}

#[tokio::test]
async fn a_command_that_is_not_there_is_a_matter_of_set_up() {
    let missing = ExecProbe::new("/nowhere/at-all");
    let verdict = attempt(LONG, |cx| missing.check(cx)).await;
    assert_class(&verdict, ErrorClass::Config, "exec at-all failed: no such command");
    let directory = ExecProbe::new("/");
    assert_class(
        &attempt(LONG, |cx| directory.check(cx)).await,
        ErrorClass::Config,
        "not executable",
    );
    let nul = sh("exit 0").with_arg("a\0b");
    assert_class(&attempt(LONG, |cx| nul.check(cx)).await, ErrorClass::Config, "NUL");
}

#[tokio::test]
async fn a_talkative_command_is_read_to_its_end_and_kept_up_to_the_limit() {
    let script =
        "i=0; while [ $i -lt 20000 ]; do echo 0123456789; echo abcdefghij >&2; i=$((i+1)); done";
    let probe = sh(script).with_max_output(22);
    match attempt(LONG, |cx| probe.check(cx)).await {
        Verdict::Ready(output) => {
            assert_eq!(output.stdout, "0123456789\n0123456789\n");
            assert_eq!(output.stderr, "abcdefghij\nabcdefghij\n");
        }
        verdict => panic!("{}", line(&verdict)),
    }
    let nothing = sh("echo a; exit 1").with_max_output(0);
    let verdict = attempt(LONG, |cx| nothing.check(cx)).await;
    assert_eq!(line(&verdict), "exit: exec sh failed: exit code 1");
}

#[tokio::test]
async fn the_environment_is_inherited_and_added_to() {
    let probe = sh(r#"test -n "$PATH" && test "$A" = b"#).with_env("A", "b");
    assert_eq!(line(&attempt(LONG, |cx| probe.check(cx)).await), "ready");
}

#[tokio::test]
async fn arguments_and_variables_are_never_shown() {
    let probe = sh("exit 3 # hunter2").with_env("PGPASSWORD", "hunter3");
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    let shown = format!("{} {probe:?}", line(&verdict));
    assert!(!shown.contains("hunter"), "{shown}");
    assert!(shown.contains("PGPASSWORD"), "{shown}");
}

/// A shell and its child, which write their ids to this file and then stay.
fn family(path: &Path) -> String {
    format!("sleep 1000 & echo $$ $! > {0}.new; mv {0}.new {0}; wait", path.display())
}

async fn ids(path: &Path) -> Vec<String> {
    loop {
        if let Ok(text) = std::fs::read_to_string(path) {
            return text.split_whitespace().map(str::to_owned).collect();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Waits until the process is gone; one that nobody has reaped yet counts as gone.
async fn gone(id: &str) {
    let state = || std::fs::read_to_string(format!("/proc/{id}/stat"));
    let is_alive = || state().is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "));
    while is_alive() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_command_that_hangs_is_killed_with_its_children() {
    let directory = tempdir("hang");
    let path = directory.join("ids");
    let probe = sh(&family(&path));
    let verdict = attempt(Duration::from_secs(1), |cx| probe.check(cx)).await;
    assert_class(&verdict, ErrorClass::Timeout, "exec sh failed: command: no answer in time");
    for id in ids(&path).await {
        tokio::time::timeout(LONG, gone(&id)).await.expect("gone");
    }
    std::fs::remove_dir_all(directory).expect("removed");
}

#[tokio::test]
async fn a_dropped_attempt_kills_the_command_and_its_children() {
    let directory = tempdir("drop");
    let path = directory.join("ids");
    let probe = sh(&family(&path));
    let attempt = tokio::spawn(async move { attempt(LONG, |cx| probe.check(cx)).await });
    let ids = ids(&path).await;
    attempt.abort();
    for id in ids {
        tokio::time::timeout(LONG, gone(&id)).await.expect("gone");
    }
    std::fs::remove_dir_all(directory).expect("removed");
}

#[tokio::test]
async fn what_a_command_leaves_behind_is_killed_and_not_waited_for() {
    let directory = tempdir("left");
    let path = directory.join("ids");
    // The child holds both outputs open.
    let probe = sh(&format!("sleep 1000 & echo $! > {}; exit 0", path.display()));
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    assert_eq!(line(&verdict), "ready");
    for id in ids(&path).await {
        tokio::time::timeout(LONG, gone(&id)).await.expect("gone");
    }
    std::fs::remove_dir_all(directory).expect("removed");
}

#[tokio::test]
async fn a_command_that_closes_its_outputs_is_waited_for_all_the_same() {
    assert_eq!(run("exec >&- 2>&-; sleep 0.05; exit 4").await, "exit: exec sh failed: exit code 4");
}

#[tokio::test]
async fn what_a_command_quotes_of_its_arguments_and_variables_is_taken_out() {
    let script = r#"echo "login of $1 with $2 as $PGPASS failed" >&2; exit 1"#;
    let probe = sh(script).with_arg("sh").with_arg("HUNTER1").with_arg("--key=HUNTER2");
    let probe = probe.with_env("PGPASS", "HUNTER3");
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    let expected = "exit code 1: login of [redacted] with [redacted] as [redacted] failed";
    assert_eq!(line(&verdict), format!("exit: exec sh failed: {expected}"));
    let script = r#"echo "key ${2#--key=} $PGPASS"; exit 1"#;
    let probe = sh(script).with_arg("sh").with_arg("x").with_arg("--key=HUNTER2");
    let probe = probe.with_env("PGPASS", "HUNTER3").with_max_output(18);
    let found = line(&attempt(LONG, |cx| probe.check(cx)).await);
    assert_eq!(found, "exit: exec sh failed: exit code 1: key [redacted] [redacted]");
}

#[tokio::test]
async fn the_future_of_an_attempt_is_small() {
    let probe = sh("exit 0");
    let verdict = attempt(LONG, |cx| {
        let attempt = probe.check(cx);
        assert!(size_of_val(&attempt) < 4096, "{}", size_of_val(&attempt));
        attempt
    });
    assert_eq!(line(&verdict.await), "ready");
}
