use std::fmt;
use std::future::poll_fn;
use std::io;
use std::panic::catch_unwind;
use std::task::Poll;

use tokio::runtime::Handle;

use crate::drain::Phase;
use crate::machine::nanos;
use crate::readiness::Readiness;
use crate::signal_policy::SignalPolicy;

/// The signals that end the process: SIGTERM and SIGINT; Ctrl-C and the like where there are none.
///
/// Install it first thing in `main`, before the slow part of the start: from then on a signal does not kill
/// the process, and one that comes before [`drain`](Self::drain) is called is remembered. Signals of one kind
/// that come before they are looked at count as one.
///
/// ```no_run
/// use firstlight_ready::{LameDuck, Phase, Readiness, Signals};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let signals = Signals::install()?;
/// let readiness = Readiness::new("orders")?;
/// signals.drain(&readiness, LameDuck::default());
/// // ... start, serve, and see the drain through the readiness
/// readiness.wait_phase(Phase::Stopping).await;
/// # Ok(())
/// # }
/// ```
///
/// Dropped without `drain`, the signals are lost: the system's own answer to them, to end the process, does
/// not come back.
#[must_use = "from now on a signal does not end the process; drain says what it does"]
pub struct Signals {
    runtime: Handle,
    listener: Listener,
}

struct Listener {
    terminate: Terminate,
    interrupt: Interrupt,
}

#[cfg(unix)]
type Terminate = tokio::signal::unix::Signal;
#[cfg(unix)]
type Interrupt = tokio::signal::unix::Signal;
#[cfg(windows)]
type Terminate = tokio::signal::windows::CtrlShutdown;
#[cfg(windows)]
type Interrupt = tokio::signal::windows::CtrlC;

impl Signals {
    /// Takes the signals over from the system.
    ///
    /// # Errors
    /// Outside a tokio runtime with I/O, and when the system refuses. (For a runtime without I/O tokio also
    /// prints a panic message; with `panic = "abort"` it is a panic.)
    pub fn install() -> io::Result<Self> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        // Tokio has no way to ask whether the runtime can hear signals but to try and see it panic.
        let listener = catch_unwind(Listener::install).map_err(|_payload| {
            io::Error::other("the tokio runtime cannot hear signals: its I/O is not enabled")
        })??;
        Ok(Self { runtime, listener })
    }

    /// Lets the signals drain this set, by a task on the runtime in which they were installed.
    ///
    /// The first signal begins the drain with its name as the reason, a second one cuts the lame duck, more
    /// are only logged. SIGINT as the first cuts at once; see [`SignalPolicy`]. A drain that was begun otherwise
    /// goes on under the first signal. The task holds the set, and lasts as long as the runtime.
    pub fn drain(self, readiness: &Readiness, policy: impl Into<SignalPolicy>) {
        let Self { runtime, listener } = self;
        runtime.spawn(listen(listener, readiness.clone(), policy.into()));
    }
}

impl Listener {
    #[cfg(unix)]
    fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (terminate, interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt })
    }

    #[cfg(windows)]
    fn install() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_c, ctrl_shutdown};
        Ok(Self { terminate: ctrl_shutdown()?, interrupt: ctrl_c()? })
    }

    /// The name of the next signal.
    async fn next(&mut self) -> &'static str {
        poll_fn(|cx| {
            // SIGTERM first: when both have come, the lame duck is begun by the one and cut by the other.
            match self.terminate.poll_recv(cx) {
                Poll::Ready(_) => Poll::Ready(TERMINATE),
                Poll::Pending => self.interrupt.poll_recv(cx).map(|_| INTERRUPT),
            }
        })
        .await
    }
}

async fn listen(mut listener: Listener, readiness: Readiness, policy: SignalPolicy) {
    let first = listener.next().await;
    if first == INTERRUPT && policy.interrupt_cuts() {
        readiness.cut(first);
    } else {
        readiness.drain_with(first, policy.lame_duck());
    }
    loop {
        let more = listener.next().await;
        if readiness.phase() < Phase::Stopping {
            readiness.cut(format!("a second signal: {more}"));
        } else {
            let (set, phase) = (readiness.name().as_str(), readiness.phase());
            let now = nanos(readiness.clock().now());
            tracing::warn!(
                target: "firstlight_ready",
                set, signal = more, start_ns = now, end_ns = now,
                "{more} changes nothing: {set} is {phase} already"
            );
        }
    }
}

#[cfg(unix)]
const TERMINATE: &str = "SIGTERM";
#[cfg(unix)]
const INTERRUPT: &str = "SIGINT";
#[cfg(windows)]
const TERMINATE: &str = "the shutdown of the system";
#[cfg(windows)]
const INTERRUPT: &str = "Ctrl-C";

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").finish_non_exhaustive()
    }
}
