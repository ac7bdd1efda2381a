//! The health port: it starts first, stops last, and nobody keeps a probe out.

use std::net::SocketAddr;
use std::time::Duration;

use firstlight_http::{Health, HttpError, READ_TIMEOUT, WRITE_TIMEOUT};
use firstlight_ready::{LameDuck, LameDuckEnd, Phase, Readiness};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::it::set::{SOON, connect, get, read, ready, send, starting};

type Serving = JoinHandle<Result<(), HttpError>>;

pub(crate) async fn serve(health: Health) -> (SocketAddr, Serving) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (address, tokio::spawn(health.serve(listener)))
}

/// Reads one answer of a connection that goes on.
async fn answer(stream: &mut TcpStream) -> String {
    let (mut all, mut part) = (Vec::new(), [0; 1_024]);
    loop {
        let text = String::from_utf8_lossy(&all);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).and_then(|it| it.lines().next());
            if length.is_some_and(|length| length.parse() == Ok(body.len())) {
                return text.into_owned();
            }
        }
        let read = timeout(SOON, stream.read(&mut part)).await.expect("in time").expect("read");
        assert_ne!(read, 0, "closed after {text:?}");
        all.extend_from_slice(&part[..read]);
    }
}

#[tokio::test]
async fn it_answers_from_before_ready_until_stopped() {
    let (readiness, gate) = starting();
    let (address, serving) = serve(Health::new(&readiness)).await;
    let mut kept = connect(address).await;
    let steps: [(&dyn Fn(), u16); 5] = [
        (&|| {}, 503),
        (&|| gate.ready(), 200),
        (&|| readiness.drain_with("SIGTERM", LameDuck { seen: 0, max: Duration::MAX }), 503),
        (&|| readiness.cut("again"), 503),
        (&|| {}, 503),
    ];
    for (step, status) in steps {
        step();
        let expected = format!("HTTP/1.1 {status}");
        assert!(get(address, "/readyz").await.starts_with(&expected), "{}", readiness.phase());
        kept.write_all(b"GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
        assert!(answer(&mut kept).await.starts_with(&expected), "{}", readiness.phase());
    }
    assert_eq!(readiness.phase(), Phase::Stopping);
    readiness.stopped();
    timeout(SOON, serving).await.expect("in time").expect("no panic").expect("no error");
    assert_eq!(read(&mut kept).await, "");
    TcpStream::connect(address).await.expect_err("the port is closed");
}

#[tokio::test]
async fn after_stopped_it_ends_at_once_and_dropped_it_closes_all() {
    let (readiness, _gate) = ready();
    readiness.stopped();
    let (_, serving) = serve(Health::new(&readiness)).await;
    timeout(SOON, serving).await.expect("in time").expect("no panic").expect("no error");
    let (readiness, _gate) = ready();
    let (address, serving) = serve(Health::new(&readiness)).await;
    let mut client = connect(address).await;
    client.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    assert!(answer(&mut client).await.ends_with("ok"));
    serving.abort();
    assert_eq!(read(&mut client).await, "");
}

#[tokio::test]
async fn it_counts_who_was_told_of_the_end() {
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness)).await;
    assert!(get(address, "/readyz").await.ends_with("ok"));
    readiness.drain_with("SIGTERM", LameDuck { seen: 2, max: Duration::MAX });
    for _ in 0..2 {
        assert_eq!(readiness.phase(), Phase::Draining);
        assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 503"));
    }
    let stopping = timeout(SOON, readiness.wait_phase(Phase::Stopping)).await;
    assert_eq!(stopping, Ok(Phase::Stopping));
    assert_eq!(readiness.lame_duck_end(), Some(LameDuckEnd::Seen { probers: 1 }));
}

