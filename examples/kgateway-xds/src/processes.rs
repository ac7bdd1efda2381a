use std::io;
use std::net::SocketAddr;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

/// How long a process may take to say where it is.
const START: Duration = Duration::from_secs(20);

/// An instance of the control plane in a process of its own, which is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Where xDS clients come.
    pub(crate) xds: SocketAddr,
    /// Where its health is.
    pub(crate) health: SocketAddr,
    /// Held, so that it can print.
    _stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts it, and waits until it says where it is: `xds=HOST:PORT health=HOST:PORT`.
    pub(crate) async fn start(mut command: Command) -> io::Result<Self> {
        // At the end of its standard input it ends too, whatever becomes of this process.
        command.arg("--leashed").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?;
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        timeout(START, stdout.read_line(&mut line)).await.map_err(|_| {
            io::Error::new(io::ErrorKind::TimedOut, "an instance does not say where it is")
        })??;
        let told = |key: &str| {
            let word = line.split_whitespace().find_map(|word| word.strip_prefix(key));
            word.and_then(|address| address.parse().ok())
        };
        match (told("xds="), told("health=")) {
            (Some(xds), Some(health)) => Ok(Self { child, xds, health, _stdout: stdout }),
            _ => Err(io::Error::other("an instance ended before it said where it is")),
        }
    }

    /// SIGTERM; where there is none, it is killed.
    pub(crate) fn terminate(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process};
            let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
            pid.map_or(Ok(()), |pid| kill_process(pid, Signal::TERM).map_err(io::Error::from))
        }
        #[cfg(not(unix))]
        self.child.start_kill()
    }

    /// SIGKILL, and its end.
    pub(crate) async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Waits for its end; one that takes longer is killed.
    pub(crate) async fn ended(&mut self, within: Duration) -> io::Result<ExitStatus> {
        match timeout(within, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => {
                self.child.kill().await?;
                Err(io::Error::new(io::ErrorKind::TimedOut, "an instance does not end"))
            }
        }
    }
}
