use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use ads::{Ads, translate};
use firstlight_http::{Ended, within};
use firstlight_ready::{LameDuck, Phase, Readiness, Signals};
use metrics_exporter_prometheus::PrometheusBuilder;
use support::{Mode, Outcome};
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::election::{Candidate, Times};
use crate::options::ServeOptions;
use crate::source::Source;
use crate::told::Told;
use crate::{Error, NAME, Settings, Watches, broken, fixed, health, start};

/// How long streams have to end by themselves. They last as long as their clients: it is of no use to wait long.
const STREAMS: Duration = Duration::from_millis(500);

/// How long the last answer about the health may take.
const LAST_ANSWER: Duration = Duration::from_millis(200);

/// Serves until a signal ends it: `serve` of the command line.
///
/// Its first line on standard output says where it is: `xds=ADDRESS health=ADDRESS api=URL`. The outcome is ready after a signal, and the
/// deadline when a gate did not open in time. Whoever leads gives the lease back when the drain begins.
///
/// # Errors
/// When it cannot be set up, or a part of it ends that should not.
pub async fn serve(options: ServeOptions) -> Result<Outcome, Error> {
    let signals = Signals::install()?;
    let (health, port) = (bind(options.health).await?, reserve(options.listen)?);
    let (at, health_at) = (port.local_addr()?, health.local_addr()?);
    let recorder = PrometheusBuilder::new().build_recorder();
    let text = recorder.handle();
    // Another one is there only in a test of somebody's own.
    let _ = metrics::set_global_recorder(recorder);

    let source = Source::open(&options).await?;
    let times = Times::of_lease(options.lease);
    let (candidate, leadership) = Candidate::new(source.client.clone(), NAME, &options.id, times);
    let settings = Settings {
        within: options.within,
        build: options.build,
        translation: translate::Options::new(&options.class),
    };
    let watches = Watches::of(&source.client);
    let plane = start(options.mode, settings, watches, leadership.clone())?;
    let readiness = plane.readiness.clone();
    let ads = Ads::new(plane.snapshots.clone(), ads::Settings::default());
    let server = match options.mode {
        Mode::Broken => broken::serve(port, &plane, &ads),
        Mode::Fixed => fixed::serve(port, &plane, &ads)?,
    };
    signals.drain(&readiness, LameDuck { max: options.drain, ..LameDuck::default() });
    if options.leashed {
        leash(readiness.clone());
    }
    let told = Told::new(&plane, leadership);
    let health = health::serve(health, readiness.clone(), plane.metrics, told, text);
    let mut health = AbortOnDropHandle::new(tokio::spawn(health));
    let draining = readiness.wait_phase(Phase::Draining);
    let candidate = candidate.run(async move {
        draining.await;
    });
    let candidate = AbortOnDropHandle::new(tokio::spawn(candidate));
    // Who has no terminal needs no address.
    let mut out = io::stdout();
    let _ =
        writeln!(out, "xds={at} health={health_at} api={}", source.url).and_then(|()| out.flush());

    let mut serving = pin!(async {
        let silence = async {
            readiness.wait_phase(Phase::Stopping).await;
            // What is torn down from here on is nobody's news.
            ads.silence();
        };
        let server = async {
            let ended = within(&readiness, STREAMS, server).await;
            // Before its time: then nobody has told the others.
            readiness.cut("the xDS server has ended");
            ended
        };
        tokio::join!(server, silence).0
    });
    let (outcome, ended) = tokio::select! {
        biased;
        ended = &mut serving => (Outcome::Ready, ended),
        reason = gave_up(&readiness) => {
            support::tell(format_args!("error: not ready in time: {reason}"));
            readiness.cut("not ready in time");
            (Outcome::Deadline, serving.await)
        }
        _ = plane.loops => return Err(Error::Ended("the loop that reads the inputs")),
        _ = &mut health => return Err(Error::Ended("the health server")),
    };
    // It has its own bound; a lease that could not be given back expires.
    let _ = candidate.await;
    readiness.stopped();
    // Nobody waits for it any more.
    let _ = timeout(LAST_ANSWER, health).await;
    match ended {
        Ended::Finished { output, .. } => output.map(|()| outcome),
        // Streams that were cut are told by the server.
        Ended::Cut { .. } => Ok(outcome),
    }
}

/// Ends when it does not become ready, with the reason.
async fn gave_up(readiness: &Readiness) -> String {
    match readiness.wait().await {
        Err(not_ready) if readiness.phase() == Phase::Serving => not_ready.to_string(),
        // A signal came first, or it is ready: from then on nothing takes it back.
        _ => std::future::pending().await,
    }
}

fn leash(readiness: Readiness) {
    let gone = CancellationToken::new();
    support::leash(gone.clone());
    tokio::spawn(async move {
        gone.cancelled().await;
        readiness.cut("standard input has ended");
    });
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

/// Has the port, and does not listen: whoever comes is refused, until one of the two sides listens.
fn reserve(address: SocketAddr) -> Result<TcpSocket, Error> {
    let reserved = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // So that an instance can follow another one at once, as a listener of tokio's own can.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    };
    reserved().map_err(|source| Error::Listen { address, source })
}
