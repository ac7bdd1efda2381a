use std::io::{self, Write};
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::dataplane::{Endpoint, Session, channel};

/// Before the next control plane is tried; doubled when all of them have failed.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long a control plane may take to let a dataplane in.
const OPEN: Duration = Duration::from_secs(5);

/// Lives until it is told to end: connected to the first of its control planes that lets it in, and to the next when that breaks or asks.
///
/// At its end the stream is closed first, then the endpoint. Its address is printed as one line.
pub(crate) async fn live(
    name: &str,
    control_planes: &[String],
    end: CancellationToken,
) -> io::Result<()> {
    let endpoint = Endpoint::open(name).await?;
    let address = endpoint.address.to_string();
    // Who has no terminal needs no address.
    let _ = writeln!(io::stdout(), "{address}");
    let mut pause = PAUSE;
    let mut told = false;
    for control_plane in control_planes.iter().cycle() {
        let session = async {
            let opened = timeout(OPEN, open(control_plane, name, &address)).await;
            opened.unwrap_or_else(|_| Err(Status::deadline_exceeded("not let in")))
        };
        let session = match end.run_until_cancelled(session).await {
            None => break,
            Some(Ok(session)) => session,
            Some(Err(error)) => {
                // Once, and only when it lasts.
                if pause == LONGEST_PAUSE && !std::mem::replace(&mut told, true) {
                    let error = error.message();
                    tracing::warn!(dataplane = name, control_plane, "not let in: {error}");
                }
                if end.run_until_cancelled(sleep(pause)).await.is_none() {
                    break;
                }
                pause = LONGEST_PAUSE.min(pause * 2);
                continue;
            }
        };
        pause = PAUSE;
        told = false;
        if stay(session, &end).await.is_none() {
            break;
        }
    }
    drop(endpoint);
    Ok(())
}

async fn open(control_plane: &str, name: &str, address: &str) -> Result<Session, Status> {
    Session::open(channel(control_plane).await?, name, address).await
}

/// Until the session is over, or `None` when the dataplane is told to end.
async fn stay(mut session: Session, end: &CancellationToken) -> Option<()> {
    loop {
        match end.run_until_cancelled(session.next()).await {
            Some(Ok(Some(config))) if !config.r#move => {}
            Some(Ok(None) | Err(_)) => return Some(()),
            Some(Ok(Some(_))) => {
                session.leave().await;
                return Some(());
            }
            None => {
                session.leave().await;
                return None;
            }
        }
    }
}
