use std::io;
use std::pin::pin;
use std::process::ExitStatus;
use std::time::Duration;

use firstlight_poll::ErrorClass;
use futures_util::future::{Either, join, select};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use crate::exec::output::{ExecOutput, Pipe};
use crate::trouble::Trouble;

/// How long the pipes may stay open after the group is gone: a child that has left the group may hold them.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How often the child is looked at without a signal: two signals at the same time may be one.
const LOOK: Duration = Duration::from_millis(250);

/// A command in a process group of its own, which is killed when this is dropped.
///
/// The group is always killed before its leader is reaped: until then its id cannot be given to anybody else.
pub(crate) struct Group {
    id: Option<Pid>,
    child: Child,
}

impl Group {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self, Trouble> {
        // Should the runtime end first, tokio kills the leader at least.
        let child = command.process_group(0).kill_on_drop(true).spawn();
        let child = child.map_err(|error| not_started(&error))?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Self { id, child })
    }

    /// Runs to the exit of the leader, then ends what it has left in its group.
    pub(crate) async fn run(&mut self, max: usize) -> io::Result<(ExitStatus, ExecOutput)> {
        let mut stdout = Pipe::new(self.child.stdout.take(), max);
        let mut stderr = Pipe::new(self.child.stderr.take(), max);
        self.exited_while(join(stdout.drain(), stderr.drain())).await?;
        self.kill();
        // Best effort: whatever is not written by now is not waited for.
        let _ = timeout(LAST_WORDS, join(stdout.drain(), stderr.drain())).await;
        let status = self.child.wait().await?;
        Ok((status, ExecOutput { stdout: stdout.into_text(), stderr: stderr.into_text() }))
    }

    /// The outputs may end long before the command does, and the other way round.
    async fn exited_while<T>(&self, drained: impl Future<Output = T>) -> io::Result<()> {
        match select(pin!(self.exited()), pin!(drained)).await {
            Either::Left((exited, _)) => exited,
            Either::Right((_, exited)) => exited.await,
        }
    }

    /// Waits for the leader's exit without reaping it.
    async fn exited(&self) -> io::Result<()> {
        let Some(id) = self.id else { return Ok(()) };
        // Listened to before the first look: an exit in between is not missed.
        let mut signals = signal(SignalKind::child())?;
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(id), options)?.is_none() {
            let _ = timeout(LOOK, signals.recv()).await;
        }
        Ok(())
    }

    fn kill(&mut self) {
        if let Some(id) = self.id.take() {
            // The one error that can come is that the group is gone.
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

fn not_started(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::NotFound => Trouble::new(ErrorClass::Config, "no such command"),
        io::ErrorKind::PermissionDenied => Trouble::new(ErrorClass::Config, "not executable"),
        io::ErrorKind::InvalidInput => {
            Trouble::new(ErrorClass::Config, "a NUL byte in the command")
        }
        _ => Trouble::new(ErrorClass::Other, format!("not started: {error}")),
    }
}
