use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a process may take to say where it is.
const START: Duration = Duration::from_secs(20);

/// A part of an example in a process of its own, which is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Where it is: its first line, without the end.
    pub address: String,
    /// Held, so that it can print.
    _stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts it with `--leashed`, and waits until it says where it is: the first line of its standard output.
    ///
    /// # Errors
    /// When it cannot be started, or says nothing within 20 seconds.
    pub async fn start(mut command: Command) -> io::Result<Self> {
        // At the end of its standard input it ends too, whatever becomes of this process.
        command.arg("--leashed").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?;
        let mut stdout = BufReader::new(stdout);
        let mut address = String::new();
        timeout(START, stdout.read_line(&mut address))
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "a process does not start"))??;
        match address.trim_end() {
            "" => Err(io::Error::other("a process ended before it said where it is")),
            told => Ok(Self { child, address: told.to_owned(), _stdout: stdout }),
        }
    }

    /// Tells its number, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Tells it to end by SIGTERM; where there is none, it is killed.
    ///
    /// # Errors
    /// When it cannot be told; it may have ended.
    pub fn terminate(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process};
            let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
            pid.map_or(Ok(()), |pid| kill_process(pid, Signal::TERM).map_err(io::Error::from))
        }
        #[cfg(not(unix))]
        self.child.start_kill()
    }

    /// Kills it, as the kernel does when memory is short: it can do nothing about it. Returns when it is gone.
    ///
    /// # Errors
    /// When it cannot be killed; it may have ended.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Waits for its end; one that takes longer is killed.
    ///
    /// # Errors
    /// When it had to be killed.
    pub async fn ended(&mut self, within: Duration) -> io::Result<ExitStatus> {
        match timeout(within, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => {
                self.child.kill().await?;
                Err(io::Error::new(io::ErrorKind::TimedOut, "a process does not end"))
            }
        }
    }
}

/// Cancels the token at the end of standard input: the process that started this one, with `--leashed`, is gone.
pub fn leash(token: CancellationToken) {
    // A thread of its own: tokio's would keep the runtime from ending.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        token.cancel();
    });
}
