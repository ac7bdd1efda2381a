//! Peers that misbehave: every one ends within the attempt's time, with its class and the phase where it hung.

use std::time::Duration;

use firstlight_poll::ErrorClass;
use firstlight_probe::HttpProbe;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::support::{LONG, SHORT, Server, assert_class, attempt, check, nobody, request};

/// What a peer does with a connection.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Silent,
    SilentAfterRequest,
    ClosedAtOnce,
    ClosedAfterRequest,
    Reset,
    SlowHeaders,
    EndlessHeaders,
    HugeHeader,
    Garbage,
    BodyCutShort,
    BodyThatHangs,
    SlowBody,
    BadChunks,
    SwitchesProtocols,
}

async fn act(fault: Fault, mut stream: TcpStream) {
    if !matches!(fault, Fault::Silent | Fault::ClosedAtOnce) {
        request(&mut stream).await;
    }
    match fault {
        Fault::ClosedAtOnce | Fault::ClosedAfterRequest => return,
        Fault::Reset => return stream.set_zero_linger().expect("linger"),
        Fault::SlowHeaders => trickle(&mut stream, "HTTP/1.1 200 OK\r\nx: ", "y").await,
        Fault::EndlessHeaders => flood(&mut stream, "HTTP/1.1 200 OK\r\n", "x: y\r\n").await,
        Fault::HugeHeader => {
            let header = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
            let _ = stream.write_all(header.as_bytes()).await;
        }
        Fault::Garbage => say(&mut stream, "SSH-2.0-OpenSSH_9.6\r\n").await,
        Fault::BodyCutShort => {
            return say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").await;
        }
        Fault::BodyThatHangs => {
            say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").await;
        }
        Fault::SlowBody => trickle(&mut stream, "HTTP/1.1 200 OK\r\n\r\n", "z").await,
        Fault::BadChunks => {
            say(&mut stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n").await;
        }
        Fault::SwitchesProtocols => {
            say(&mut stream, "HTTP/1.1 101 S\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n").await;
        }
        Fault::Silent | Fault::SilentAfterRequest => {}
    }
    // Held open until the probe lets go.
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

async fn say(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes()).await;
}

async fn trickle(stream: &mut TcpStream, head: &str, drop: &str) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    say(stream, head).await;
    while stream.write_all(drop.as_bytes()).await.is_ok() {
        ticks.tick().await;
    }
}

async fn flood(stream: &mut TcpStream, head: &str, drop: &str) {
    say(stream, head).await;
    while stream.write_all(drop.repeat(1000).as_bytes()).await.is_ok() {}
}

#[tokio::test]
async fn each_fault_of_a_peer_has_its_class_and_its_words() {
    for (fault, timeout, class, words) in [
        (Fault::Silent, SHORT, ErrorClass::Timeout, "failed: no answer in time"),
        (Fault::SilentAfterRequest, SHORT, ErrorClass::Timeout, "failed: no answer in time"),
        (Fault::SlowHeaders, SHORT, ErrorClass::Timeout, "failed: no answer in time"),
        (Fault::BodyThatHangs, SHORT, ErrorClass::Timeout, "failed: body: no end in time"),
        (Fault::SlowBody, SHORT, ErrorClass::Timeout, "failed: body: no end in time"),
        (Fault::ClosedAfterRequest, LONG, ErrorClass::Closed, "failed: connection closed before"),
        (Fault::BodyCutShort, LONG, ErrorClass::Closed, "failed: connection closed before"),
        (Fault::Reset, LONG, ErrorClass::Reset, "failed: connection reset by the peer"),
        (Fault::HugeHeader, LONG, ErrorClass::Protocol, "failed: no HTTP answer: "),
        (Fault::EndlessHeaders, LONG, ErrorClass::Protocol, "failed: no HTTP answer: "),
        (Fault::Garbage, LONG, ErrorClass::Protocol, "failed: no HTTP answer: "),
        (Fault::BadChunks, LONG, ErrorClass::Protocol, "failed: no HTTP answer: "),
        (Fault::SwitchesProtocols, LONG, ErrorClass::Protocol, "failed: "),
    ] {
        let server = Server::start(move |stream, _| act(fault, stream)).await;
        let verdict = attempt(timeout, |cx| server.probe("/readyz").check(cx)).await;
        println!("{fault:?}");
        assert_class(&verdict, class, words);
    }
}

