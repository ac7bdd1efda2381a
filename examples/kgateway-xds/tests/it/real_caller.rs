//! PyPI's `grpcio`, which is gRPC's C core, in a process of its own.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::timeout;

use crate::real_support::Venv;
use crate::serve_support::{HOST, LONG};

/// It calls; its process ends with this.
pub(crate) struct Caller {
    pub(crate) name: &'static str,
    commands: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
    _folder: TempDir,
}

/// What one call came to.
#[derive(Debug)]
pub(crate) struct First {
    pub(crate) code: String,
    pub(crate) details: String,
    pub(crate) took: Duration,
}

/// What all calls of one client came to.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) name: &'static str,
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) outage: Duration,
    pub(crate) why: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, calls, failed, outage, why } = self;
        write!(f, "{name}: {failed} of {calls} failed, longest outage {outage:?} {why:?}")
    }
}

impl Caller {
    /// One that is told by a control plane whom to call.
    pub(crate) async fn by_xds(venv: &Venv, control_plane: SocketAddr) -> Self {
        let server = json!({
            "server_uri": control_plane.to_string(),
            "channel_creds": [{ "type": "insecure" }],
            "server_features": ["xds_v3"],
        });
        let bootstrap = json!({ "xds_servers": [server], "node": { "id": "grpcio" } });
        Self::start(venv, "grpcio", &format!("xds:///{HOST}"), &bootstrap).await
    }

    /// One that calls this address, where an Envoy listens.
    pub(crate) async fn by_envoy(venv: &Venv, at: SocketAddr) -> Self {
        Self::start(venv, "envoy", &at.to_string(), &Value::Null).await
    }

    /// Returns when the process is there, and has asked nobody yet.
    async fn start(venv: &Venv, name: &'static str, target: &str, bootstrap: &Value) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("bootstrap.json");
        std::fs::write(&path, bootstrap.to_string()).expect("written");
        let mut command = venv.script("calls.py");
        command.args([target, name]).env("GRPC_XDS_BOOTSTRAP", path).kill_on_drop(true);
        let mut child = command.spawn().expect("it starts");
        let commands = child.stdin.take().expect("a pipe");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut caller = Self { name, commands, lines, _child: child, _folder: folder };
        assert_eq!(caller.line().await, "ready");
        caller
    }

    /// The first call. It may take long, but for a client that says itself when it gives up.
    pub(crate) async fn first(&mut self) -> First {
        self.send(&format!("first {}", LONG.as_secs())).await;
        let told = self.line().await;
        let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
        First { code: text("code"), details: text("details"), took: seconds(&told["took"]) }
    }

    /// 50 calls a second from now on.
    pub(crate) async fn call(&mut self) {
        self.send("calls").await;
    }

    pub(crate) async fn stop(mut self) -> Summary {
        self.send("stop").await;
        let told = self.line().await;
        let count = |key: &str| told[key].as_u64().expect("a count");
        let why = told["why"].as_array().expect("a list").iter();
        Summary {
            name: self.name,
            calls: count("calls"),
            failed: count("failed"),
            outage: seconds(&told["outage"]),
            why: why.map(|why| why.as_str().unwrap_or_default().to_owned()).collect(),
        }
    }

    async fn send(&mut self, command: &str) {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.expect("it reads");
    }

    async fn line(&mut self) -> Value {
        let line = timeout(2 * LONG, self.lines.next_line()).await.expect("in time");
        let line = line.expect("it can be read").expect("it has not ended");
        serde_json::from_str(&line).expect("JSON")
    }
}

fn seconds(value: &Value) -> Duration {
    Duration::from_secs_f64(value.as_f64().expect("seconds"))
}
