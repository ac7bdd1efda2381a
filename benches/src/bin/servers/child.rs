use std::fs::read_to_string;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;
use firstlight_http::Health;
use firstlight_ready::{Readiness, Spec};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// How a child is called.
pub(crate) const CHILD: &str = "server-child";

/// What a child serves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// `Health::serve`, of a set with eight gates, all of them open.
    Ours,
    /// `axum::serve` of a handler that says the same thing whatever happens.
    Axum,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Ours, Self::Axum];

    fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Axum => "axum",
        }
    }
}

/// Is a child: says where it serves, and does so until it is killed or nobody listens any more.
pub(crate) fn serve(kind: &str) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        // Whoever started it holds the other end of its input, and has nothing to say.
        let parent = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
        tokio::select! {
            _ = parent => {}
            () = async {
                match kind {
                    "ours" => ours(listener).await,
                    _ => constant(listener).await,
                }
            } => {}
        }
    });
}

async fn ours(listener: TcpListener) {
    let readiness = Readiness::new("orders").expect("a set");
    let gate = |at| readiness.register(Spec::new(format!("gate{at}"))).expect("a gate");
    let gates: Vec<_> = (0..8).map(gate).collect();
    readiness.seal().expect("sealed");
    gates.iter().for_each(firstlight_ready::Gate::ready);
    Health::new(&readiness).serve(listener).await.expect("served");
}

async fn constant(listener: TcpListener) {
    let router = Router::new().route("/readyz", get(async || "ok"));
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket"));
    axum::serve(listener, router).await.expect("served");
}

/// A server in a process of its own; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    pub(crate) address: SocketAddr,
}

impl Child {
    /// Starts this very program as that server.
    pub(crate) fn start(kind: Kind) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args([CHILD, kind.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().expect("piped"));
        output.read_line(&mut line).expect("an address");
        Self { process, address: line.trim().parse().expect("an address") }
    }

    /// Processor time of its main thread, which does all the work, to the nanosecond; of user and kernel.
    pub(crate) fn processor(&self) -> Duration {
        let path = format!("/proc/{0}/task/{0}/schedstat", self.process.id());
        let text = read_to_string(path).expect("a kernel that counts");
        let nanos = text.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
        Duration::from_nanos(nanos.expect("a number"))
    }

    /// Its memory in KiB.
    pub(crate) fn memory(&self) -> i64 {
        let text = read_to_string(format!("/proc/{}/status", self.process.id())).expect("a child");
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        let number = line.split_whitespace().next().and_then(|number| number.parse().ok());
        number.expect("a number")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
