use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use firstlight_clock::Clock;

use crate::events;

/// How long nothing is accepted after an error that does not go away by itself: descriptors or memory are
/// used up.
pub(crate) const BACK_OFF: Duration = Duration::from_millis(100);

/// What to do about failures to accept: they never end a server, and are told once until it accepts again.
#[derive(Debug)]
pub(crate) struct Accepting {
    address: SocketAddr,
    clock: Clock,
    /// The failures in a row, and since when.
    trouble: Option<(u64, Duration)>,
}

impl Accepting {
    pub(crate) fn new(address: SocketAddr, clock: Clock) -> Self {
        Self { address, clock, trouble: None }
    }

    /// Returns whether to pause: the client's own failure is skipped.
    pub(crate) fn failed(&mut self, error: &io::Error) -> bool {
        if is_the_clients(error) {
            return false;
        }
        let now = self.clock.now();
        match &mut self.trouble {
            Some((failures, _)) => *failures += 1,
            None => {
                self.trouble = Some((1, now));
                events::accept_failed(self.address, error, now);
            }
        }
        true
    }

    pub(crate) fn succeeded(&mut self) {
        if let Some((failures, since)) = self.trouble.take() {
            events::accepts_again(self.address, failures, since, self.clock.now());
        }
    }
}

/// The connection was gone before it was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_failure_is_skipped_and_others_are_waited_out() {
        let mut accepting = Accepting::new(SocketAddr::from(([127, 0, 0, 1], 80)), Clock::new());
        // ECONNABORTED, ECONNRESET, EINTR; EMFILE, ENFILE, ENOMEM, EPERM.
        for (code, pauses) in
            [(103, false), (104, false), (4, false), (24, true), (23, true), (12, true), (1, true)]
        {
            assert_eq!(accepting.failed(&io::Error::from_raw_os_error(code)), pauses, "{code}");
        }
        assert!(matches!(accepting.trouble, Some((4, _))));
        accepting.succeeded();
        assert!(accepting.trouble.is_none());
    }
}
