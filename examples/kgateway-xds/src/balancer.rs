use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

/// How often each instance is asked whether it is ready.
const PERIOD: Duration = Duration::from_millis(250);
/// How long the answer may take.
const ANSWER: Duration = Duration::from_secs(1);
/// Of an answer this much is read: its status is in the first line.
const HEAD: u64 = 512;

/// A Service of Kubernetes: one address, whose new connections go to the instances that are ready, in turn.
///
/// Connections that are there stay where they are. With nobody ready, and with one that is gone and was not asked since, they are closed.
#[derive(Debug)]
pub(crate) struct Balancer {
    pub(crate) address: SocketAddr,
    members: Arc<Members>,
    _accepting: AbortOnDropHandle<()>,
}

#[derive(Debug, Default)]
struct Members {
    all: Mutex<Vec<Member>>,
    next: AtomicUsize,
}

#[derive(Debug)]
struct Member {
    xds: SocketAddr,
    ready: Arc<AtomicBool>,
    /// It was told to end: no new connections, whatever it says.
    ends: bool,
    _asking: AbortOnDropHandle<()>,
}

impl Balancer {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let members = Arc::new(Members::default());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&members)));
        Ok(Self { address, members, _accepting: AbortOnDropHandle::new(accepting) })
    }

    /// Asks this instance from now on.
    pub(crate) fn add(&self, xds: SocketAddr, health: SocketAddr) {
        let ready = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ready);
        let asking = tokio::spawn(async move {
            loop {
                // Only a hint for the next connection: nothing else is published through it.
                told.store(is_ready(health).await, Ordering::Relaxed);
                sleep(PERIOD).await;
            }
        });
        let member = Member { xds, ready, ends: false, _asking: AbortOnDropHandle::new(asking) };
        self.members.lock().push(member);
    }

    /// Sends an instance nobody new: Kubernetes takes a pod that is deleted out of its Service. It is asked on, as a kubelet does.
    pub(crate) fn ends(&self, xds: SocketAddr) {
        self.members.lock().iter_mut().for_each(|member| member.ends |= member.xds == xds);
    }

    /// Forgets an instance that has ended.
    pub(crate) fn remove(&self, xds: SocketAddr) {
        self.members.lock().retain(|member| member.xds != xds);
    }
}

impl Members {
    fn next(&self) -> Option<SocketAddr> {
        let all = self.lock();
        let takes = |member: &&Member| !member.ends && member.ready.load(Ordering::Relaxed);
        let ready: Vec<_> = all.iter().filter(takes).collect();
        let turn = self.next.fetch_add(1, Ordering::Relaxed).checked_rem(ready.len())?;
        ready.get(turn).map(|member| member.xds)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Member>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `/readyz` says 200; no answer is a no.
pub(crate) async fn is_ready(health: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(health).await?;
        let request = b"GET /readyz HTTP/1.1\r\nhost: instance\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut head = Vec::new();
        stream.take(HEAD).read_to_end(&mut head).await?;
        io::Result::Ok(head.starts_with(b"HTTP/1.1 200"))
    };
    matches!(timeout(ANSWER, ask).await, Ok(Ok(true)))
}

async fn accept(listener: TcpListener, members: Arc<Members>) {
    loop {
        let Ok((mut client, _)) = listener.accept().await else {
            sleep(PERIOD).await;
            continue;
        };
        let Some(to) = members.next() else { continue };
        tokio::spawn(async move {
            // Closed on either side, or never there: the client sees its connection end.
            if let Ok(mut instance) = TcpStream::connect(to).await {
                let _ = (client.set_nodelay(true), instance.set_nodelay(true));
                let _ = copy_bidirectional(&mut client, &mut instance).await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part that says who it is, and as which status of its health.
    async fn instance(name: &'static str, status: &'static str) -> (SocketAddr, SocketAddr) {
        let xds = says(name.to_owned()).await;
        (xds, says(format!("HTTP/1.1 {status}\r\n\r\n")).await)
    }

    async fn says(what: String) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.write_all(what.as_bytes()).await;
                let _ = stream.shutdown().await;
                // To the end: closed with something unread, it would take back what it has said.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        });
        address
    }

    /// Who answers a new connection; nobody: it is closed.
    async fn who(balancer: &Balancer) -> String {
        let mut stream = TcpStream::connect(balancer.address).await.expect("it listens");
        let mut name = String::new();
        let _ = stream.read_to_string(&mut name).await;
        name
    }

    async fn until(balancer: &Balancer, name: &str) {
        while who(balancer).await != name {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn new_connections_go_in_turn_to_those_that_are_ready_and_do_not_end() {
        let balancer = Balancer::start().await.expect("a port");
        assert_eq!(who(&balancer).await, "", "nobody is there");
        let (ready, health) = instance("ready", "200 OK").await;
        let (starting, not_yet) = instance("starting", "503 Service Unavailable").await;
        balancer.add(starting, not_yet);
        balancer.add(ready, health);
        until(&balancer, "ready").await;
        for _ in 0..4 {
            assert_eq!(who(&balancer).await, "ready");
        }
        let (other, health) = instance("other", "200 OK").await;
        balancer.add(other, health);
        until(&balancer, "other").await;
        let turns = [who(&balancer).await, who(&balancer).await, who(&balancer).await];
        assert_eq!(turns, ["ready", "other", "ready"]);
        balancer.ends(ready);
        assert_eq!(who(&balancer).await, "other");
        balancer.remove(other);
        assert_eq!(who(&balancer).await, "", "the one that is ready ends");
    }

    #[tokio::test]
    async fn no_answer_and_any_other_answer_is_not_ready() {
        for (answer, ready) in [
            ("HTTP/1.1 200 OK\r\n\r\n", true),
            ("HTTP/1.1 503 \r\n\r\n", false),
            ("HTTP/1.1 500 200\r\n\r\n", false),
            ("", false),
            ("garbage", false),
        ] {
            assert_eq!(is_ready(says(answer.to_owned()).await).await, ready, "{answer}");
        }
        let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = closed.local_addr().expect("bound");
        drop(closed);
        assert!(!is_ready(address).await);
    }
}
