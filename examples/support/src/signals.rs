use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Outcome;

/// What comes so soon after a signal is the same one: `timeout` tells both a process and its group.
const SAME: Duration = Duration::from_millis(500);

/// A token that Ctrl-C or SIGTERM cancels; a second signal, half a second later or more, ends the process at once.
///
/// Must be called in a tokio runtime.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn interrupt_on_signals() -> io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut signals = Signals::new()?;
    tokio::spawn({
        let token = token.clone();
        async move {
            signals.next().await;
            token.cancel();
            let again = async {
                loop {
                    signals.next().await;
                }
            };
            let _: Result<(), _> = tokio::time::timeout(SAME, again).await;
            signals.next().await;
            std::process::exit(i32::from(Outcome::Interrupted.exit()));
        }
    });
    Ok(token)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Handlers are installed here, not in the task: from now on no signal kills the process silently.
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
