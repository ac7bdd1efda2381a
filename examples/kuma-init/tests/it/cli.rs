use std::process::Output;

use crate::run::{SMALL, config, example, json, run};

#[test]
fn a_wrong_command_line_is_exit_code_3_and_runs_nothing() {
    for (line, told) in [
        ("", "Usage"),
        ("run", "--mode"),
        ("run --mode sideways", "[possible values: broken, fixed]"),
        ("run --mode fixed --hang nosuch", "config, transparent-proxy, validate, register"),
        ("run --mode fixed --hang", "--hang"),
        ("run --mode fixed --slow register", "STEP=DURATION, such as register=2s"),
        (
            "run --mode fixed --slow nosuch=2s",
            "no step \"nosuch\": they are config, transparent-proxy, validate, register",
        ),
        ("run --mode fixed --slow =2s", "no step \"\""),
        ("run --mode fixed --slow register=soon", "--slow"),
        ("run --mode fixed --slow register=", "--slow"),
        ("run --mode fixed --slow register=1s --slow config=1s", "cannot be used multiple times"),
        ("run --mode fixed --only nosuch", "unread"),
        ("run --mode fixed --only plain --hang config", "cannot be used with"),
        ("run --mode fixed --deadline never", "--deadline"),
        ("run --mode fixed --config /nosuch/config.yaml", "no file /nosuch/config.yaml"),
        ("run --mode broken --config /", "no file /"),
        ("container --mode fixed", "--config"),
        ("container --config /dev/null", "--mode"),
    ] {
        let Output { status, stdout, stderr } = example(line).output().expect("runs");
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(3), "{line}: {stderr}");
        assert!(stderr.contains(told), "{line}: {stderr}");
        assert!(stdout.is_empty(), "{line}");
    }
}

#[test]
fn a_configuration_that_is_none_is_exit_code_2_and_blamed_by_fixed() {
    let binary: Vec<u8> = (0..=255).cycle().take(4096).collect();
    let cases: [(&str, &[u8]); 6] = [
        ("malformed.yaml", b"logLevel: [info\noutbounds: }"),
        ("empty.yaml", b""),
        ("other.yaml", b"- a\n- b\n"),
        ("unknown.yaml", b"logLevel: info\ncontrolPlane: x\noutbounds: []\nnosuch: 1\n"),
        ("binary.yaml", &binary),
        ("large.yaml", &vec![b'#'; (4 << 20) + 1]),
    ];
    for (name, text) in cases {
        let path = config(name, text);
        for mode in ["broken", "fixed"] {
            let line = format!("run --mode {mode} --only plain --json --config {path}");
            let (code, rows, told) = run(&line);
            assert_eq!(code, Some(2), "{name} {mode}: {told}");
            assert_eq!(rows[0]["outcome"], "fatal", "{name} {mode}");
            let values = &rows[0]["values"];
            assert_eq!(values["parses"]["value"], 1, "{name} {mode}: {values}");
            let blamed = &values["blamed"]["value"];
            match mode {
                "fixed" => {
                    assert_eq!(blamed, "config", "{name}: {told}");
                    assert!(told.contains(name), "{told}");
                    // Never configured: it is told all the same.
                    assert_eq!(values["lines_kept"], values["lines_written"], "{name}: {told}");
                }
                _ => assert!(blamed.is_null(), "{name}: {told}"),
            }
        }
    }
}

#[test]
fn any_step_that_hangs_ends_fixed_in_time_by_its_name_and_broken_never() {
    std::thread::scope(|scope| {
        for step in ["config", "transparent-proxy", "validate", "register"] {
            let line = |mode| format!("run --mode {mode} --hang {step} --config {SMALL} --json");
            let (broken, fixed) = (line("broken"), line("fixed"));
            scope.spawn(move || {
                let (code, rows, told) = run(&fixed);
                assert_eq!((code, rows.len()), (Some(1), 1), "{step}: {told}");
                let values = &rows[0]["values"];
                assert_eq!(values["blamed"]["value"], step, "{told}");
                assert!(values["time_to_exit"]["value"].as_f64() >= Some(2.5), "{values}");
                assert_eq!(values["lines_kept"], values["lines_written"], "{told}");
                assert!(told.contains("timed out after 2.5"), "{told}");
            });
            scope.spawn(move || {
                let (code, rows, told) = run(&broken);
                assert_eq!((code, rows.len()), (Some(1), 1), "{step}: {told}");
                assert_eq!(rows[0]["outcome"], "deadline", "{step}");
                assert!(rows[0]["values"]["time_to_exit"]["value"].is_null(), "{step}: {told}");
                assert!(told.contains("killed: it did not end"), "{told}");
            });
        }
    });
}

#[test]
fn any_step_that_is_slow_is_ready_all_the_same_and_fixed_blames_it() {
    std::thread::scope(|scope| {
        for step in ["config", "transparent-proxy", "validate", "register"] {
            let line = format!("run --mode fixed --slow {step}=1s --config {SMALL} --json");
            scope.spawn(move || {
                let (code, rows, told) = run(&line);
                assert_eq!((code, rows.len()), (Some(0), 1), "{step}: {told}");
                assert_eq!(rows[0]["variant"], "slow");
                let values = &rows[0]["values"];
                assert_eq!(values["blamed"]["value"], step, "{told}");
                assert!(values["time_to_exit"]["value"].as_f64() >= Some(1.0), "{values}");
            });
        }
    });
}

