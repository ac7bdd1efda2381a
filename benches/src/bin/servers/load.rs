use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{self, MissedTickBehavior, timeout};

use crate::child::Child;

/// Whether a connection is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// For all probes of a client.
    KeepAlive,
    /// For one probe, as the kubelet does.
    Anew,
}

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// So many probes in all.
    pub(crate) probes: usize,
    /// So many a second, by all; else each client asks as soon as it has its answer.
    pub(crate) rate: Option<usize>,
    /// By so many at once.
    pub(crate) clients: usize,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    /// How long it took.
    pub(crate) wall: Duration,
    /// Processor time of the server.
    pub(crate) processor: Duration,
    /// From a probe, or from its connecting, to the whole answer; sorted.
    pub(crate) waits: Vec<Duration>,
}

/// The longest that a turn may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks a server, and checks each answer.
pub(crate) fn run(child: &Child, way: Way, load: Load) -> Turn {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (processor, began) = (child.processor(), Instant::now());
    let all = async { timeout(PATIENCE, all(child.address, way, load)).await };
    let waits = runtime.block_on(all);
    let wall = began.elapsed();
    let mut waits = waits.expect("it takes too long");
    assert_eq!(waits.len(), load.probes, "each probe is answered");
    waits.sort_unstable();
    Turn { wall, processor: child.processor() - processor, waits }
}

async fn all(address: SocketAddr, way: Way, load: Load) -> Vec<Duration> {
    let each = load.probes / load.clients;
    let more = load.probes % load.clients;
    let pause =
        load.rate.map(|rate| Duration::from_secs(1).mul_f64(load.clients as f64 / rate as f64));
    let mut clients = JoinSet::new();
    for at in 0..load.clients {
        let probes = each + usize::from(at < more);
        clients.spawn(client(address, way, probes, pause));
    }
    clients.join_all().await.into_iter().flatten().collect()
}

/// One who asks so often: as soon as it can, or as often as that; when it is late it catches up.
async fn client(
    address: SocketAddr,
    way: Way,
    probes: usize,
    pause: Option<Duration>,
) -> Vec<Duration> {
    let mut ticks = pause.map(|pause| {
        let mut ticks = time::interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        ticks
    });
    let mut kept = match way {
        Way::KeepAlive => Some(connect(address).await),
        Way::Anew => None,
    };
    let mut waits = Vec::with_capacity(probes);
    for _ in 0..probes {
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        let began = Instant::now();
        match &mut kept {
            Some(stream) => probe(stream, KEEP).await,
            None => probe(&mut connect(address).await, CLOSE).await,
        }
        waits.push(began.elapsed());
    }
    waits
}

async fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.expect("a server");
    stream.set_nodelay(true).expect("a socket");
    stream
}

const KEEP: &[u8] = b"GET /readyz HTTP/1.1\r\nhost: orders\r\nuser-agent: probe\r\n\r\n";
const CLOSE: &[u8] =
    b"GET /readyz HTTP/1.1\r\nhost: orders\r\nuser-agent: probe\r\nconnection: close\r\n\r\n";

/// Asks, and reads the whole answer: as little of HTTP as will do, so that the client does not become what is measured.
async fn probe(stream: &mut TcpStream, request: &[u8]) {
    const END: &[u8] = b"\r\n\r\nok";
    stream.write_all(request).await.expect("a server that reads");
    let (mut answer, mut length) = ([0; 1_024], 0);
    while !answer[..length].ends_with(END) {
        let read = stream.read(&mut answer[length..]).await.expect("a server that answers");
        assert!(read > 0, "no whole answer: {:?}", answer[..length].escape_ascii().to_string());
        length += read;
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "another answer");
}
