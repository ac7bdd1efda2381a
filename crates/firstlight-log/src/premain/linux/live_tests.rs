//! Real processes that are slow before `main`.

use std::io::Write;
use std::process::Command;

use super::super::pre_main::PreMain;

/// Not a test by itself: what the next two run in a process of their own.
#[test]
fn child() {
    if std::env::var_os("PREMAIN_CHILD").is_some() {
        let seen = PreMain::sample().unwrap();
        println!("\nPREMAIN {:?} {} {seen}", seen.cause(), seen.age().as_millis());
    }
}

/// Runs a shell script that ends in this test binary, and returns what the binary saw.
fn after(script: &str) -> (String, u64) {
    let out = Command::new("sh")
        .args([
            "-c",
            &format!(
                r#"{script}; exec "$0" --exact premain::linux::live_tests::child --nocapture"#
            ),
        ])
        .arg(std::env::current_exe().unwrap())
        .env("PREMAIN_CHILD", "1")
        .output()
        .unwrap();
    let out = String::from_utf8(out.stdout).unwrap();
    let line = out.lines().find_map(|line| line.strip_prefix("PREMAIN ")).expect(&out);
    let age = line.split(' ').nth(1).unwrap().parse().unwrap();
    (line.to_owned(), age)
}

#[test]
fn a_sleep_before_main_is_in_the_age_and_named_for_what_it_is() {
    let (line, age) = after("sleep 1");
    assert!(age >= 1_000, "{line}");
    assert!(line.starts_with("Blocked "), "{line}");
}

#[test]
fn a_cpu_limit_is_named_where_this_machine_lets_a_test_set_one() {
    let group = format!("/sys/fs/cgroup/cpu/firstlight-{}", std::process::id());
    if std::fs::create_dir(&group).is_err()
        || std::fs::write(format!("{group}/cpu.cfs_quota_us"), "10000").is_err()
    {
        let _ = std::fs::remove_dir(&group);
        let _ = writeln!(std::io::stderr(), "skipped: no CPU limit can be set here");
        return;
    }
    // A shell that counts for some 0.1 s of CPU time takes ten times as long.
    let busy = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
    let started = || after(&format!("echo $$ > {group}/tasks; {busy}"));
    // Where others crowd the processors it waits for them longer than for its limit: the cause is then
    // another one, truly.
    let named = (0..5).map(|_| started()).find(|(line, _)| line.starts_with("Throttled "));
    let _ = std::fs::remove_dir(&group);
    let (line, age) = named.expect("the limit is the cause of one start in five");
    assert!(age >= 500, "{line}");
    assert!(line.contains("by its limit of 0.10 CPU"), "{line}");
}
