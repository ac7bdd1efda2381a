use std::io;
use std::path::Path;

use firstlight_poll::ErrorClass;
use tokio::net::UnixStream;

use crate::attempt::Attempt;
use crate::net::route::Stream;
use crate::phase::Phase;
use crate::trouble::Trouble;

/// Connects to a socket file.
pub(crate) async fn open(path: &Path, attempt: Attempt) -> Result<Stream, Trouble> {
    let connect = async { UnixStream::connect(path).await.map_err(|error| trouble(path, &error)) };
    Ok(Box::new(attempt.phase(Phase::Connect, connect).await?))
}

fn trouble(path: &Path, error: &io::Error) -> Trouble {
    if path.as_os_str().is_empty() {
        return Trouble::new(ErrorClass::Config, "the socket file's path is empty");
    }
    match error.kind() {
        io::ErrorKind::NotFound => Trouble::new(ErrorClass::Missing, "no such socket file"),
        io::ErrorKind::InvalidInput => {
            let has_nul = path.as_os_str().as_encoded_bytes().contains(&0);
            let what = if has_nul { "holds a NUL byte" } else { "is too long" };
            Trouble::new(ErrorClass::Config, format!("the socket file's path {what}"))
        }
        // The queue of a unix socket that is full does not make the caller wait, as TCP's does.
        io::ErrorKind::WouldBlock => {
            Trouble::new(ErrorClass::Refused, "the socket's queue is full")
        }
        _ => Trouble::from_error(error),
    }
}
