//! One event for a change, and none for a request.

use std::time::Duration;

use firstlight_http::{Gated, Health, within};
use firstlight_ready::Phase;
use tokio::task::yield_now;
use tracing::Level;

use crate::it::log::Log;
use crate::it::server::serve;
use crate::it::set::{ask, connect, get, read, ready, send, starting};

#[tokio::test]
async fn a_listener_tells_that_it_opens_and_that_it_closes() {
    let (log, _guard) = Log::listen();
    let (readiness, gate) = starting();
    let mut gated = Gated::bind("127.0.0.1:0", &readiness).await.expect("a port");
    let address = gated.local_addr();
    gate.ready();
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(connect(address).await);
        assert!(gated.accept().await.is_some());
    }
    readiness.cut("SIGTERM");
    // The listener hears of it when its task runs; who comes until then is in the backlog.
    readiness.wait_phase(Phase::Stopping).await;
    yield_now().await;
    clients.push(connect(address).await);
    assert!(gated.accept().await.is_some());
    assert!(gated.accept().await.is_none());
    let expected = [
        (Level::INFO, format!("{address} is open: orders is ready")),
        (Level::INFO, format!("{address} is closed: orders takes no more work")),
    ];
    assert_eq!(log.lines(), expected);
    for (_, fields) in log.events() {
        let ns = |name| fields[name].parse::<u64>().expect("a number");
        assert!(ns("start_ns") <= ns("end_ns"));
        assert_eq!((&*fields["set"], &*fields["address"]), ("orders", &*address.to_string()));
    }
    assert_eq!(log.events()[1].1["last"], "1");
}

#[tokio::test]
async fn a_listener_that_never_opened_is_trouble() {
    let (log, _guard) = Log::listen();
    let (readiness, _gate) = starting();
    let mut gated = Gated::bind("127.0.0.1:0", &readiness).await.expect("a port");
    readiness.drain("SIGTERM");
    assert!(gated.accept().await.is_none());
    let line = format!(
        "{} is closed and never was open: orders ends before it was ready",
        gated.local_addr()
    );
    assert_eq!(log.lines(), [(Level::WARN, line)]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_cut_is_trouble() {
    let (log, _guard) = Log::listen();
    let (readiness, _gate) = ready();
    readiness.cut("SIGTERM");
    let ended = within(&readiness, Duration::from_secs(10), std::future::pending::<()>()).await;
    assert!(!ended.is_finished());
    let line = "the server of orders is cut: it has not finished within 10s";
    assert_eq!(log.lines(), [(Level::WARN, line.to_owned())]);
    let fields = &log.events()[0].1;
    let ns = |name| fields[name].parse::<u64>().expect("a number");
    assert!(ns("end_ns") - ns("start_ns") >= 10_000_000_000);
}

#[tokio::test]
async fn a_full_health_port_is_told_once_until_there_is_room_again() {
    let (log, _guard) = Log::listen();
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness).with_max_connections(8)).await;
    for _ in 0..2 {
        let mut half_open = Vec::new();
        for _ in 0..40 {
            half_open.push(send(address, b"GET").await);
        }
        assert!(get(address, "/readyz").await.ends_with("ok"));
        for stream in half_open.iter_mut().take(30) {
            assert_eq!(read(stream).await, "");
        }
        drop(half_open);
        while log.lines().len() % 2 == 1 {
            assert!(get(address, "/readyz").await.ends_with("ok"));
        }
    }
    let lines = log.lines();
    let levels: Vec<_> = lines.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, [Level::WARN, Level::INFO, Level::WARN, Level::INFO], "{lines:?}");
    let full = format!("health port {address} is full: of 8 connections the most idle are closed");
    assert_eq!(lines[0].1, full);
    assert_eq!(
        lines[1].1,
        format!("health port {address} has room again; 33 connections were closed")
    );
}

#[tokio::test]
async fn ten_thousand_probes_are_answered_and_tell_the_log_nothing() {
    let (log, _guard) = Log::listen();
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness)).await;
    let kept = "GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n".repeat(99);
    let last = "GET /readyz?verbose HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    for _ in 0..100 {
        let answers = ask(address, format!("{kept}{last}").as_bytes()).await;
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 100);
    }
    assert_eq!(log.lines(), []);
}
