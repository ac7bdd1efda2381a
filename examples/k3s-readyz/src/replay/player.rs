use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use super::playing::Playing;
use super::port::Port;
use super::service::Service;
use crate::recording::{Answer, State};

/// Turns the server from state to state, and accepts connections in those that do.
#[derive(Debug)]
pub(crate) struct Player {
    port: Port,
    service: Service,
    playing: Arc<Playing>,
    listener: Option<TcpListener>,
    /// Ends with the player.
    connections: JoinSet<()>,
}

impl Player {
    pub(crate) fn new(port: Port, service: Service, playing: Arc<Playing>) -> Self {
        Self { port, service, playing, listener: None, connections: JoinSet::new() }
    }

    /// Plays these states; the last one until the future is dropped.
    pub(crate) async fn play(mut self, states: impl Iterator<Item = State>) {
        for state in states {
            let next = self.playing.at(state.from);
            tokio::select! {
                () = sleep_until(next) => {}
                never = self.accept() => match never {},
            }
            if let Err(error) = self.turn_to(state.answer) {
                // The port is reserved: what is left is a process without file descriptors.
                support::tell(format_args!("the replay server cannot listen: {error}"));
            }
        }
        match self.accept().await {}
    }

    /// From now on this is how it meets connections and requests.
    pub(crate) fn turn_to(&mut self, answer: Answer) -> io::Result<()> {
        if answer == Answer::Refused {
            // The process is gone, and with it its listener and its connections.
            self.listener = None;
            self.connections.abort_all();
        } else if self.listener.is_none() {
            self.listener = Some(self.port.listen()?);
        }
        self.playing.turn_to(answer);
        Ok(())
    }

    async fn accept(&mut self) -> std::convert::Infallible {
        loop {
            tokio::select! {
                stream = next(self.listener.as_ref(), &self.playing) => {
                    self.playing.count_connection();
                    self.connections.spawn(self.service.clone().serve(stream));
                }
                // Forget those that have ended.
                Some(_) = self.connections.join_next() => {}
            }
        }
    }
}

/// The next connection; never, while the server refuses or stalls.
async fn next(listener: Option<&TcpListener>, playing: &Playing) -> TcpStream {
    loop {
        match listener {
            Some(listener) if matches!(playing.answer(), Answer::Http(_)) => {
                match listener.accept().await {
                    Ok((stream, _)) => return stream,
                    // No file descriptors: others need a moment to end.
                    Err(_) => sleep(Duration::from_millis(10)).await,
                }
            }
            _ => std::future::pending().await,
        }
    }
}