#[tokio::test]
async fn a_peer_that_closes_at_once_is_closed_or_reset() {
    // Which of the two depends on whether the request was on its way.
    let server = Server::start(|stream, _| act(Fault::ClosedAtOnce, stream)).await;
    let found = check(&server.probe("/")).await;
    assert!(found.starts_with("closed: ") || found.starts_with("reset: "), "{found}");
}

#[tokio::test]
async fn an_endless_body_is_cut_and_judged() {
    let server = Server::start(|mut stream, _| async move {
        request(&mut stream).await;
        flood(&mut stream, "HTTP/1.1 200 OK\r\n\r\n", "0123456789").await;
    })
    .await;
    let probe = server.probe("/").with_max_body(1000);
    match attempt(LONG, |cx| probe.check(cx)).await {
        firstlight_poll::Verdict::Ready(answer) => {
            assert_eq!(answer.body, "0123456789".repeat(100))
        }
        verdict => panic!("{}", super::support::line(&verdict)),
    }
    let none = check(&server.probe("/").with_max_body(0)).await;
    assert_eq!(none, "ready");
}

#[tokio::test]
async fn an_attempt_that_hangs_ends_before_the_wait_ends_it() {
    let server = Server::start(|stream, _| act(Fault::Silent, stream)).await;
    let probe = server.probe("/readyz?token=hunter2");
    let verdict = attempt(SHORT, |cx| probe.check(cx)).await;
    let expected = format!(
        "timeout: GET http://{}/readyz?token=[redacted] failed: no answer in time",
        server.address
    );
    assert_eq!(super::support::line(&verdict), expected);
}

#[tokio::test]
async fn nobody_listens_is_refused() {
    let nobody = nobody();
    let address = nobody.address;
    let probe = HttpProbe::new(&format!("http://{address}/readyz")).expect("probe");
    let expected = format!("refused: GET http://{address}/readyz failed: connection refused");
    assert_eq!(check(&probe).await, expected);
}

#[tokio::test]
async fn a_half_open_connection_is_a_time_out() {
    // The queue is full: the kernel drops what comes, as a dead host would.
    let socket = TcpSocket::new_v4().expect("socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("bind");
    let listener = socket.listen(0).expect("listen");
    let address = listener.local_addr().expect("bound");
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(SHORT, TcpStream::connect(address)).await {
        queued.push(stream);
        assert!(queued.len() < 1000, "a queue of 0 takes them all");
    }
    let probe = HttpProbe::new(&format!("http://{address}/")).expect("probe");
    let verdict = attempt(SHORT, |cx| probe.check(cx)).await;
    assert_class(&verdict, ErrorClass::Timeout, "failed: connect: no answer in time");
}

#[tokio::test]
async fn an_unknown_name_is_a_failed_look_up() {
    let probe = HttpProbe::new("http://nowhere.invalid/").expect("probe");
    let found = check(&probe).await;
    assert!(
        found.starts_with("name-lookup: GET http://nowhere.invalid/ failed: name look-up: "),
        "{found}"
    );
}

#[tokio::test]
async fn headers_without_end_are_an_error_and_not_memory() {
    for (head, flood) in [("", "x: y\r\n"), ("x: ", "yyyyyyyy")] {
        let server = Server::start(move |mut stream, seen| async move {
            super::support::request(&mut stream).await.expect("request");
            let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}").as_bytes()).await;
            let flood = flood.repeat(1024);
            while stream.write_all(flood.as_bytes()).await.is_ok() {
                seen.push(String::new());
            }
        })
        .await;
        let probe = server.probe("/");
        let verdict = attempt(LONG, |cx| probe.check(cx)).await;
        assert_class(&verdict, ErrorClass::Protocol, "no HTTP answer");
        // What the kernel holds on both sides is some MiB; the server could go on for ever.
        let written = server.requests().len() * flood.len() * 1024;
        assert!(written < 64 << 20, "{written} bytes were taken");
    }
}
