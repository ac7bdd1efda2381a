//! The client of others: PyPI's `grpcio-health-checking`, which is gRPC's own C core.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use firstlight_ready::LameDuck;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::support::{LONG, Set, serve};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/health.py");

/// The interpreter that `.ci/run tools` has put the packages beside; `None`, and said, when it is not there.
fn interpreter() -> Option<PathBuf> {
    let given = std::env::var_os("FIRSTLIGHT_VENV").filter(|given| !given.is_empty());
    let cache = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/firstlight/venv-1"));
    let venv =
        given.map(PathBuf::from).or_else(cache).filter(|venv| venv.join("complete").exists());
    if venv.is_none() {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "`bash .ci/run tools` has not made the virtual environment"
        );
        let _ = writeln!(std::io::stderr().lock(), "skipped: grpcio-health-checking is not there");
    }
    Some(venv?.join("bin/python"))
}

/// A process of the client; it goes with this.
struct Client {
    _child: Child,
    commands: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Client {
    fn start(interpreter: PathBuf, address: std::net::SocketAddr) -> Self {
        let mut child = Command::new(interpreter)
            .args([SCRIPT.to_owned(), address.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let commands = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { _child: child, commands, lines }
    }

    async fn send(&mut self, command: &str) {
        let line = format!("{command}\n");
        self.commands.write_all(line.as_bytes()).await.expect("it reads");
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(LONG, self.lines.next_line()).await.expect("in time");
        line.expect("it can be read").expect("it has not ended")
    }

    /// Sends a command, and takes the line that comes of it.
    async fn ask(&mut self, command: &str) -> String {
        self.send(command).await;
        self.line().await
    }
}

#[tokio::test]
async fn the_real_client_is_told_what_is_as_soon_as_it_is() {
    let Some(interpreter) = interpreter() else { return };
    let set = Set::new();
    let health = set.health();
    let address = serve(health.clone().into_server()).await;
    let mut client = Client::start(interpreter, address);
    assert_eq!(client.ask("check ''").await, "check '' NOT_SERVING");
    assert_eq!(client.ask("check none").await, "check none NOT_FOUND");
    assert_eq!(client.ask("list").await, "list ''=NOT_SERVING a.B=NOT_SERVING");
    assert_eq!(client.ask("watch ''").await, "watch '' NOT_SERVING");
    assert_eq!(client.ask("watch late").await, "watch late SERVICE_UNKNOWN");
    set.db.ready();
    assert_eq!(client.line().await, "watch '' SERVING");
    assert_eq!(client.ask("check ''").await, "check '' SERVING");
    assert_eq!(client.ask("list").await, "list ''=SERVING a.B=NOT_SERVING");
    set.db.not_ready("lost");
    assert_eq!(client.line().await, "watch '' NOT_SERVING");
    set.db.ready();
    assert_eq!(client.line().await, "watch '' SERVING");
    set.own.ready();
    health.add_service("late", set.view("own")).expect("added");
    assert_eq!(client.line().await, "watch late SERVING");
    // The second answer ends the lame duck, and with it the streams.
    set.readiness.drain_with("SIGTERM", LameDuck { seen: 2, max: 2 * LONG });
    let mut told = [client.line().await, client.line().await];
    told.sort();
    assert_eq!(told, ["watch '' NOT_SERVING", "watch late NOT_SERVING"]);
    assert_eq!(client.ask("check ''").await, "check '' NOT_SERVING");
    set.db.ready();
    let mut told = [client.ask("check ''").await, client.line().await, client.line().await];
    told.sort();
    let ended = ["check '' NOT_SERVING", "watch '' UNAVAILABLE", "watch late UNAVAILABLE"];
    assert_eq!(told, ended, "not serving for good");
    assert_eq!(client.ask("watch a.B").await, "watch a.B UNAVAILABLE", "it is not kept");
    assert_eq!(client.ask("check a.B").await, "check a.B NOT_SERVING");
}

#[tokio::test]
async fn a_channel_that_balances_by_health_sends_calls_only_while_it_is_serving() {
    let Some(interpreter) = interpreter() else { return };
    let set = Set::new();
    let address = serve(set.health().into_server()).await;
    let mut client = Client::start(interpreter, address);
    client.send("channel a.B").await;
    let until = async |client: &mut Client, state: &str| {
        let mut passed = Vec::new();
        loop {
            let line = client.line().await;
            if line == format!("channel {state}") {
                return passed;
            }
            passed.push(line);
        }
    };
    let passed = until(&mut client, "TRANSIENT_FAILURE").await;
    assert!(!passed.contains(&"channel READY".to_owned()), "{passed:?}");
    set.own.ready();
    until(&mut client, "READY").await;
    set.readiness.drain("SIGTERM");
    until(&mut client, "TRANSIENT_FAILURE").await;
}
