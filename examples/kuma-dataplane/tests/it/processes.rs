//! Real processes and real signals, on both stores.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};

use kuma_dataplane::store::{Status, Store};
use rustix::process::{Pid, Signal, kill_process};

use crate::planes::{DP, row, until};
use crate::store_support::{Scene, each_store};

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_to_a_dataplane_ends_its_stream_and_its_row() {
    each_store(|scene| async move {
        let cp = Process::control_plane(&scene, "cp1", "fixed", &["--grace", "50ms"]);
        let mut dp = Process::dataplane(DP, &[&cp]);
        until("it is online", || online(&scene.store, DP)).await;
        assert!(answers(&dp.address, DP));
        assert!(dp.end(Signal::TERM).success());
        assert!(!answers(&dp.address, DP));
        until("no row", || async { row(&scene.store, DP).await.is_none() }).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_to_a_control_plane_moves_its_dataplanes_and_deletes_nobody() {
    each_store(|scene| async move {
        let mut cp1 = Process::control_plane(&scene, "cp1", "fixed", &["--grace", "50ms"]);
        let cp2 = Process::control_plane(&scene, "cp2", "fixed", &["--grace", "50ms"]);
        let mut dp = Process::dataplane(DP, &[&cp1, &cp2]);
        until("it is at the first", || owned_by(&scene.store, "cp1-")).await;
        assert!(cp1.end(Signal::TERM).success());
        until("it is at the second", || owned_by(&scene.store, "cp2-")).await;
        assert!(dp.end(Signal::TERM).success());
        until("no row", || async { row(&scene.store, DP).await.is_none() }).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigkill_of_a_control_plane_moves_its_dataplanes_and_of_both_leaves_the_row_to_the_sweeper()
{
    each_store(|scene| async move {
        let leased = ["--grace", "50ms", "--lease", "600ms"];
        let mut cp1 = Process::control_plane(&scene, "cp1", "fixed", &leased);
        let cp2 = Process::control_plane(&scene, "cp2", "fixed", &leased);
        let _moves = Process::dataplane(DP, &[&cp1, &cp2]);
        let mut dies = Process::dataplane("dies", &[&cp1]);
        until("one is online", || online(&scene.store, DP)).await;
        until("both are", || online(&scene.store, "dies")).await;
        cp1.end(Signal::KILL);
        dies.end(Signal::KILL);
        until("it is at the second", || owned_by(&scene.store, "cp2-")).await;
        until("it is swept", || async { row(&scene.store, "dies").await.is_none() }).await;
        assert!(online(&scene.store, DP).await, "who is there stays");
    })
    .await;
}

/// kumahq/kuma#6654: both are scaled down together. Whichever comes first, another control plane finds nothing after a lease.
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_to_dataplane_and_control_plane_together_leaves_no_row() {
    each_store(|scene| async move {
        let leased = ["--grace", "1h", "--lease", "600ms"];
        let _other = Process::control_plane(&scene, "cp2", "fixed", &leased);
        for dataplane_first in [true, false] {
            let mut cp = Process::control_plane(&scene, "cp1", "fixed", &leased);
            let mut dp = Process::dataplane(DP, &[&cp]);
            until("it is online", || online(&scene.store, DP)).await;
            if dataplane_first {
                dp.signal(Signal::TERM);
                cp.signal(Signal::TERM);
            } else {
                cp.signal(Signal::TERM);
                dp.signal(Signal::TERM);
            }
            assert!(dp.wait().success() && cp.wait().success());
            until("no row", || async { row(&scene.store, DP).await.is_none() }).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_leaves_the_row_of_who_left_by_sigterm_and_traffic_still_goes_there() {
    each_store(|scene| async move {
        let cp = Process::control_plane(&scene, "cp1", "broken", &["--grace", "50ms"]);
        let mut dp = Process::dataplane(DP, &[&cp]);
        until("it is online", || online(&scene.store, DP)).await;
        dp.end(Signal::TERM);
        // What upstream logs is its last word on it.
        assert!(cp.says("context canceled"));
        let rows = scene.store.rows().await.expect("rows");
        assert_eq!((rows[0].name.as_str(), rows[0].status), (DP, Status::Offline));
        assert!(
            !answers(&rows[0].address, DP),
            "who takes its endpoints from there sends to the dead"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leashed_process_ends_with_whoever_started_it() {
    each_store(|scene| async move {
        let mut cp = Process::control_plane(&scene, "cp1", "fixed", &["--leashed"]);
        let mut dp =
            Process::start(&["dataplane", "--name", DP, "--connect", &cp.address, "--leashed"]);
        until("it is online", || online(&scene.store, DP)).await;
        drop(dp.child.stdin.take());
        assert!(dp.wait().success());
        drop(cp.child.stdin.take());
        assert!(cp.wait().success());
    })
    .await;
}

/// It goes on trying, and says once why.
#[tokio::test(flavor = "multi_thread")]
async fn a_dataplane_that_nobody_lets_in_says_why_and_ends_when_told() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
    let closed = closed.expect("a port").to_string();
    for (connect, told) in [(closed.as_str(), "Connection refused"), ("no host", "not let in: ")] {
        let mut dp = Process::start(&["dataplane", "--name", DP, "--connect", connect]);
        assert!(dp.says(told), "{connect}");
        assert!(dp.end(Signal::TERM).success(), "{connect}");
    }
}

/// PostgreSQL goes away while dataplanes leave, and comes back: the clean-ups that met it are made again.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_restarts_meanwhile_keeps_no_row() {
    let Some(server) = crate::store_support::own_server().await else { return };
    let url = server.url();
    let store = Store::open(&url.parse().expect("a url"), 2).await.expect("it opens");
    let args =
        ["control-plane", "--id", "cp1", "--mode", "fixed", "--grace", "50ms", "--store", &url];
    let cp = Process::start(&args);
    let mut dataplanes: Vec<_> =
        (0..4).map(|n| Process::dataplane(&format!("dp{n}"), &[&cp])).collect();
    for n in 0..4 {
        let name = format!("dp{n}");
        until("it is online", || online(&store, &name)).await;
    }
    server.stop().await.expect("it stops");
    for dp in &mut dataplanes {
        assert!(dp.end(Signal::TERM).success());
    }
    server.restart().await.expect("it comes back");
    until("no row", || async { store.rows().await.is_ok_and(|rows| rows.is_empty()) }).await;
}

async fn online(store: &Store, name: &str) -> bool {
    row(store, name).await.is_some_and(|row| row.status == Status::Online)
}

async fn owned_by(store: &Store, owner: &str) -> bool {
    row(store, DP).await.is_some_and(|row| row.owner.starts_with(owner))
}

fn answers(address: &str, name: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let mut answer = String::new();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.ends_with(name)
}

/// The example's own executable; killed when dropped.
struct Process {
    child: Child,
    address: String,
    stderr: std::sync::Mutex<BufReader<std::process::ChildStderr>>,
}

impl Process {
    fn control_plane(scene: &Scene, id: &str, mode: &str, more: &[&str]) -> Self {
        let url = &scene.argument;
        let args = ["control-plane", "--id", id, "--mode", mode, "--store", url];
        Self::start(&[&args, more].concat())
    }

    fn dataplane(name: &str, control_planes: &[&Self]) -> Self {
        let mut args = vec!["dataplane", "--name", name];
        for control_plane in control_planes {
            args.extend(["--connect", &control_plane.address]);
        }
        Self::start(&args)
    }

    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kuma-dataplane"));
        command.args(args).env_remove("RUST_LOG");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let stderr = std::sync::Mutex::new(BufReader::new(child.stderr.take().expect("piped")));
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.trim_end().to_owned();
        assert!(!address.is_empty(), "{args:?} did not start");
        Self { child, address, stderr }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }

    fn end(&mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.wait()
    }

    /// Reads its log until it says that; false when it ends first.
    fn says(&self, what: &str) -> bool {
        let mut stderr = self.stderr.lock().expect("not poisoned");
        let mut line = String::new();
        while !line.contains(what) {
            line.clear();
            if stderr.read_line(&mut line).is_ok_and(|read| read == 0) {
                return false;
            }
        }
        true
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
