//! The lame duck ends when all probers were really given that it is not ready.

use std::time::Duration;

use firstlight_http::Health;
use firstlight_ready::{LameDuck, LameDuckEnd, Phase, Readiness};
use http_body::Body;

use crate::it::answers::{call, from, now, read, request};
use crate::it::set::ready;

const HOST: [u8; 4] = [10, 0, 0, 1];

fn draining(seen: u32) -> (Readiness, firstlight_http::HealthService) {
    let (readiness, gate) = ready();
    std::mem::forget(gate);
    let service = Health::new(&readiness).service();
    drop(read(call(&service, from(HOST, 1, request("GET", "/readyz")))));
    readiness.drain_with("SIGTERM", LameDuck { seen, max: Duration::MAX });
    (readiness, service)
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_read_counts() {
    let (readiness, service) = draining(2);
    for port in [2, 3] {
        assert_eq!(readiness.phase(), Phase::Draining);
        let answer = read(call(&service, from(HOST, port, request("GET", "/readyz"))));
        assert_eq!(answer.status, 503);
    }
    assert_eq!(readiness.phase(), Phase::Stopping);
    assert_eq!(readiness.lame_duck_end(), Some(LameDuckEnd::Seen { probers: 1 }));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_made_and_not_taken_does_not_count() {
    let (readiness, service) = draining(1);
    let mut answer = call(&service, from(HOST, 2, request("GET", "/readyz")));
    drop(call(&service, from(HOST, 2, request("GET", "/readyz"))));
    assert_eq!(readiness.phase(), Phase::Draining);
    // Its last byte is taken, and the server still has it.
    let frame = std::future::poll_fn(|cx| std::pin::Pin::new(answer.body_mut()).poll_frame(cx));
    assert!(now(frame).is_some());
    assert!(answer.body().is_end_stream());
    assert_eq!(readiness.phase(), Phase::Draining);
    drop(answer);
    assert_eq!(readiness.phase(), Phase::Stopping);
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_head_counts_too() {
    let (readiness, service) = draining(1);
    drop(call(&service, from(HOST, 2, request("HEAD", "/readyz"))));
    assert_eq!(readiness.phase(), Phase::Stopping);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_see_the_drain_is_neither_counted_nor_waited_for() {
    let (readiness, service) = draining(1);
    for target in
        ["/livez", "/startupz", "/readyz/db", "/readyz?exclude=shutdown", "/nowhere", "/readyz/x"]
    {
        drop(read(call(&service, from([10, 0, 0, 2], 9, request("GET", target)))));
        assert_eq!(readiness.phase(), Phase::Draining, "{target}");
    }
    // No peer: it does not count.
    drop(read(call(&service, request("GET", "/readyz"))));
    assert_eq!(readiness.phase(), Phase::Draining);
    drop(read(call(&service, from(HOST, 9, request("GET", "/readyz?exclude=db")))));
    assert_eq!(readiness.lame_duck_end(), Some(LameDuckEnd::Seen { probers: 1 }));
}

#[tokio::test(start_paused = true)]
async fn each_prober_is_waited_for_and_an_old_spelling_of_its_address_is_the_same() {
    let (readiness, gate) = ready();
    let service = Health::new(&readiness).service();
    let mapped = "[::ffff:10.0.0.1]:5".parse().expect("an address");
    let mut spelled = request("GET", "/readyz");
    spelled.extensions_mut().insert(firstlight_http::Peer(mapped));
    drop(read(call(&service, spelled)));
    drop(read(call(&service, from([10, 0, 0, 2], 1, request("GET", "/readyz")))));
    readiness.drain_with("SIGTERM", LameDuck { seen: 1, max: Duration::MAX });
    drop(read(call(&service, from(HOST, 2, request("GET", "/readyz")))));
    assert_eq!(readiness.phase(), Phase::Draining);
    drop(read(call(&service, from([10, 0, 0, 2], 2, request("GET", "/readyz")))));
    assert_eq!(readiness.lame_duck_end(), Some(LameDuckEnd::Seen { probers: 2 }));
    drop(gate);
}
