//! Streams that are closed, full, or have nobody at their other end.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;

use firstlight_log::{FlushError, Format, Settings, Sink};
use rustix::fs::{OFlags, fcntl_getfl};

use super::accounts::{LINES, log_lines};
use super::child::{To, by_shell, child, scene};

tests![
    l5_streams_that_take_nothing_change_no_exit_code_and_panic_nobody,
    what_a_stream_refuses_is_counted,
    l6_a_description_that_is_shared_is_never_made_non_blocking,
];

pub(crate) fn play(end: &str) -> ExitCode {
    let log = firstlight_log::boot();
    let sink = Sink::stdout().with_format(Format::Text);
    log.configure(Settings::new().with_sink(sink)).expect("configured");
    log_lines();
    let flushed = log.flush(Duration::from_secs(30));
    let stats = log.stats();
    let (_, stats) = &stats.sinks[0];
    let lines = LINES as u64 + 1;
    assert_eq!((stats.waiting(), stats.written()), (0, 0), "{stats:?}");
    assert_eq!(stats.failed() + stats.dropped(), lines, "{stats:?}");
    match end {
        "full" => assert!(matches!(flushed, Err(FlushError::Failed { .. })), "{flushed:?}"),
        "gone" => assert!(matches!(flushed, Err(FlushError::Dead { .. })), "{flushed:?}"),
        unknown => panic!("{unknown}"),
    }
    std::io::stderr().write_all(b"counted\n").expect("it is read");
    ExitCode::SUCCESS
}

fn what_a_stream_refuses_is_counted() {
    for (part, out) in [("full", To::Full), ("gone", To::Gone)] {
        let ran = scene(&format!("faults {part}")).out(out).begin().end();
        assert!(ran.status.success(), "{ran:#?}");
        ran.says("counted");
    }
}

fn l5_streams_that_take_nothing_change_no_exit_code_and_panic_nobody() {
    let ends = [
        ("a return of main", 0),
        ("firstlight_log::exit", 3),
        ("a panic", 101),
        ("a guard in a static", 0),
    ];
    for (end, code) in ends {
        let role = format!("exits {end}");
        for out in [To::Gone, To::Full] {
            let ran = scene(&role).out(out).begin().end();
            assert_eq!(ran.status.code(), Some(code), "{end}, {out:?}: {ran:#?}");
            let panics = ran.err.iter().filter(|line| line.contains("panicked at")).count();
            assert_eq!(panics, usize::from(end == "a panic"), "{end}, {out:?}: {ran:#?}");
            let ran = scene(&role).out(out).err(out).begin().end();
            assert_eq!(ran.status.code(), Some(code), "{end}, {out:?} twice");
        }
        for closed in [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
            let ran = by_shell(&format!("exec \"$0\" {closed}"), &role).begin().end();
            assert_eq!(ran.status.code(), Some(code), "{end}, {closed}");
        }
    }
    child("exits a return of main").has_all();
}

fn l6_a_description_that_is_shared_is_never_made_non_blocking() {
    for stalls in [false, true] {
        let (reader, writer) = UnixStream::pair().expect("a socket");
        let ours = writer.try_clone().expect("a second descriptor");
        let role = if stalls { "stalled short: guard" } else { "exits a return of main" };
        let child = scene(role).out_into(OwnedFd::from(writer)).begin();
        let reading = (!stalls).then(|| {
            let reader = reader.try_clone().expect("a second descriptor");
            std::thread::spawn(move || std::io::copy(&mut { reader }, &mut std::io::sink()))
        });
        child.end();
        let flags = fcntl_getfl(&ours).expect("it is open");
        assert!(!flags.contains(OFlags::NONBLOCK), "{flags:?}");
        let flags = fcntl_getfl(&reader).expect("it is open");
        assert!(!flags.contains(OFlags::NONBLOCK), "{flags:?}");
        drop(ours);
        reading.map(|reading| reading.join().expect("no panic").expect("it is read"));
    }
}
