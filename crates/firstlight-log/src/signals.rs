//! SIGTERM, where that was asked for: what waits is written, and the process dies of it all the same.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use signal_hook::consts::SIGTERM;
use signal_hook::low_level::{emulate_default_handler, pipe};

use crate::logger::Logger;

/// Why SIGTERM is not heard. Its disposition is as it was then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The system gives no handler, or no descriptors to wake a thread by.
    #[error("SIGTERM cannot be caught: {source}")]
    Handler {
        /// Why.
        source: io::Error,
    },
    /// There is no thread to wait for it.
    #[error("SIGTERM cannot be waited for: no thread: {source}")]
    Thread {
        /// Why.
        source: io::Error,
    },
    /// The global subscriber is somebody else's: there is nothing to be written.
    #[error(
        "nothing to write on SIGTERM: another subscriber was installed before the boot at {booted_at}"
    )]
    Foreign {
        /// Where this logger was booted.
        booted_at: &'static Location<'static>,
    },
}

/// Has SIGTERM write what waits, and then end the process as it does by default.
///
/// The handler itself only sets a flag and wakes a thread.
pub(crate) fn flush_on_sigterm(logger: &Logger) -> Result<(), SignalError> {
    static ASKED: Mutex<bool> = Mutex::new(false);

    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    if *asked {
        return Ok(());
    }
    let handler = |source| SignalError::Handler { source };
    let (bell, waits) = UnixStream::pair().map_err(handler)?;
    let came = Arc::new(AtomicBool::new(false));
    let (logger, seen) = (logger.clone(), Arc::clone(&came));
    let wait = move || wait(waits, &seen, &logger);
    thread::Builder::new()
        .name("firstlight-term".to_owned())
        .spawn(wait)
        .map_err(|source| SignalError::Thread { source })?;
    // If one of them fails the bell is dropped, and the thread goes.
    let flag = signal_hook::flag::register(SIGTERM, came).map_err(handler)?;
    if let Err(source) = pipe::register(SIGTERM, bell) {
        signal_hook::low_level::unregister(flag);
        return Err(handler(source));
    }
    *asked = true;
    Ok(())
}

fn wait(mut waits: UnixStream, came: &AtomicBool, logger: &Logger) {
    while waits.read_exact(&mut [0]).is_ok() {
        // A forked child wakes us too, by its copy of the bell: its flag is its own.
        if came.load(Ordering::SeqCst) {
            logger.finish();
            // It does not come back, unless the system refuses what it allows everybody.
            let _ = emulate_default_handler(SIGTERM);
            std::process::exit(128 + SIGTERM);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_what_is_not_heard_and_why() {
        let source = || io::Error::from(io::ErrorKind::OutOfMemory);
        let booted_at = Location::caller();
        let expected = format!(
            "nothing to write on SIGTERM: another subscriber was installed before the boot at {booted_at}"
        );
        for (error, text) in [
            (SignalError::Handler { source: source() }, "SIGTERM cannot be caught: out of memory"),
            (
                SignalError::Thread { source: source() },
                "SIGTERM cannot be waited for: no thread: out of memory",
            ),
            (SignalError::Foreign { booted_at }, &expected),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
