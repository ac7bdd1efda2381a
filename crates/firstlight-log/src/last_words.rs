//! What can still be said when the sinks do not answer: one line, if stderr takes it without waiting.

use std::time::Duration;

use crate::stats::Stats;
use crate::writer::WriterStats;

/// What is lost, by sink; what found no room or was refused is all that ever was.
pub(crate) fn of(stats: &Stats, after: Duration) -> String {
    let counts = |of: &WriterStats| [of.waiting(), of.dropped(), of.failed()];
    text(stats.sinks.iter().map(|(sink, of)| (sink.as_str(), counts(of))), after)
}

fn text<'a>(sinks: impl Iterator<Item = (&'a str, [u64; 3])>, after: Duration) -> String {
    let after = after.as_secs_f64();
    let mut text = format!("not all was written when the process ended, after {after:.1} s");
    for (sink, [waiting, dropped, failed]) in sinks.filter(|(_, counts)| *counts != [0; 3]) {
        text.push_str(&format!(
            "; {sink}: {waiting} lines wait, {dropped} found no room, {failed} refused"
        ));
    }
    text
}

/// Writes a line to stderr unless that could block: one that is stalled, closed or full hears nothing.
#[cfg(unix)]
pub(crate) fn write(line: &[u8]) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let stderr = rustix::stdio::stderr();
    let mut descriptors = [PollFd::new(&stderr, PollFlags::OUT)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    // A pipe that is writable takes this many bytes at once.
    let line = line.get(..4096).unwrap_or(line);
    if poll(&mut descriptors, Some(&now)).is_ok_and(|ready| ready > 0)
        && descriptors[0].revents().contains(PollFlags::OUT)
    {
        let _ = rustix::io::write(stderr, line);
    }
}

/// Elsewhere nothing tells whether it would block.
#[cfg(not(unix))]
pub(crate) fn write(_: &[u8]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sink_that_has_lost_lines_is_named_and_no_other() {
        let sinks = [("stdout", [3, 2, 0]), ("good", [0, 0, 0]), ("/a.log", [0, 0, 7])];
        assert_eq!(
            text(sinks.into_iter(), Duration::from_millis(1_040)),
            "not all was written when the process ended, after 1.0 s; \
             stdout: 3 lines wait, 2 found no room, 0 refused; \
             /a.log: 0 lines wait, 0 found no room, 7 refused"
        );
    }
}
