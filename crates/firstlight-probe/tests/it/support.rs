//! One attempt of a probe, and servers that do what they are told.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_poll::{AttemptTimeout, Context, ErrorClass, Verdict, Wait};
use firstlight_probe::HttpProbe;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Long enough for a machine with other things to do.
pub(crate) const LONG: Duration = Duration::from_secs(30);
/// For attempts that are meant to hang: their time-out is the event waited for.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

/// The verdict of one attempt; fails when the wait had to end it, since a probe says by itself where it hung.
pub(crate) async fn attempt<T, F>(timeout: Duration, probe: impl FnOnce(Context) -> F) -> Verdict<T>
where
    F: Future<Output = Verdict<T>>,
{
    let mut probe = Some(probe);
    let wait = Wait::local("test").with_attempt_timeout(AttemptTimeout::fixed(timeout));
    let verdict = wait.until(|cx| {
        let asked = probe.take().expect("the first attempt ends by itself")(cx);
        async move { Verdict::Ready(asked.await) }
    });
    verdict.await.expect("a verdict").value
}

/// The verdict as one line: `ready`, `pending 1/2 [etcd] …`, `overloaded 7s …`, `refused: …`.
pub(crate) fn line<T>(verdict: &Verdict<T>) -> String {
    match verdict {
        Verdict::Ready(_) => "ready".to_owned(),
        Verdict::Pending(pending) => {
            let progress = pending.progress();
            let progress = progress.map(|p| format!("{}/{} ", p.done, p.total)).unwrap_or_default();
            format!("pending {progress}[{}] {}", pending.failing().join(" "), pending.detail())
        }
        Verdict::Transient(fault) => format!("{}: {}", fault.class(), fault.message()),
        Verdict::Overloaded(o) => match o.retry_after() {
            Some(time) => format!("overloaded {time:?} {}", o.detail()),
            None => format!("overloaded {}", o.detail()),
        },
        Verdict::Fatal(fault) => format!("fatal {}: {}", fault.class(), fault.message()),
    }
}

#[track_caller]
pub(crate) fn assert_class<T>(verdict: &Verdict<T>, class: ErrorClass, part: &str) {
    match verdict {
        Verdict::Transient(fault) => {
            assert_eq!(fault.class(), class, "{fault}");
            assert!(fault.message().contains(part), "{fault:?} does not say `{part}`");
        }
        verdict => panic!("{} is no error of the class {class}", line(verdict)),
    }
}

pub(crate) async fn check(probe: &HttpProbe) -> String {
    line(&attempt(LONG, |cx| probe.check(cx)).await)
}

/// A server that gives each connection to this handler, by its number.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepted: Arc<Mutex<u32>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn start<F>(handler: impl Fn(TcpStream, Seen) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("bind");
        let address = listener.local_addr().expect("bound");
        let accepted = Arc::new(Mutex::new(0));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (counter, seen) = (Arc::clone(&accepted), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *counter.lock().expect("lock") += 1;
                tokio::spawn(handler(stream, Seen(Arc::clone(&seen))));
            }
        });
        Self { address, accepted, requests }
    }

    /// A server that answers each request on a connection with these bytes, and closes when asked to.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Vec<u8> = answer.into();
        Self::start(move |stream, seen| answer_all(stream, answer.clone(), seen)).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn probe(&self, path: &str) -> HttpProbe {
        HttpProbe::new(&self.url(path)).expect("probe")
    }

    pub(crate) fn accepted(&self) -> u32 {
        *self.accepted.lock().expect("lock")
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("lock").clone()
    }
}

/// Where a handler tells what it was asked.
#[derive(Clone)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub(crate) fn push(&self, request: String) {
        self.0.lock().expect("lock").push(request);
    }
}

pub(crate) async fn answer_all<S>(mut stream: S, answer: Vec<u8>, seen: Seen)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(head) = request(&mut stream).await {
        let is_last = head.to_ascii_lowercase().contains("connection: close");
        seen.push(head);
        if stream.write_all(&answer).await.is_err() || is_last {
            break;
        }
    }
    let _ = stream.shutdown().await;
}

/// The head of one request; `None` when the peer closes.
pub(crate) async fn request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return None,
        }
    }
    Some(String::from_utf8(head).expect("ASCII"))
}

/// An answer with this status line, these headers, and the length of this body.
pub(crate) fn answer(status: &str, headers: &[&str], body: &str) -> String {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// An address where nobody listens, and nobody else can: the port stays taken as long as this lives.
pub(crate) struct Nobody {
    pub(crate) address: SocketAddr,
    #[cfg_attr(not(feature = "grpc"), expect(dead_code, reason = "it is held"))]
    socket: TcpSocket,
}

pub(crate) fn nobody() -> Nobody {
    let socket = TcpSocket::new_v4().expect("socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("bind");
    Nobody { address: socket.local_addr().expect("bound"), socket }
}

impl Nobody {
    /// Somebody listens there at last.
    #[cfg(feature = "grpc")]
    pub(crate) fn listen(self) -> TcpListener {
        self.socket.listen(16).expect("listen")
    }
}

/// Says that a test could not run here, past the capture of the test runner.
pub(crate) fn skip(reason: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "skipped: {reason}");
}
