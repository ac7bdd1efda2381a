use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the container has really done, told to whoever started it past all logs and pipes.
///
/// A line is told before it is logged, so that what becomes of the process afterwards changes no count.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    to: Option<Mutex<TcpStream>>,
    lines: AtomicU64,
}

impl Ledger {
    /// Without an address nobody is told.
    pub(crate) fn open(at: Option<SocketAddr>) -> io::Result<Self> {
        let Some(at) = at else { return Ok(Self::default()) };
        let to = TcpStream::connect(at)?;
        let mut held = to.try_clone()?;
        // Who started this is gone when the connection is: then nobody would ever end a container that hangs.
        std::thread::spawn(move || {
            let _ = held.read(&mut [0]);
            std::process::exit(i32::from(support::Outcome::Interrupted.exit()));
        });
        Ok(Self { to: Some(Mutex::new(to)), lines: AtomicU64::new(0) })
    }

    /// Numbers a line that is about to be logged.
    pub(crate) fn line(&self, of: &str) -> u64 {
        // A number for each line; the order of two threads' lines is anybody's.
        let line = self.lines.fetch_add(1, Ordering::Relaxed) + 1;
        self.tell(format_args!("line {line} {of}\n"));
        line
    }

    /// The configuration is about to be parsed.
    pub(crate) fn parse(&self) {
        self.tell(format_args!("parse\n"));
    }

    /// All steps are done.
    pub(crate) fn done(&self) {
        self.tell(format_args!("done\n"));
    }

    fn tell(&self, what: std::fmt::Arguments<'_>) {
        if let Some(to) = &self.to {
            // Whoever does not listen any more does not count any more.
            let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = to.write_all(what.to_string().as_bytes());
        }
    }
}
