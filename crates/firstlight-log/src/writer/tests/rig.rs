#[cfg(unix)]
use std::fs::File;
use std::io::{self, Write};
#[cfg(unix)]
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tracing::Level;

use crate::writer::config::Announce;
use crate::writer::{Limits, Open, Target, Writer};

/// Longer than anything takes that does not hang.
pub(super) const LONG: Duration = Duration::from_secs(20);

/// A gap as it is told here: `<lost 3, failed 1>`.
pub(super) fn announce() -> Announce {
    Box::new(|lost, words| {
        let _ = writeln!(words, "<lost {}, failed {}>", lost.total(), lost.failed);
    })
}

pub(super) fn start(target: Target, limits: Limits) -> Writer {
    let open = Open::target(target).expect("it can be opened");
    Writer::start(open, limits, "firstlight-log", announce(), None)
}

/// The end to read, and the one to write.
#[cfg(unix)]
pub(super) fn pipe() -> (File, OwnedFd) {
    let (reader, writer) =
        rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).expect("a pipe");
    (reader.into(), writer)
}

pub(super) fn info(writer: &Writer, line: &str) {
    writer.push(Level::INFO, format!("{line}\n").as_bytes());
}

/// Keeps what is written, and lets a test stop it.
#[derive(Debug, Clone, Default)]
pub(super) struct Page(Arc<(Mutex<Kept>, Condvar)>);

#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    stopped: bool,
    /// Somebody is in `write`, and waits.
    caught: bool,
    dropped: bool,
}

impl Page {
    pub(super) fn target(&self) -> Target {
        Target::Write(Box::new(Pen(self.clone())))
    }

    /// From now on a write waits for `go`.
    pub(super) fn stop(&self) {
        self.0.0.lock().expect("whole").stopped = true;
    }

    pub(super) fn go(&self) {
        self.0.0.lock().expect("whole").stopped = false;
        self.0.1.notify_all();
    }

    /// Waits until the writer's thread is held up.
    pub(super) fn until_caught(&self) {
        let kept = self.0.0.lock().expect("whole");
        drop(self.0.1.wait_while(kept, |kept| !kept.caught).expect("whole"));
    }

    /// Waits until so many lines are written, which nobody hurries on.
    #[track_caller]
    pub(super) fn until_lines(&self, lines: usize) {
        let kept = self.0.0.lock().expect("whole");
        let fewer =
            |kept: &mut Kept| kept.bytes.iter().filter(|byte| **byte == b'\n').count() < lines;
        let (_kept, waited) = self.0.1.wait_timeout_while(kept, LONG, fewer).expect("whole");
        assert!(!waited.timed_out(), "fewer than {lines} lines");
    }

    pub(super) fn until_dropped(&self) {
        let kept = self.0.0.lock().expect("whole");
        drop(self.0.1.wait_while(kept, |kept| !kept.dropped).expect("whole"));
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.0.0.lock().expect("whole").dropped
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.0.lock().expect("whole").bytes.clone()).expect("text")
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
}

struct Pen(Page);

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (kept, changed) = &*self.0.0;
        let mut kept = kept.lock().expect("whole");
        while kept.stopped {
            kept.caught = true;
            changed.notify_all();
            kept = changed.wait(kept).expect("whole");
        }
        kept.caught = false;
        kept.bytes.extend_from_slice(bytes);
        changed.notify_all();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        self.0.0.0.lock().expect("whole").dropped = true;
        self.0.0.1.notify_all();
    }
}

/// A writer whose thread is held up in a write of the line `first`.
pub(super) fn held_up(limits: Limits) -> (Writer, Page) {
    let page = Page::default();
    page.stop();
    let writer = start(page.target(), limits);
    writer.push(Level::ERROR, b"first\n");
    page.until_caught();
    (writer, page)
}
