//! What does a stream cost the server, and how soon do a thousand clients have a new configuration?
//!
//! ```text
//! cargo run --release -p ads --example streams [-- --smoke | --changes N]
//! ```
//!
//! This process is the server, with one thread. Its clients are another one: each with a connection and a stream of its own, subscribed to
//! a listener, its routes, their cluster and its endpoints. Then the endpoints change, again and again: from the publishing of a snapshot until
//! each client follows it, and until the server has each client's word for it. Processor time and memory are the server's alone.

use std::error::Error;
use std::fs::read_to_string;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ads::client::{Client, State};
use ads::{Ads, Cluster, Endpoints, Listener, Route, RouteTable, Settings, Snapshot, VirtualHost};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

type Failure = Box<dyn Error + Send + Sync>;

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match words[..] {
        ["clients", address, clients, changes] => {
            runtime.block_on(follow(address.parse()?, clients.parse()?, changes.parse()?))
        }
        ["--smoke"] => runtime.block_on(measure(20, 2)),
        ["--changes", changes] => runtime.block_on(measure(1_000, changes.parse()?)),
        _ => runtime.block_on(measure(1_000, 21)),
    }
}

async fn measure(clients: u32, changes: u32) -> Result<(), Failure> {
    let (publisher, snapshots) = firstlight_sync::first_output("snapshot")?;
    let ads = Ads::new(snapshots, Settings::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = ads.clone().into_service();
    tokio::spawn(Server::builder().serve_with_incoming(service, TcpListenerStream::new(listener)));
    publisher.publish(snapshot(0));

    let (memory, began) = (memory()?, Began::now()?);
    let mut crowd = Crowd::start(address, clients, changes)?;
    let all_follow = began.until(&mut crowd, &ads, u64::from(clients) * 4).await?;

    let (mut took, mut settled) = (Vec::new(), 0);
    for change in 1..=changes {
        let (began, acks) = (Began::now()?, ads.stats().acks);
        publisher.publish(snapshot(change));
        took.push(began.until(&mut crowd, &ads, acks + u64::from(clients)).await?);
        if change == 1 {
            // By now each stream has the buffers that it needs.
            settled = self::memory()?;
        }
    }
    let (grown, left) = (settled - memory, self::memory()? - settled);

    println!(
        "| {clients} streams | until all follow | until all have said so | processor time each |"
    );
    println!("|---|---|---|---|");
    println!("| from the start of their process, all four types | {all_follow} |");
    took.sort_by_key(|took| took.acked);
    println!("| the endpoints change, median of {changes} | {} |", took[took.len() / 2]);
    println!("| the endpoints change, slowest of {changes} | {} |", took[took.len() - 1]);
    println!();
    println!(
        "| memory per stream, its connection with it | grown by {} changes more, all of them |",
        changes - 1
    );
    println!("|---|---|");
    println!("| {:.1} KiB | {left} KiB |", grown as f64 / f64::from(clients));
    let stats = ads.stats();
    let as_often = u64::from(clients) * u64::from(4 + changes);
    if (stats.streams, stats.nacks, stats.acks) == (u64::from(clients), 0, as_often) {
        return Ok(());
    }
    Err(format!("not each client was told everything once: {stats:?}").into())
}

/// One listener for gRPC, its route, its cluster, and three endpoints which tell the version.
fn snapshot(version: u32) -> Snapshot {
    let route = Route { prefix: "/".into(), cluster: "echo".into() };
    let hosts = vec![VirtualHost { domains: vec!["*".into()], routes: vec![route] }];
    let addresses = (1..=3).map(|host| SocketAddr::from(([10, 0, 0, host], port(version))));
    Snapshot::builder(version)
        .listener(Listener { name: "echo".into(), at: None, routes: "table".into() })
        .routes(RouteTable { name: "table".into(), hosts })
        .cluster(Cluster { name: "echo".into() })
        .endpoints(Endpoints { cluster: "echo".into(), addresses: addresses.collect() })
        .build()
}

fn port(version: u32) -> u16 {
    u16::try_from(1_000 + version).unwrap_or(u16::MAX)
}

/// The clients: says so on a line whenever all follow the next version, and stays.
async fn follow(address: SocketAddr, clients: u32, changes: u32) -> Result<(), Failure> {
    let clients: Vec<_> = (0..clients).map(|_| Client::start(address, "echo")).collect();
    for version in 0..=changes {
        for client in &clients {
            let follows = |state: &State| match state {
                State::Ready(addresses) => addresses.iter().all(|to| to.port() == port(version)),
                _ => false,
            };
            client.config().wait_for(follows).await?;
        }
        println!("{version}");
    }
    // They stay until they are ended: the last word of some is still on its way.
    std::future::pending().await
}

/// The process of the clients; it ends when this is dropped.
struct Crowd {
    process: Child,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Crowd {
    fn start(address: SocketAddr, clients: u32, changes: u32) -> Result<Self, Failure> {
        let arguments = [address.to_string(), clients.to_string(), changes.to_string()];
        let mut process = Command::new(std::env::current_exe()?)
            .arg("clients")
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("no pipe")?;
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            BufReader::new(output)
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        Ok(Self { process, lines })
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// When something began.
struct Began {
    at: Instant,
    processor: Duration,
}

/// How long it took.
struct Took {
    followed: Duration,
    acked: Duration,
    processor: Duration,
    clients: u64,
}

impl Began {
    fn now() -> Result<Self, Failure> {
        Ok(Self { processor: processor()?, at: Instant::now() })
    }

    /// Waits until all follow, and until there were so many acknowledgements.
    async fn until(self, crowd: &mut Crowd, ads: &Ads, acks: u64) -> Result<Took, Failure> {
        timeout(PATIENCE, crowd.lines.recv()).await?.ok_or("the clients are gone")?;
        let followed = self.at.elapsed();
        let acked = async {
            while ads.stats().acks < acks {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, acked).await?;
        let acked = self.at.elapsed();
        let processor = processor()? - self.processor;
        Ok(Took { followed, acked, processor, clients: ads.stats().streams })
    }
}

impl std::fmt::Display for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let each = millis(self.processor) * 1e3 / self.clients as f64;
        let (followed, acked) = (millis(self.followed), millis(self.acked));
        write!(f, "{followed:.1} ms | {acked:.1} ms | {each:.1} us")
    }
}

/// Processor time of this thread, of user and kernel; the other one only waits for lines.
fn processor() -> Result<Duration, Failure> {
    let text = read_to_string("/proc/self/schedstat")?;
    let nanos = text.split_whitespace().next().ok_or("a kernel that does not count")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

/// Memory of this process in KiB.
fn memory() -> Result<i64, Failure> {
    let text = read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no memory")?;
    Ok(line.split_whitespace().next().ok_or("no number")?.parse()?)
}
