use std::io::Write;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use ads::translate;
use firstlight_http::within;
use firstlight_ready::{LameDuck, Phase, Readiness, Signals};
use futures_util::FutureExt;
use metrics_exporter_prometheus::PrometheusBuilder;
use support::{Mode, Outcome};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::inputs::{Inputs, Late};
use crate::objects::Objects;
use crate::options::ServeOptions;
use crate::plane::{Plane, Settings};
use crate::source::Source;
use crate::{Error, broken, fixed, health, leash};

/// How long streams have to end by themselves. They last as long as their clients: it is of no use to wait long.
const STREAMS: Duration = Duration::from_millis(500);

/// How long the last answer about the health may take.
const LAST_ANSWER: Duration = Duration::from_millis(200);

/// Serves until a signal ends it: `serve` of the command line.
///
/// Its first line on standard output says where it is: `xds=ADDRESS health=ADDRESS api=URL`. The outcome is ready after a signal, and the
/// deadline when a gate did not open in time.
///
/// # Errors
/// When it cannot be set up, or a part of it ends that should not.
pub async fn serve(options: ServeOptions) -> Result<Outcome, Error> {
    let signals = Signals::install()?;
    let (health, listener) = (bind(options.health).await?, bind(options.listen).await?);
    let (at, health_at) = (listener.local_addr()?, health.local_addr()?);
    let recorder = PrometheusBuilder::new().build_recorder();
    let text = recorder.handle();
    // Another one is there only in a test of somebody's own.
    let _ = metrics::set_global_recorder(recorder);

    let source = Source::open(&options).await?;
    let Plane { readiness, metrics, ads, server, loops } = start(&options, listener, &source)?;
    signals.drain(&readiness, LameDuck { max: options.drain, ..LameDuck::default() });
    if options.leashed {
        leash::leash(readiness.clone());
    }
    let health = health::serve(health, readiness.clone(), metrics, text);
    let mut health = AbortOnDropHandle::new(tokio::spawn(health));
    // Who has no terminal needs no address.
    let mut out = std::io::stdout();
    let _ =
        writeln!(out, "xds={at} health={health_at} api={}", source.url).and_then(|()| out.flush());

    let mut serving = pin!(async {
        let silence = async {
            readiness.wait_phase(Phase::Stopping).await;
            // What is torn down from here on is nobody's news.
            ads.silence();
        };
        let server = async {
            // Streams that are cut are told by a line of the log.
            let _ = within(&readiness, STREAMS, server).await;
            // Before its time: then nobody has told the others.
            let by_itself = readiness.phase() == Phase::Serving;
            readiness.cut("the xDS server has ended");
            by_itself
        };
        tokio::join!(server, silence).0
    });
    let ended = tokio::select! {
        biased;
        ended = &mut serving => Ok((Outcome::Ready, ended)),
        reason = gave_up(&readiness) => {
            support::tell(format_args!("error: not ready in time: {reason}"));
            readiness.cut("not ready in time");
            Ok((Outcome::Deadline, serving.await))
        }
        _ = loops => Err(Error::Ended("the loop that reads the inputs")),
        _ = &mut health => Err(Error::Ended("the health server")),
    };
    let (outcome, by_itself) = ended?;
    readiness.stopped();
    // Nobody waits for it any more.
    let _ = timeout(LAST_ANSWER, health).await;
    if by_itself { Err(Error::Ended("the xDS server")) } else { Ok(outcome) }
}

fn start(options: &ServeOptions, listener: TcpListener, source: &Source) -> Result<Plane, Error> {
    let late = Late { by: options.source_delay, in_pieces: options.partial_source };
    let objects = match &options.service {
        Some(service) => {
            let objects = Objects::new(service, &options.backend, &options.class)?;
            objects.apply(source.client.clone()).boxed()
        }
        None => std::future::ready(()).boxed(),
    };
    let inputs = Inputs::new(&source.client, objects, late);
    let translation = translate::Options {
        envoy: options.envoy_listener,
        fallback: options.service.clone(),
        ..translate::Options::new(&options.class)
    };
    let settings = Settings { within: options.within, translation };
    match options.mode {
        Mode::Broken => broken::start(listener, settings, inputs),
        Mode::Fixed => fixed::start(listener, settings, inputs),
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

async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}
