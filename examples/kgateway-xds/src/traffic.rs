use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ads::client::{Client, State};
use firstlight_grpc::wire::HealthCheckRequest;
use firstlight_grpc::wire::health_check_response::ServingStatus;
use firstlight_grpc::wire::health_client::HealthClient;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use crate::Error;
use crate::measure::Call;

/// What is called: `xds:///echo.local`.
pub(crate) const NAME: &str = "echo.local";
/// How long a call may take; the first one of a client waits for its configuration, too.
const DEADLINE: Duration = Duration::from_secs(1);
const FIRST_DEADLINE: Duration = Duration::from_secs(5);

/// A channel to that name: what it calls, and whether it can, is the control plane's word.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) client: Client,
    channels: Mutex<BTreeMap<SocketAddr, Channel>>,
    next: AtomicUsize,
}

impl Caller {
    /// One whose control plane is at this address.
    pub(crate) fn new(control_plane: SocketAddr) -> Arc<Self> {
        let client = Client::start(control_plane, NAME);
        Arc::new(Self { client, channels: Mutex::default(), next: AtomicUsize::new(0) })
    }

    /// The first call of a client that has just come.
    pub(crate) async fn first_call(self: Arc<Self>) -> Call {
        self.call(FIRST_DEADLINE).await
    }

    /// Calls so often until it is over, whether the ones before have been answered or not.
    pub(crate) async fn keep_calling(
        self: Arc<Self>,
        every: Duration,
        over: CancellationToken,
    ) -> Vec<Call> {
        let mut calls = Vec::new();
        let mut running = JoinSet::new();
        let mut ticks = interval(every);
        // A machine that is late is not helped by more at once.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while over.run_until_cancelled(ticks.tick()).await.is_some() {
            let caller = Arc::clone(&self);
            running.spawn(async move { caller.call(DEADLINE).await });
            while let Some(ended) = running.try_join_next() {
                calls.extend(ended);
            }
        }
        // Each has its deadline.
        while let Some(ended) = running.join_next().await {
            calls.extend(ended);
        }
        calls
    }

    /// Without "wait for ready": it waits for a first configuration, and fails where there is none any more.
    async fn call(&self, deadline: Duration) -> Call {
        let sent = Instant::now();
        let ok = timeout(deadline, self.answered()).await.unwrap_or(false);
        Call { sent, ok }
    }

    async fn answered(&self) -> bool {
        let mut config = self.client.config();
        let to = match config.wait_for(|state| *state != State::Waiting).await.as_deref() {
            Ok(State::Ready(addresses)) => {
                let turn = self.next.fetch_add(1, Ordering::Relaxed).checked_rem(addresses.len());
                turn.and_then(|turn| addresses.get(turn).copied())
            }
            Ok(State::Waiting | State::Failed(_)) | Err(_) => None,
        };
        let Some(Ok(channel)) = to.map(|to| self.channel(to)) else { return false };
        let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await;
        answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
    }

    fn channel(&self, to: SocketAddr) -> Result<Channel, Error> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(&to) {
            return Ok(channel.clone());
        }
        let endpoint =
            Endpoint::from_shared(format!("http://{to}")).map_err(std::io::Error::other)?;
        let channel = endpoint.connect_lazy();
        channels.insert(to, channel.clone());
        Ok(channel)
    }
}
