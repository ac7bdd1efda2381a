use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ads::client::{Client, State};
use kube_standin::Standin;
use support::{Mode, Stage};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::backends::Backend;
use crate::balancer::{Balancer, is_ready};
use crate::instance::Instance;
use crate::measure::Measured;
use crate::objects::Objects;
use crate::traffic::{Caller, NAME};
use crate::{Error, Options};

/// The class of the Ingress.
const CLASS: &str = "kgateway";
/// How long an instance may take to be ready after its source, and a client to be told.
const ARRIVE: Duration = Duration::from_secs(20);
/// How long one that nobody new is sent to serves on before it is told to end, as by a preStop hook.
///
/// Who was on the way arrives.
const PRE_STOP: Duration = Duration::from_millis(500);
/// How long an instance may take to end.
const END: Duration = Duration::from_secs(20);

/// An API server, two backends, the instances, and what stands before them.
pub(crate) struct Scene<'a> {
    mode: Mode,
    options: &'a Options,
    stage: &'a Stage,
    api: Standin,
    _backends: [Backend; 2],
    balancer: Balancer,
    instances: Vec<Instance>,
    /// From the start of each instance to the first configuration of a client that waits for it.
    firsts: JoinSet<Option<Duration>>,
    pub(crate) measured: Measured,
}

/// Why a run did not come to its end.
pub(crate) enum Stopped {
    /// An instance was not ready, or a client not told, in time.
    Late,
    Failed(Error),
}

/// An instance that may not be ready yet.
struct Started {
    began: Instant,
    health: SocketAddr,
}

impl<'a> Scene<'a> {
    pub(crate) async fn set(
        mode: Mode,
        options: &'a Options,
        stage: &'a Stage,
    ) -> Result<Self, Error> {
        let backends = [Backend::start().await?, Backend::start().await?];
        let api = Standin::start(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let api = api.map_err(|error| Error::Api(error.into()))?;
        let addresses = backends.each_ref().map(|backend| backend.address);
        Objects::new(NAME, &addresses, CLASS)?.apply(api.client()).await;
        Ok(Self {
            mode,
            options,
            stage,
            api,
            _backends: backends,
            balancer: Balancer::start().await?,
            instances: Vec::new(),
            firsts: JoinSet::new(),
            measured: Measured::default(),
        })
    }

    /// Two instances, ready and able to tell everything.
    pub(crate) async fn raise(&mut self) -> Result<(), Stopped> {
        for started in [self.start().await?, self.start().await?] {
            self.ready(started).await?;
        }
        self.told().await
    }

    /// As a Deployment does: a new one is started, and when it is ready the oldest is told to end.
    pub(crate) async fn replace(&mut self) -> Result<(), Stopped> {
        let started = self.start().await?;
        self.ready(started).await?;
        let mut oldest = self.instances.remove(0);
        self.balancer.ends(oldest.xds);
        sleep(PRE_STOP).await;
        oldest.process.terminate()?;
        oldest.process.ended(END).await?;
        self.balancer.remove(oldest.xds);
        Ok(())
    }

    /// One dies without a word, and a new one is started, as a ReplicaSet does.
    pub(crate) async fn kill(&mut self) -> Result<(), Stopped> {
        let mut killed = self.instances.remove(0);
        killed.process.kill().await?;
        let started = self.start().await?;
        self.balancer.remove(killed.xds);
        self.ready(started).await
    }

    /// Waits until each instance has told its first client everything.
    pub(crate) async fn told(&mut self) -> Result<(), Stopped> {
        while let Some(first) = self.firsts.join_next().await {
            let first = first.map_err(io::Error::other)?.ok_or(Stopped::Late)?;
            let longest = &mut self.measured.time_to_first_configuration;
            *longest = (*longest).max(Some(first));
        }
        Ok(())
    }

    /// Where clients come.
    pub(crate) fn control_plane(&self) -> SocketAddr {
        self.balancer.address
    }

    pub(crate) fn caller(&self) -> Arc<Caller> {
        Caller::new(self.control_plane())
    }

    /// Waits until the client has a configuration.
    pub(crate) async fn configured(&self, client: &Client) -> Result<(), Stopped> {
        configured(client, self.patience()).await.map(|_| ()).ok_or(Stopped::Late)
    }

    pub(crate) fn tell(&self, message: fmt::Arguments<'_>) {
        self.stage.tell(format_args!("{}: {message}", self.mode));
    }

    async fn start(&mut self) -> Result<Started, Error> {
        let time = |time| humantime::format_duration(time).to_string();
        let (delay, within) = (time(self.options.source_delay), time(self.patience()));
        let mut command = self.stage.part()?;
        command.args(["serve", "--mode", self.mode.as_str(), "--api", &self.api.url()]);
        command.args(["--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"]);
        command.args(["--source-delay", &delay, "--partial-source", "--class", CLASS]);
        // A delay that was asked for is no reason to give up.
        command.args(["--within", &within]);
        if self.mode == Mode::Broken {
            // What is ready because it runs has nobody to tell that it ends.
            command.args(["--drain", "0s"]);
        }
        let began = Instant::now();
        let instance = Instance::start(command).await?;
        let (xds, health) = (instance.xds, instance.health);
        self.instances.push(instance);
        self.balancer.add(xds, health);
        let within = self.patience();
        self.firsts.spawn(async move {
            let told = configured(&Client::start(xds, NAME), within).await;
            told.map(|at| at - began)
        });
        Ok(Started { began, health })
    }

    /// Waits until it says so.
    async fn ready(&mut self, started: Started) -> Result<(), Stopped> {
        let ready = async {
            while !is_ready(started.health).await {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(self.patience(), ready).await.map_err(|_| Stopped::Late)?;
        let longest = &mut self.measured.time_to_ready;
        *longest = (*longest).max(Some(started.began.elapsed()));
        Ok(())
    }

    fn patience(&self) -> Duration {
        self.options.source_delay.saturating_add(ARRIVE)
    }

    /// Ends the rest.
    pub(crate) async fn strike(&mut self) {
        for instance in &mut self.instances {
            // One that has ended already is no worse.
            let _ = instance.process.terminate();
        }
        for mut instance in self.instances.drain(..) {
            if let Err(error) = instance.process.ended(END).await {
                self.stage.tell(format_args!("{}: {error}", instance.xds));
            }
        }
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// When the client had its first configuration; `None` when it had none in time.
async fn configured(client: &Client, within: Duration) -> Option<Instant> {
    let mut config = client.config();
    let ready = config.wait_for(|state| matches!(state, State::Ready(_)));
    timeout(within, ready).await.ok()?.ok().map(|_| Instant::now())
}
