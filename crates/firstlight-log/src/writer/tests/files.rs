use std::fs;
use std::io::ErrorKind;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;

use super::rig::{LONG, info, start};
use crate::writer::{FlushError, Limits, Open, Target};

#[test]
fn a_file_is_made_and_appended_to() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("a.log");
    for round in ["one", "two"] {
        let writer = start(Target::File(path.clone()), Limits::default());
        info(&writer, round);
        assert_eq!(writer.close(LONG), Ok(()));
        let stats = writer.stats();
        assert_eq!((stats.written(), stats.bytes(), stats.waiting()), (1, 4, 0));
    }
    assert_eq!(fs::read_to_string(&path).expect("text"), "one\ntwo\n");
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_before_anything_is_started() {
    let home = tempfile::tempdir().expect("a directory");
    for path in [home.path().to_owned(), home.path().join("none/a.log"), "".into()] {
        assert!(Open::target(Target::File(path)).is_err());
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_by_name_that_nobody_reads_is_an_error_and_no_wait() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
    assert!(made.success());
    assert!(Open::target(Target::File(path)).is_err());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_counted_and_tried_again() {
    let writer = start(Target::File("/dev/full".into()), Limits::default());
    for round in 1..=3 {
        info(&writer, "one");
        info(&writer, "two");
        let Err(FlushError::Failed { sink, lines: 2, kind }) = writer.flush(LONG) else {
            panic!("it is full")
        };
        assert_eq!((sink.as_str(), kind), ("/dev/full", ErrorKind::StorageFull));
        let stats = writer.stats();
        assert_eq!((stats.failed(), stats.written(), stats.dropped()), (2 * round, 0, 0));
        assert!(!stats.is_dead());
    }
}

#[test]
fn an_open_target_says_what_it_is() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("a.log");
    let open = Open::target(Target::File(path.clone())).expect("it can be opened");
    assert_eq!(open.name(), path.to_str().expect("text"));
    assert!(!open.is_terminal());
    #[cfg(unix)]
    {
        let metadata = fs::metadata(&path).expect("a file");
        assert_eq!(open.device_and_inode(), Some((metadata.dev(), metadata.ino())));
    }
    for (target, name) in [
        (Target::Stdout, "stdout"),
        (Target::Stderr, "stderr"),
        (Target::Nowhere, "nowhere"),
        (Target::Write(Box::new(Vec::new())), "writer"),
    ] {
        let open = Open::target(target).expect("it can be opened");
        assert_eq!(open.name(), name);
        let has_file = matches!(name, "stdout" | "stderr") && cfg!(unix);
        assert_eq!(open.device_and_inode().is_some(), has_file);
    }
}

#[cfg(unix)]
#[test]
fn the_name_of_a_file_cannot_forge_a_line() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("a\nERROR \u{1b}[31m");
    let open = Open::target(Target::File(path)).expect("it can be opened");
    assert!(!open.name().contains(['\n', '\u{1b}']), "{:?}", open.name());
}

#[test]
fn nowhere_takes_everything() {
    let writer = start(Target::Nowhere, Limits::default());
    info(&writer, "one");
    assert_eq!(writer.close(LONG), Ok(()));
    assert_eq!(writer.stats().written(), 1);
}
