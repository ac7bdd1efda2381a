//! The gated listener: when it accepts, and what becomes of who waits.

use std::time::Duration;

use firstlight_http::Gated;
use firstlight_ready::{Gate, Hysteresis, LameDuck, Mode, Phase, Readiness, Spec};
use futures_util::{FutureExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use crate::it::set::{SOON, connect, read, ready, send, starting};

async fn bind(readiness: &Readiness) -> Gated {
    Gated::bind("127.0.0.1:0", readiness).await.expect("a port")
}

/// The next connection, of those that must come.
async fn next(gated: &mut Gated) -> Option<tokio::net::TcpStream> {
    timeout(SOON, gated.accept()).await.expect("in time").map(|(stream, _)| stream)
}

/// Whether nobody is let in, though the acceptor had every chance.
async fn lets_nobody_in(gated: &mut Gated) -> bool {
    for _ in 0..100 {
        if gated.accept().now_or_never().is_some() {
            return false;
        }
        yield_now().await;
    }
    true
}

#[tokio::test]
async fn who_comes_early_is_neither_refused_nor_served_until_the_set_is_ready() {
    let (readiness, gate) = starting();
    let mut gated = bind(&readiness).await;
    let mut client = send(gated.local_addr(), b"early").await;
    assert!(lets_nobody_in(&mut gated).await);
    gate.ready();
    let mut server = next(&mut gated).await.expect("let in");
    assert!(server.nodelay().expect("it is open"));
    server.write_all(b"served").await.expect("written");
    drop(server);
    assert_eq!(read(&mut client).await, "served");
}

#[tokio::test]
async fn it_waits_through_whatever_is_not_ready() {
    let readiness = Readiness::new("orders").expect("a set");
    let mut gated = bind(&readiness).await;
    let _client = connect(gated.local_addr()).await;
    assert!(lets_nobody_in(&mut gated).await, "not sealed");
    let gate = readiness
        .register(Spec::new("db").mode(Mode::Live(Hysteresis::default())))
        .expect("a gate");
    readiness.seal().expect("sealed");
    assert!(lets_nobody_in(&mut gated).await, "pending");
    gate.failed("no route");
    assert!(lets_nobody_in(&mut gated).await, "failed");
    gate.ready();
    assert!(next(&mut gated).await.is_some());
    // From here on the view does not matter.
    gate.failed("no route");
    let _other = connect(gated.local_addr()).await;
    assert!(next(&mut gated).await.is_some());
}

#[tokio::test]
async fn an_empty_set_is_never_ready_and_lets_nobody_in() {
    let readiness = Readiness::new("orders").expect("a set");
    readiness.seal().expect("sealed");
    let mut gated = bind(&readiness).await;
    let _client = connect(gated.local_addr()).await;
    assert!(lets_nobody_in(&mut gated).await);
}

#[tokio::test(start_paused = true)]
async fn a_set_that_was_not_sealed_in_time_lets_in_who_waited_once_it_is() {
    let readiness = Readiness::new("orders").expect("a set");
    let gate = readiness.register(Spec::new("db").without_deadline()).expect("a gate");
    let mut gated = bind(&readiness).await;
    let _client = connect(gated.local_addr()).await;
    tokio::time::advance(Duration::from_secs(86_400)).await;
    assert!(lets_nobody_in(&mut gated).await);
    gate.ready();
    readiness.seal().expect("sealed");
    assert!(gated.accept().await.is_some());
}

#[tokio::test]
async fn a_drain_before_it_was_ready_closes_it_without_letting_anybody_in() {
    let (readiness, gate) = starting();
    let mut gated = bind(&readiness).await;
    let address = gated.local_addr();
    let mut client = connect(address).await;
    let stopping = gated.stopping();
    assert!(lets_nobody_in(&mut gated).await);
    readiness.drain("SIGTERM");
    gate.ready();
    assert!(next(&mut gated).await.is_none());
    assert!(next(&mut gated).await.is_none());
    assert_eq!(read(&mut client).await, "");
    tokio::net::TcpStream::connect(address).await.expect_err("the port is closed");
    // Still in its lame duck, and yet there is nothing more to serve.
    assert_eq!(readiness.phase(), Phase::Draining);
    timeout(SOON, stopping).await.expect("in time");
}

#[tokio::test]
async fn a_lame_duck_serves_who_comes() {
    let (readiness, _gate) = ready();
    let mut gated = bind(&readiness).await;
    let _one = connect(gated.local_addr()).await;
    assert!(next(&mut gated).await.is_some());
    readiness.drain_with("SIGTERM", LameDuck { seen: 0, max: Duration::MAX });
    let _other = connect(gated.local_addr()).await;
    assert!(next(&mut gated).await.is_some());
    let mut stopping = Box::pin(gated.stopping());
    assert!(stopping.as_mut().now_or_never().is_none());
}

#[tokio::test]
async fn who_is_in_the_backlog_at_the_end_is_served_and_not_reset() {
    let (readiness, _gate) = ready();
    let mut gated = bind(&readiness).await;
    let address = gated.local_addr();
    let mut early = send(address, b"early").await;
    assert!(next(&mut gated).await.is_some());
    assert_eq!(read(&mut early).await, "");
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(send(address, b"late").await);
    }
    readiness.cut("SIGTERM");
    assert_eq!(readiness.phase(), Phase::Stopping);
    let mut served = 0;
    while let Some(mut stream) = next(&mut gated).await {
        stream.write_all(b"served").await.expect("written");
        drop(timeout(SOON, stream.readable()).await);
        let mut sent = [0; 4];
        assert_eq!(stream.try_read(&mut sent).expect("sent"), 4);
        served += 1;
    }
    assert_eq!(served, 100);
    for mut client in clients {
        assert_eq!(read(&mut client).await, "served");
    }
    tokio::net::TcpStream::connect(address).await.expect_err("the port is closed");
}

