use std::ffi::OsString;
use std::future::pending;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use support::Outcome;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdin;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::ledger::{Ledger, Listening};
use super::{Reading, Variant};

/// How long a reader stalls that does not stall for ever.
const STALL: Duration = Duration::from_secs(2);
/// More than any container here writes.
const MOST: u64 = 64 << 20;
/// How long the process is there before its `main`.
pub(crate) const LATE_BY: Duration = Duration::from_secs(2);
/// Reads until nobody writes, and becomes the container: `exec` keeps the age of a process. Nothing is left waiting
/// when whoever writes is gone.
const LATE: &str = r#"while read -r _; do :; done; exec "$@" < /dev/null"#;
/// Joins the group first.
const THROTTLED: &str =
    r#"echo $$ > "$0" || exit 2; while read -r _; do :; done; exec "$@" < /dev/null"#;

/// What became of a container.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    /// From the start of its process; `None` when it had to be killed.
    pub(crate) time_to_exit: Option<Duration>,
    pub(crate) reading: Reading,
    /// `None` when it never said anything.
    pub(crate) ledger: Option<Ledger>,
}

/// A container that was not started yet.
#[derive(Debug)]
pub(crate) struct Process {
    command: Command,
    variant: Variant,
    listening: Listening,
}

impl Process {
    /// Takes the command that would start it.
    ///
    /// # Errors
    /// When no port is to be had.
    pub(crate) async fn new(mut command: Command, variant: Variant) -> io::Result<Self> {
        let listening = Listening::open().await?;
        command.args(["--ledger", &listening.at.to_string()]);
        let command = match variant {
            Variant::Late => in_a_shell(LATE, Path::new("sh"), &command),
            _ => command,
        };
        Ok(Self { command, variant, listening })
    }

    /// The same in a control group whose processor time it has used up before it begins.
    pub(crate) fn throttled(mut self, members: &Path) -> Self {
        self.command = in_a_shell(THROTTLED, members, &self.command);
        self
    }

    /// Runs it to its end; killed when that takes longer. `None` when it was interrupted, and killed.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) async fn run(
        self,
        within: Duration,
        interrupt: &CancellationToken,
    ) -> io::Result<Option<Ended>> {
        let mut command = tokio::process::Command::from(self.command);
        command.stdin(match self.variant {
            Variant::Late | Variant::Throttled => Stdio::piped(),
            _ => Stdio::null(),
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C is for us: what becomes of the container is ours to say.
        #[cfg(unix)]
        command.process_group(0);
        let began = Instant::now();
        let mut child = command.kill_on_drop(true).spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let waits = before_main(child.stdin.take(), self.variant);
        let over = CancellationToken::new();
        let exit = async {
            let exit = match timeout(within, child.wait()).await {
                Ok(status) => Some((began.elapsed(), status?)),
                Err(_) => {
                    child.kill().await?;
                    None
                }
            };
            over.cancel();
            Ok::<_, io::Error>(exit)
        };
        let stdout = async {
            match self.variant {
                Variant::Unread => over.cancelled().await,
                Variant::Stalled => tokio::select! {
                    () = self.listening.done.cancelled() => {}
                    () = over.cancelled() => {}
                    () = sleep(STALL) => {}
                },
                _ => {}
            }
            read(stdout).await
        };
        let ledger = self.listening.heard(&over);
        let all = async { tokio::join!(exit, stdout, read(stderr), ledger, waits) };
        let Some((exit, stdout, stderr, ledger, ())) = interrupt.run_until_cancelled(all).await
        else {
            child.kill().await?;
            return Ok(None);
        };
        let exit = exit?;
        Ok(Some(Ended {
            outcome: exit.map_or(Outcome::Deadline, |(_, status)| outcome(status)),
            time_to_exit: exit.map(|(time, _)| time),
            reading: Reading::of(&stdout, &stderr),
            ledger: ledger?,
        }))
    }
}

fn outcome(status: ExitStatus) -> Outcome {
    match status.code() {
        Some(0) => Outcome::Ready,
        Some(1) => Outcome::Deadline,
        _ => Outcome::Fatal,
    }
}

/// Keeps a shell from becoming the container for a while: asleep, or, fed lines, at work.
async fn before_main(stdin: Option<ChildStdin>, variant: Variant) {
    let Some(mut stdin) = stdin else { return };
    let work = async {
        match variant {
            Variant::Throttled => while stdin.write_all(&[b'\n'; 4096]).await.is_ok() {},
            _ => pending().await,
        }
    };
    let _ = timeout(LATE_BY, work).await;
}

/// All that comes; a pipe that breaks has ended.
async fn read(from: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(from) = from {
        let _ = from.take(MOST).read_to_end(&mut text).await;
    }
    text
}

fn in_a_shell(script: &str, zero: &Path, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    let words = [command.get_program()].into_iter().chain(command.get_args());
    shell.arg("-c").arg(script).arg(zero).args(words.map(OsString::from));
    shell
}