#[tokio::test]
async fn it_counts_each_answer_of_a_connection_that_is_kept_and_pipelined_ones_too() {
    for method in ["GET", "HEAD"] {
        let (readiness, _gate) = ready();
        let (address, _serving) = serve(Health::new(&readiness)).await;
        let probe = format!("{method} /readyz HTTP/1.1\r\nhost: a\r\n\r\n");
        let livez = "GET /livez HTTP/1.1\r\nhost: a\r\n\r\n";
        readiness.drain_with("SIGTERM", LameDuck { seen: 3, max: Duration::MAX });
        let mut kept = connect(address).await;
        kept.write_all(format!("{probe}{probe}{livez}").as_bytes()).await.expect("sent");
        let mut answers = String::new();
        while !answers.ends_with("\r\n\r\nok") {
            let mut part = [0; 1_024];
            let read = timeout(SOON, kept.read(&mut part)).await.expect("in time").expect("read");
            answers.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        assert_eq!(readiness.phase(), Phase::Draining, "{method}: two of three");
        kept.write_all(probe.as_bytes()).await.expect("sent");
        let stopping = timeout(SOON, readiness.wait_phase(Phase::Stopping)).await;
        assert_eq!(stopping, Ok(Phase::Stopping), "{method}");
    }
}

#[tokio::test]
async fn half_open_requests_however_many_keep_no_probe_out() {
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness).with_max_connections(32)).await;
    let mut half_open = Vec::new();
    for round in 0..300 {
        let begun: &[u8] = if round % 2 == 0 { b"GET /readyz HTTP/1.1\r\nx: " } else { b"" };
        half_open.push(send(address, begun).await);
        if round % 30 == 0 {
            assert!(get(address, "/readyz").await.ends_with("ok"));
        }
    }
    assert!(get(address, "/readyz").await.ends_with("ok"));
    // The oldest were closed: with more than 32 open connections that cannot be.
    for stream in half_open.iter_mut().take(300 - 32) {
        assert_eq!(read(stream).await, "");
    }
}

#[tokio::test]
async fn a_connection_that_asks_outlives_those_that_do_not() {
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness).with_max_connections(4)).await;
    let mut prober = connect(address).await;
    // Kept open: it is the server that closes them.
    let mut kept = Vec::new();
    for _ in 0..50 {
        prober.write_all(b"GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
        assert!(answer(&mut prober).await.ends_with("ok"));
        let mut idle = connect(address).await;
        idle.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
        assert!(answer(&mut idle).await.ends_with("ok"));
        kept.push(idle);
    }
}

#[tokio::test]
async fn one_connection_is_the_least() {
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness).with_max_connections(0)).await;
    for _ in 0..3 {
        assert!(get(address, "/readyz").await.ends_with("ok"));
    }
}

#[tokio::test(start_paused = true)]
async fn who_sends_no_whole_request_is_closed_after_a_time() {
    let whole = b"GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n";
    // The last of them has had its answer: that is the limit of the keep-alive.
    for begun in [&b""[..], &whole[..whole.len() - 2], whole] {
        let (readiness, _gate) = ready();
        let (address, _serving) = serve(Health::new(&readiness)).await;
        let mut client = send(address, begun).await;
        let began = Instant::now();
        let mut rest = Vec::new();
        drop(client.read_to_end(&mut rest).await);
        let took = began.elapsed();
        assert!(took >= READ_TIMEOUT && took < READ_TIMEOUT * 2, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_reads_nothing_is_closed_after_a_time() {
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness)).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("set");
    let mut client = socket.connect(address).await.expect("connected");
    let many = b"GET /readyz?verbose HTTP/1.1\r\nhost: a\r\n\r\n".repeat(1_000);
    let began = Instant::now();
    // It writes until the server has closed: that reads no more than it can answer.
    while timeout(WRITE_TIMEOUT * 3, client.write_all(&many)).await.is_ok_and(|sent| sent.is_ok()) {
    }
    assert!(began.elapsed() < WRITE_TIMEOUT * 3, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_set_that_is_gone_is_no_reason_to_stop_answering() {
    let (readiness, gate): (Readiness, _) = ready();
    let (address, _serving) = serve(Health::new(&readiness)).await;
    drop((readiness, gate));
    assert!(get(address, "/livez").await.starts_with("HTTP/1.1 200"));
}
