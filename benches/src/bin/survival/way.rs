use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::logger::Logger;

/// In which way the process ends, and whether somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `main` returns.
    Return,
    /// A bare `std::process::exit`.
    Exit,
    /// What the logger offers in its place; a bare one where it offers nothing.
    OwnExit,
    /// `main` panics.
    Panic,
    /// `std::process::abort`.
    Abort,
    /// SIGTERM, whose disposition nobody has changed but the logger, if it offers that.
    Sigterm,
    /// `main` returns, and nobody reads.
    StalledReader,
}

impl Way {
    pub(crate) const ALL: [Self; 7] = [
        Self::Return,
        Self::Exit,
        Self::OwnExit,
        Self::Panic,
        Self::Abort,
        Self::Sigterm,
        Self::StalledReader,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Exit => "exit",
            Self::OwnExit => "own-exit",
            Self::Panic => "panic",
            Self::Abort => "abort",
            Self::Sigterm => "sigterm",
            Self::StalledReader => "stalled-reader",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Return => "`main` returns",
            Self::Exit => "`process::exit`",
            Self::OwnExit => "the logger's own exit",
            Self::Panic => "panic",
            Self::Abort => "abort",
            Self::Sigterm => "SIGTERM",
            Self::StalledReader => "nobody reads, `main` returns",
        }
    }

    pub(crate) fn is_name(name: &str) -> bool {
        Self::ALL.iter().any(|way| way.name() == name)
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|way| way.name() == name).expect("the name of a way")
    }
}

/// What the child says on stderr when it has logged everything; its last word but for what it is killed with.
pub(crate) const LOGGED: &str = "logged";

/// Is the child: logs and ends.
pub(crate) fn go(logger: Logger, way: Way, lines: u64) -> ExitCode {
    let guard = logger.install();
    let began = Instant::now();
    logger.log(lines);
    let took = began.elapsed();
    // One write, which does not wait: the pipe is empty.
    let _ = std::io::stderr().write_all(format!("{LOGGED} {}\n", took.as_micros()).as_bytes());
    match way {
        Way::Return | Way::StalledReader => drop(guard),
        Way::Exit => std::process::exit(0),
        Way::OwnExit => logger.exit(guard),
        Way::Panic => panic!("the end"),
        Way::Abort => std::process::abort(),
        Way::Sigterm => {
            // The parent sends it when it has read the word, and closes stdin only when this process has gone.
            let mut never = Vec::new();
            let _ = std::io::stdin().read_to_end(&mut never);
            std::thread::sleep(Duration::from_secs(60));
        }
    }
    ExitCode::SUCCESS
}
