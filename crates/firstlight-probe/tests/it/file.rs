//! The file probe.

use std::fs;

use firstlight_poll::ErrorClass;
use firstlight_probe::FileProbe;

use super::http_settings::tempdir;
use super::support::{LONG, assert_class, attempt, line};

#[tokio::test]
async fn a_file_is_waited_for_until_it_is_as_wanted() {
    let directory = tempdir("file");
    let path = directory.join("kubeconfig");
    let exists = FileProbe::exists(&path);
    let non_empty = exists.clone().non_empty();
    let containing = exists.clone().containing("current-context");
    let missing = |what: &str| format!("missing: file {} failed: {what}", path.display());
    let none = missing("not there");
    let without = missing("without the text waited for");
    for (content, expected) in [
        (None, [&*none, &none, &none]),
        (Some(String::new()), ["ready", &missing("empty"), &without]),
        (Some("current".to_owned()), ["ready", "ready", &without]),
        (Some("x\ncurrent-context: a".to_owned()), ["ready", "ready", "ready"]),
        // Beyond the first MiB it is not looked for.
        (Some("x".repeat(1 << 20) + "current-context"), ["ready", "ready", &without]),
    ] {
        if let Some(content) = content {
            fs::write(&path, content).expect("written");
        }
        for (probe, expected) in [&exists, &non_empty, &containing].into_iter().zip(expected) {
            assert_eq!(line(&attempt(LONG, |cx| probe.check(cx)).await), expected, "{probe:?}");
        }
    }
    fs::remove_dir_all(directory).expect("removed");
}

#[tokio::test]
async fn what_is_no_file_is_there_but_cannot_be_read() {
    let directory = tempdir("dir");
    let probe = FileProbe::exists(&directory);
    assert_eq!(line(&attempt(LONG, |cx| probe.check(cx)).await), "ready");
    let content = probe.non_empty();
    let verdict = attempt(LONG, |cx| content.check(cx)).await;
    assert_class(&verdict, ErrorClass::Config, "not a regular file");
    let below = directory.join("file");
    fs::write(&below, "x").expect("written");
    let below = FileProbe::exists(below.join("x"));
    assert_class(&attempt(LONG, |cx| below.check(cx)).await, ErrorClass::Missing, "not there");
    fs::remove_dir_all(directory).expect("removed");
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_not_opened_since_that_would_wait_for_its_writer() {
    let directory = tempdir("pipe");
    let path = directory.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
    assert!(made.success());
    let probe = FileProbe::exists(&path).containing("x");
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    assert_class(&verdict, ErrorClass::Config, "not a regular file");
    fs::remove_dir_all(directory).expect("removed");
}

#[tokio::test]
async fn the_text_waited_for_is_never_shown() {
    let probe = FileProbe::exists("/nowhere/token=hunter2").containing("hunter3");
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    let shown = format!("{} {probe:?}", line(&verdict));
    assert!(!shown.contains("hunter3"), "{shown}");
}

#[tokio::test]
async fn a_text_that_repeats_itself_is_searched_for_in_linear_time() {
    let directory = tempdir("repeat");
    let path = directory.join("file");
    fs::write(&path, "a".repeat(1 << 20)).expect("written");
    // Byte by byte at each place, this would be 10^11 comparisons.
    let probe = FileProbe::exists(&path).containing("a".repeat(400_000) + "b");
    let verdict = attempt(LONG, |cx| probe.check(cx)).await;
    assert_class(&verdict, ErrorClass::Missing, "without the text waited for");
    fs::remove_dir_all(directory).expect("removed");
}

#[tokio::test]
async fn a_path_that_no_file_can_have_is_a_matter_of_set_up() {
    let exists = FileProbe::exists("a\0b");
    for probe in [exists.clone(), exists.clone().non_empty(), exists.containing("x")] {
        let verdict = attempt(LONG, |cx| probe.check(cx)).await;
        assert_class(&verdict, ErrorClass::Config, "a NUL byte in the path");
    }
}
