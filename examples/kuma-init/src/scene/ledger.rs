use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What a container has really done: it says so past its logs.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The numbers of the lines that it logged.
    pub(crate) lines: HashSet<u64>,
    /// Of these, those of the dependency with a logger of its own.
    pub(crate) of_the_dependency: HashSet<u64>,
    /// How many times it parsed its configuration.
    pub(crate) parses: u64,
}

/// Where a container says it.
#[derive(Debug)]
pub(crate) struct Listening {
    listener: TcpListener,
    pub(crate) at: SocketAddr,
    /// Cancelled when all its steps are done.
    pub(crate) done: CancellationToken,
}

impl Listening {
    pub(crate) async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        Ok(Self { listener, at, done: CancellationToken::new() })
    }

    /// Hears it all, until the container has ended; `None` when it never said anything.
    pub(crate) async fn heard(&self, ended: &CancellationToken) -> io::Result<Option<Ledger>> {
        let mut ledger = Ledger::default();
        // Who connected before its end is heard.
        let accepted = tokio::select! {
            biased;
            accepted = self.listener.accept() => accepted?,
            () = ended.cancelled() => return Ok(None),
        };
        let mut told = BufReader::new(accepted.0).lines();
        // A process that was killed may leave half a line, or an error instead of an end.
        while let Ok(Some(record)) = told.next_line().await {
            let words: Vec<&str> = record.split(' ').collect();
            match words[..] {
                ["line", number, of] => {
                    let Ok(number) = number.parse() else { continue };
                    ledger.lines.insert(number);
                    if of == "dependency" {
                        ledger.of_the_dependency.insert(number);
                    }
                }
                ["parse"] => ledger.parses += 1,
                ["done"] => self.done.cancel(),
                _ => {}
            }
        }
        Ok(Some(ledger))
    }
}