#[test]
fn broken_reads_a_slow_configuration_four_times() {
    let line = format!("run --mode broken --slow config=300ms --config {SMALL} --json");
    let (code, rows, told) = run(&line);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(rows[0]["values"]["parses"]["value"], 4);
    assert!(rows[0]["values"]["time_to_exit"]["value"].as_f64() >= Some(1.2), "{rows:?}");
}

#[test]
fn a_step_that_is_too_slow_is_too_slow() {
    let line = format!("run --mode fixed --slow validate=1h --config {SMALL} --json");
    let (code, rows, told) = run(&line);
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(rows[0]["values"]["blamed"]["value"], "validate");
}

/// Half a million mappings, one in the other, of 2 MiB: its parser takes minutes.
#[test]
fn a_configuration_that_is_parsed_for_ever_is_given_up_by_fixed() {
    let path = config("deep.yaml", "{a: ".repeat(500_000).as_bytes());
    let (code, rows, told) = run(&format!("run --mode fixed --only plain --json --config {path}"));
    assert_eq!((code, rows.len()), (Some(1), 1), "{told}");
    let values = &rows[0]["values"];
    assert_eq!(values["blamed"]["value"], "config", "{told}");
    assert!(values["time_to_exit"]["value"].is_number(), "it ends by itself: {told}");
}

#[test]
fn the_longest_deadline_is_none() {
    let (code, rows, told) =
        run("run --mode fixed --only late --deadline 18446744073709551615s --json");
    assert_eq!((code, rows.len()), (Some(0), 1), "{told}");
}

#[test]
fn a_deadline_of_nothing_kills_at_once() {
    for mode in ["broken", "fixed"] {
        let (code, rows, told) =
            run(&format!("run --mode {mode} --only plain --deadline 0s --json"));
        assert_eq!(code, Some(1), "{told}");
        assert!(rows[0]["values"]["time_to_exit"]["value"].is_null(), "{rows:?}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_are_exit_code_130_and_nothing_is_left() {
    use std::process::Stdio;

    use rustix::process::{Pid, Signal, kill_process};
    for (signal, variant) in [
        (Signal::INT, "hang"),
        (Signal::TERM, "hang"),
        (Signal::INT, "late"),
        (Signal::TERM, "throttled"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let line = format!("run --mode broken --only {variant} --deadline 1h --json");
        let mut child = example(&line);
        child.env("TMPDIR", folder.path());
        child.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().expect("runs");
        // Its handlers are there before its files, and these before its container.
        let begun = || match containers(folder.path()) {
            Some(number) => number > 0,
            None => folder.path().read_dir().expect("a folder").count() > 0,
        };
        while !begun() && child.try_wait().expect("runs").is_none() {
            std::thread::yield_now();
        }
        let number = child.id();
        // Where there can be no such container it may have ended: then there is nobody to tell.
        let _ = kill_process(Pid::from_child(&child), signal);
        // As `timeout` does, to the process and to its group.
        std::thread::yield_now();
        let _ = kill_process(Pid::from_child(&child), signal);
        let output = child.wait_with_output().expect("ends");
        let told = String::from_utf8_lossy(&output.stderr);
        let rows = json(&output.stdout);
        if told.contains("skipped: no writable cgroup") {
            assert_eq!((variant, rows.len()), ("throttled", 0));
        } else {
            assert_eq!(output.status.code(), Some(130), "{variant} {signal:?}: {told}");
            assert_eq!((rows.len(), &rows[0]["outcome"]), (1, &"interrupted".into()));
        }
        assert_eq!(containers(folder.path()).unwrap_or(0), 0, "{variant}: no process is left");
        let cgroup = format!("kuma-init-{number}-0");
        assert!(!is_below(std::path::Path::new("/sys/fs/cgroup"), &cgroup), "{variant}: {cgroup}");
        assert_eq!(folder.path().read_dir().expect("a folder").count(), 0, "nothing is left there");
    }
}

/// How many processes were given a file below this folder; `None` where the system does not tell.
#[cfg(unix)]
fn containers(folder: &std::path::Path) -> Option<usize> {
    let folder = folder.to_str().expect("UTF-8");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let told = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    Some(told.filter(|told| String::from_utf8_lossy(told).contains(folder)).count())
}

#[cfg(unix)]
fn is_below(folder: &std::path::Path, name: &str) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    entries.flatten().any(|entry| {
        entry.file_name() == name
            || entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_below(&entry.path(), name)
    })
}

#[test]
fn a_closed_standard_error_changes_no_exit_code() {
    let mut child = example(&format!("run --mode fixed --only plain --config {SMALL}"));
    let child = child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
    let mut child = child.spawn().expect("runs");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("ends").code(), Some(0));
}
