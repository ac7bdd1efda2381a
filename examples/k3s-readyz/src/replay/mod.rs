//! A server that plays a recording: real TCP, real TLS, a port of its own.

mod credentials;
mod player;
mod playing;
mod port;
mod service;

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

pub use credentials::Credentials;

use self::player::Player;
use self::playing::Playing;
use self::port::Port;
use self::service::Service;
use crate::Error;
use crate::recording::Recording;

/// A server that plays a recording; dropping it ends it with all its connections.
#[derive(Debug)]
pub struct ReplayServer {
    url: String,
    credentials: Credentials,
    playing: Arc<Playing>,
    _player: AbortOnDropHandle<()>,
}

impl ReplayServer {
    /// Starts to play, recorded times divided by `speed`. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// When there is no port or no certificate to be had.
    pub fn start(recording: Recording, speed: f64) -> Result<Self, Error> {
        let credentials = Credentials::make()?;
        let acceptor = credentials.acceptor()?;
        let port = Port::reserve().map_err(|error| Error::Replay(error.into()))?;
        let url = format!("https://{}/readyz?verbose", port.address());
        let playing = Arc::new(Playing::new(speed));
        let service = Service::new(acceptor, recording.client_cert, Arc::clone(&playing));
        let mut player = Player::new(port, service, Arc::clone(&playing));
        let mut states = recording.states.into_iter();
        // The first state holds from the start, not from when the task runs.
        if let Some(first) = states.next() {
            player.turn_to(first.answer).map_err(|error| Error::Replay(error.into()))?;
        }
        let player = AbortOnDropHandle::new(tokio::spawn(player.play(states)));
        Ok(Self { url, credentials, playing, _player: player })
    }

    /// Where it is: `https://127.0.0.1:PORT/readyz?verbose`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whom to trust, and who to be.
    pub const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// When it began to play.
    pub fn started(&self) -> Instant {
        self.playing.started()
    }

    /// When it first was ready.
    pub fn first_ready(&self) -> Option<Instant> {
        self.playing.became_ready().first().copied()
    }

    /// Since when it had been ready at this moment, or the last time that it was.
    pub fn ready_before(&self, moment: Instant) -> Option<Instant> {
        self.playing.became_ready().into_iter().rfind(|&since| since <= moment)
    }

    /// How many TCP connections it has accepted.
    pub fn connections(&self) -> u64 {
        self.playing.connections()
    }

    /// How many requests it has answered.
    pub fn answered(&self) -> u64 {
        self.playing.answered()
    }
}
