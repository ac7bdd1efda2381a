//! Real forks, each on a stage of its own: a child process, which runs the one test `stage` below.

use std::fs;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::time::Duration;

use fork::{Fork, fork, waitpid};
use tracing::Level;

use super::rig::{LONG, announce, info, pipe, start};
use crate::writer::{Alarm, FlushError, Limits, Open, Target, Writer};

const SCENE: &str = "FIRSTLIGHT_LOG_SCENE";
const FILE: &str = "FIRSTLIGHT_LOG_FILE";
const SHORT: Duration = Duration::from_millis(30);

/// Plays a scene, and returns the lines of its file.
#[track_caller]
fn play(scene: &str) -> Vec<String> {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("a.log");
    let played = Command::new(std::env::current_exe().expect("this one"))
        .args(["--exact", "writer::tests::forks::stage", "--nocapture"])
        .envs([(SCENE, scene.as_ref()), (FILE, file.as_os_str())])
        .output()
        .expect("it runs");
    assert!(played.status.success(), "{scene}: {}", String::from_utf8_lossy(&played.stderr));
    fs::read_to_string(&file).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Runs something in a forked child, and waits for its end.
#[track_caller]
fn in_child(what: impl FnOnce()) {
    match fork().expect("a fork") {
        Fork::Child => exit(i32::from(catch_unwind(AssertUnwindSafe(what)).is_err())),
        Fork::Parent(child) => assert_eq!(waitpid(child).expect("its end"), 0, "the child failed"),
    }
}

fn to_file(file: &Path) -> Target {
    Target::File(file.to_owned())
}

/// A writer to a pipe that nobody reads yet, whose thread is in the middle of it.
fn stalled(limits: Limits, lines: usize) -> (Writer, impl Read) {
    let (reader, pipe) = pipe();
    let writer = start(Target::Fd(pipe), limits);
    for number in 0..lines {
        writer.push(Level::INFO, format!("{number} {}\n", "x".repeat(1000)).as_bytes());
    }
    assert!(matches!(writer.flush(SHORT), Err(FlushError::TimedOut { .. })));
    (writer, reader)
}

#[test]
fn stage() {
    let Some(scene) = std::env::var_os(SCENE) else { return };
    let file = PathBuf::from(std::env::var_os(FILE).expect("the file"));
    match scene.to_str().expect("text") {
        "quiet" => quiet(&file),
        "busy" => busy(&file),
        "burst" => burst(),
        "full" => full(),
        "held" => held(&file),
        "closed" => closed(&file),
        "alarm" => alarm(&file),
        scene => panic!("no scene {scene}"),
    }
}

#[test]
fn l10_after_a_fork_parent_and_child_both_write_and_no_line_twice() {
    let lines = play("quiet");
    assert_eq!(lines, ["parent 1", "child 1", "grandchild", "child 2", "parent 2"]);
}

fn quiet(file: &Path) {
    let writer = start(to_file(file), Limits::default());
    info(&writer, "parent 1");
    writer.flush(LONG).expect("written");
    in_child(|| {
        info(&writer, "child 1");
        writer.flush(LONG).expect("written");
        assert_eq!(writer.stats().written(), 1, "its own");
        in_child(|| {
            info(&writer, "grandchild");
            writer.close(LONG).expect("written");
        });
        info(&writer, "child 2");
        writer.close(LONG).expect("written");
    });
    info(&writer, "parent 2");
    writer.close(LONG).expect("written");
    assert_eq!(writer.stats().written(), 2);
}

#[test]
fn l10_what_waits_at_a_fork_is_the_parents_to_write() {
    assert_eq!(play("busy"), ["child"]);
}

fn busy(file: &Path) {
    let (writer, mut reader) = stalled(Limits::default(), 100);
    in_child(|| {
        assert_eq!(writer.flush(Duration::ZERO), Ok(()), "nothing of its own");
        let open = Open::target(to_file(file)).expect("a file");
        writer.retarget(open, Limits::default(), announce());
        info(&writer, "child");
        writer.close(LONG).expect("written");
    });
    let reading = std::thread::spawn(move || {
        let mut all = String::new();
        reader.read_to_string(&mut all).expect("text");
        all
    });
    writer.close(LONG).expect("written");
    drop(writer);
    let all = reading.join().expect("no panic");
    let numbers = all.lines().map(|line| line.split(' ').next().expect("one").to_owned());
    assert!(numbers.eq((0..100).map(|number: i32| number.to_string())), "each once, in order");
}

#[test]
fn l10_of_a_child_that_only_logs_a_few_lines_are_lost_and_no_more() {
    play("burst");
}

fn burst() {
    let (writer, _reader) = stalled(Limits::default(), 100);
    info(&writer, "in front, so that nothing asks at once");
    in_child(|| {
        for _ in 0..100 {
            info(&writer, "child");
        }
        let stats = writer.stats();
        let kept = stats.written() + stats.waiting();
        assert!((100 - 31..=100).contains(&kept), "{kept}");
    });
}

#[test]
fn l10_a_full_lossless_queue_of_the_parents_does_not_hold_up_the_child() {
    play("full");
}

fn full() {
    let (writer, _reader) = stalled(Limits { reserve: 0, ..Limits::new(1 << 16) }, 200);
    let open = Open::target(Target::Nowhere).expect("nowhere");
    writer.retarget(open, Limits { reserve: 0, ..Limits::new(1) }.lossless(), announce());
    info(&writer, "alone in a queue that is too small for it");
    in_child(|| {
        info(&writer, "child");
        assert_eq!(writer.flush(LONG), Ok(()));
        assert_eq!(writer.stats().written(), 1);
    });
}

#[test]
fn l10_a_lock_that_was_held_at_the_fork_does_not_hold_up_the_child() {
    assert_eq!(play("held"), ["child"]);
}

fn held(file: &Path) {
    let writer = start(to_file(file), Limits::default());
    let held = writer.0.shared.hold();
    in_child(|| {
        info(&writer, "child");
        writer.close(LONG).expect("written");
        drop(writer.clone());
    });
    drop(held);
}

#[test]
fn l10_what_is_closed_stays_closed_in_a_child() {
    assert_eq!(play("closed"), ["parent"]);
}

fn closed(file: &Path) {
    let writer = start(to_file(file), Limits::default());
    info(&writer, "parent");
    writer.close(LONG).expect("written");
    in_child(|| {
        info(&writer, "child");
        assert!(writer.flush(LONG).is_err());
        assert_eq!(writer.stats().dropped(), 1);
    });
}

#[test]
fn l10_an_alarm_that_has_not_rung_at_the_fork_rings_in_both() {
    assert_eq!(play("alarm"), ["rang", "rang"]);
}

fn alarm(file: &Path) {
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let path = file.to_owned();
    let ring = move || {
        use std::io::Write;
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path).expect("a file");
        file.write_all(b"rang\n").expect("written");
        drop(go);
    };
    let open = Open::target(Target::Nowhere).expect("nowhere");
    // Long enough for the fork to be before it.
    let alarm = Alarm { after: Duration::from_millis(500), ring: Box::new(ring) };
    let limits = Limits::default();
    let writer = Writer::start(open, limits, "firstlight-log", announce(), Some(alarm));
    in_child(|| {
        writer.flush(LONG).expect("nothing to do");
        // It hangs up when it has rung.
        assert!(gone.recv_timeout(LONG).is_err());
    });
    assert!(gone.recv_timeout(LONG).is_err());
}
