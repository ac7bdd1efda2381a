use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};

use crate::store::described;
use crate::wire::dataplanes_client::DataplanesClient;
use crate::wire::{Ack, Config, Hello, Report, report};

/// How long a control plane may take to be reached.
const CONNECT: Duration = Duration::from_secs(2);
/// How long it may take to end a stream that has been ended from this side.
const LEAVE: Duration = Duration::from_secs(1);

/// A connection to a control plane; any number of sessions share it.
///
/// # Errors
/// When it is no address, or nobody accepts there.
pub async fn channel(address: &str) -> Result<Channel, Status> {
    let connected = async {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
        endpoint.connect_timeout(CONNECT).tcp_nodelay(true).connect().await
    };
    // "transport error" alone says nothing.
    connected.await.map_err(|error| Status::unavailable(described(error)))
}

/// A dataplane's session with a control plane, which has taken it.
///
/// Dropped, it breaks off without a word; [`leave`](Self::leave) ends it.
#[derive(Debug)]
pub struct Session {
    reports: mpsc::Sender<Report>,
    configs: Streaming<Config>,
    config: Config,
}

impl Session {
    /// Says hello, and waits for the first config.
    ///
    /// # Errors
    /// When the control plane refuses, or the stream ends first.
    pub async fn open(channel: Channel, name: &str, address: &str) -> Result<Self, Status> {
        let (reports, stream) = mpsc::channel(2);
        let hello = Hello { name: name.to_owned(), address: address.to_owned() };
        let hello = Report { report: Some(report::Report::Hello(hello)) };
        // There is room: nothing was sent before.
        let _ = reports.try_send(hello);
        let mut client = DataplanesClient::new(channel);
        let mut configs = client.connect(ReceiverStream::new(stream)).await?.into_inner();
        match configs.message().await? {
            Some(config) => Ok(Self { reports, configs, config }),
            None => Err(Status::unavailable("the stream ended without a config")),
        }
    }

    /// The last config that it was sent.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Waits for the next config; `None` when the control plane has ended the stream.
    ///
    /// # Errors
    /// When the stream breaks, or is ended with a reason.
    pub async fn next(&mut self) -> Result<Option<&Config>, Status> {
        let Some(config) = self.configs.message().await? else { return Ok(None) };
        let ack = Ack { epoch: config.epoch };
        // Who does not read its acks has them all when it reads again.
        let _ = self.reports.try_send(Report { report: Some(report::Report::Ack(ack)) });
        self.config = config;
        Ok(Some(&self.config))
    }

    /// Ends the stream, and waits a second at most for the control plane to do the same.
    pub async fn leave(self) {
        let Self { reports, mut configs, .. } = self;
        drop(reports);
        let _ = timeout(LEAVE, async { while let Ok(Some(_)) = configs.message().await {} }).await;
    }
}
