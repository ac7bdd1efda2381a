//! A process that runs out of descriptors pauses, says so once, and goes on; in a child, whose limit is low.

#![cfg(unix)]

use std::fs::File;
use std::process::Command;
use std::time::Duration;

use firstlight_http::{Gated, Health};
use tokio::time::sleep;
use tracing::Level;

use crate::it::log::Log;
use crate::it::server::serve;
use crate::it::set::{read, ready, send};

const CHILD: &str = "FIRSTLIGHT_HTTP_TEST_CHILD";
const ASK: &[u8] = b"GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

#[test]
fn descriptors_that_run_out_end_no_server_and_are_told_once() {
    if std::env::var_os(CHILD).is_some() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().expect("a runtime");
        runtime.block_on(gated());
        runtime.block_on(health_port());
        return;
    }
    let test = "it::descriptors::descriptors_that_run_out_end_no_server_and_are_told_once";
    let child = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("this binary"))
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "yes")
        .output()
        .expect("a child");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}{child:?}");
}

/// All descriptors that are left.
fn all() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

async fn gated() {
    let (log, _guard) = Log::listen();
    let (readiness, _gate) = ready();
    let mut gated = Gated::bind("127.0.0.1:0", &readiness).await.expect("a port");
    let address = gated.local_addr();
    let server = tokio::spawn(async move { gated.accept().await.is_some() });
    let mut taken = all();
    // One for the client, none for the server.
    drop(taken.pop());
    let _client = send(address, ASK).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(log.lines().len(), 2, "{:?}", log.lines());
    assert_eq!(log.lines()[1], full(address));
    drop(taken);
    assert!(server.await.expect("no panic"));
    assert_eq!(log.lines().len(), 3);
    recovered(&log, 2);
}

async fn health_port() {
    let (log, _guard) = Log::listen();
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness)).await;
    let mut taken = all();
    drop(taken.pop());
    let mut client = send(address, ASK).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(log.lines(), [full(address)]);
    drop(taken);
    assert!(read(&mut client).await.ends_with("ok"));
    assert_eq!(log.lines().len(), 2);
    recovered(&log, 1);
}

fn full(address: std::net::SocketAddr) -> (Level, String) {
    (Level::WARN, format!("{address} cannot accept: Too many open files (os error 24)"))
}

#[track_caller]
fn recovered(log: &Log, at: usize) {
    let (level, fields) = log.events().swap_remove(at);
    let failures: u64 = fields["failures"].parse().expect("a number");
    // One each 100 ms.
    assert!(level == Level::INFO && (8..=12).contains(&failures), "{fields:?}");
    assert!(fields["message"].contains("accepts again"), "{fields:?}");
}
