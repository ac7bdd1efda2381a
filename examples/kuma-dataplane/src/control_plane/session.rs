use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use crate::control_plane::Host;
use crate::control_plane::sessions::{Configs, Listed, SessionFaults};
use crate::error::Refused;
use crate::wire::{Config, Hello, Report, report};

/// How long a stream may take to say who it is.
const HELLO: Duration = Duration::from_secs(5);
/// The longest name and address that are taken.
const LONGEST: usize = 256;

/// One stream, from its hello to its end.
///
/// `scope` is what the Go original calls the stream's context: whatever is asked under it ends when the stream does.
pub(crate) async fn session(
    host: Arc<Host>,
    mut reports: Streaming<Report>,
    configs: Configs,
    faults: SessionFaults,
) {
    let hello = match timeout(HELLO, reports.message()).await {
        Ok(Ok(Some(Report { report: Some(report::Report::Hello(hello)) }))) => hello,
        _ => return refuse(&configs, Status::invalid_argument("a session begins with hello")),
    };
    let bounded = |text: &str| !text.is_empty() && text.len() <= LONGEST;
    if !bounded(&hello.name) || !bounded(&hello.address) {
        return refuse(&configs, Status::invalid_argument("no name, no address, or too long"));
    }
    tracing::Span::current().record("dataplane", &hello.name);
    let scope = CancellationToken::new();
    let over = scope.clone().drop_guard();
    // In boxes: a future of the store is larger than all else a session holds, and is not needed while it lasts.
    let connecting = Box::pin(host.lifecycle.connected(&scope, &hello.name, &hello.address));
    // The stream may end while the store is still asked.
    let connected = tokio::select! {
        biased;
        connected = connecting => connected,
        _ = reports.message() => Err(Refused::Cancelled),
        () = host.stopping.cancelled() => Err(Refused::ShuttingDown),
    };
    let connected = match connected {
        Ok(connected) => {
            let (epoch, lost) = (connected.epoch(), connected.lost());
            serve(&host, &hello, epoch, lost, &mut reports, &configs, faults).await;
            Some(connected)
        }
        Err(refused) => {
            refuse(&configs, refused.into());
            None
        }
    };
    // For the dataplane the stream is over now, whatever the clean-up takes.
    drop((configs, reports, over));
    Box::pin(host.lifecycle.disconnected(&scope, &hello.name, connected)).await;
}

/// Until the dataplane leaves, is told to, or is connected here anew.
async fn serve(
    host: &Host,
    hello: &Hello,
    epoch: u64,
    lost: CancellationToken,
    reports: &mut Streaming<Report>,
    configs: &Configs,
    faults: SessionFaults,
) {
    let control_plane = host.settings.id.clone();
    let config = Config { epoch, control_plane, r#move: false };
    let over = CancellationToken::new();
    let listed = Listed {
        configs: configs.clone(),
        config: config.clone(),
        over: over.clone(),
        faults: faults.clone(),
    };
    let _line = host.sessions.list(&hello.name, listed);
    if configs.send(Ok(config)).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            report = reports.message() => match report {
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return,
            },
            () = host.stopping.cancelled() => {
                return refuse(configs, Status::unavailable("the control plane is shutting down"));
            }
            () = faults.panic.cancelled() => panic!("injected fault"),
            () = lost.cancelled() => {
                return refuse(configs, Status::aborted("its row is gone: register anew"));
            }
            () = over.cancelled() => {
                return refuse(configs, Status::aborted("it is connected here anew"));
            }
        }
    }
}

fn refuse(configs: &mpsc::Sender<Result<Config, Status>>, status: Status) {
    // A dataplane that takes nothing any more has left.
    let _ = configs.try_send(Err(status));
}