#[tokio::test]
async fn an_acceptor_that_sleeps_is_woken_by_the_end() {
    let (readiness, _gate) = ready();
    let mut gated = bind(&readiness).await;
    let sleeping = tokio::spawn(async move { gated.accept().await.is_none() });
    for _ in 0..10 {
        yield_now().await;
    }
    readiness.cut("SIGTERM");
    assert!(timeout(SOON, sleeping).await.expect("in time").expect("no panic"));
}

#[tokio::test(start_paused = true)]
async fn the_end_comes_after_the_last_requests_could_be_read() {
    for (settle, expected) in [
        (None, Duration::from_millis(100)),
        (Some(Duration::ZERO), Duration::ZERO),
        (Some(Duration::from_secs(5)), Duration::from_secs(5)),
    ] {
        let (readiness, _gate) = ready();
        let mut gated = bind(&readiness).await;
        if let Some(settle) = settle {
            gated = gated.with_settle(settle);
        }
        let stopping = tokio::spawn(gated.stopping());
        assert!(gated.accept().now_or_never().is_none());
        readiness.cut("SIGTERM");
        let began = Instant::now();
        assert!(gated.accept().await.is_none());
        stopping.await.expect("no panic");
        let took = began.elapsed();
        assert!(took >= expected && took < expected + Duration::from_millis(5), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_nobody_asks_any_more_holds_up_the_end_for_a_second_only() {
    let (readiness, _gate) = ready();
    let gated = bind(&readiness).await;
    let stopping = gated.stopping();
    readiness.cut("SIGTERM");
    let began = Instant::now();
    stopping.await;
    assert!(began.elapsed() <= Duration::from_millis(1_105), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_listener_that_is_dropped_is_told_at_once_and_as_often_as_asked() {
    let (readiness, _gate) = ready();
    let gated = bind(&readiness).await;
    let address = gated.local_addr();
    let (one, other) = (gated.stopping(), gated.stopping());
    drop(gated);
    let began = Instant::now();
    one.await;
    other.await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn made_too_late_it_is_closed_at_once() {
    let late: [fn(&Readiness); 3] =
        [|set| set.drain("SIGTERM"), |set| set.cut("SIGTERM"), Readiness::stopped];
    for end in late {
        let (readiness, _gate) = ready();
        end(&readiness);
        let mut gated = bind(&readiness).await;
        let _client = connect(gated.local_addr()).await;
        assert!(next(&mut gated).await.is_none(), "{}", readiness.phase());
        timeout(SOON, gated.stopping()).await.expect("in time");
    }
}

#[tokio::test]
async fn two_listeners_of_one_set_open_and_close_together() {
    let (readiness, gate) = starting();
    let (mut one, mut other) = (bind(&readiness).await, bind(&readiness).await);
    let (_a, _b) = (connect(one.local_addr()).await, connect(other.local_addr()).await);
    assert!(lets_nobody_in(&mut one).await && lets_nobody_in(&mut other).await);
    gate.ready();
    assert!(next(&mut one).await.is_some() && next(&mut other).await.is_some());
    readiness.cut("SIGTERM");
    assert!(next(&mut one).await.is_none() && next(&mut other).await.is_none());
}

#[tokio::test]
async fn as_a_stream_it_has_the_same_ends() {
    let (readiness, gate) = starting();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let gated = Gated::new(listener, &readiness).expect("an address");
    assert_eq!(gated.local_addr(), address);
    let mut incoming = gated.incoming();
    let _client = connect(address).await;
    assert!(incoming.next().now_or_never().is_none());
    gate.ready();
    let accepted = timeout(SOON, incoming.next()).await.expect("in time");
    assert!(accepted.expect("a connection").is_ok());
    readiness.cut("SIGTERM");
    for _ in 0..2 {
        assert!(timeout(SOON, incoming.next()).await.expect("in time").is_none());
    }
}

#[tokio::test]
async fn answering_it_accepts_from_the_start_and_stops_like_the_other() {
    let (readiness, _gate): (Readiness, Gate) = starting();
    let mut gated = bind(&readiness).await.answering();
    let _early = connect(gated.local_addr()).await;
    assert!(next(&mut gated).await.is_some());
    readiness.drain_with("SIGTERM", LameDuck { seen: 0, max: Duration::MAX });
    let _lame = connect(gated.local_addr()).await;
    assert!(next(&mut gated).await.is_some());
    readiness.cut("SIGTERM");
    assert!(next(&mut gated).await.is_none());
}

#[test]
fn when_its_runtime_ends_it_keeps_nobody_waiting() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().expect("a runtime")
    };
    let one = runtime();
    let (readiness, gate) = one.block_on(async { ready() });
    let gated = one.block_on(bind(&readiness));
    let stopping = gated.stopping();
    drop(one);
    // The set ends with it, and so nobody waits for this listener.
    assert!(readiness.phase() >= Phase::Stopping);
    runtime().block_on(async { timeout(SOON, stopping).await.expect("in time") });
    drop((gated, gate));
}
