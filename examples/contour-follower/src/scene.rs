use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ads::client::{Client, State};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube_standin::Standin;
use support::{Mode, Process, Stage};
use tokio::time::{Instant, sleep, timeout};

use crate::objects::{HOST, resource, wrong};
use crate::probe::Probe;
use crate::{Error, NAME, Options};

/// How long whatever must come may take on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// How long nothing may come until that is taken for nothing.
const NOTHING: Duration = Duration::from_millis(400);
/// How long a build takes: time enough to be seen too early in.
const BUILD: Duration = Duration::from_millis(200);
/// How often the scene is looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(10);

/// An API server without objects, two instances, and a client of each.
pub(crate) struct Scene<'a> {
    mode: Mode,
    options: &'a Options,
    stage: &'a Stage,
    pub(crate) api: Standin,
    pub(crate) instances: Vec<Instance>,
}

/// One control plane, and a client that was there first.
pub(crate) struct Instance {
    pub(crate) id: &'static str,
    pub(crate) process: Process,
    pub(crate) began: Instant,
    pub(crate) probe: Probe,
    pub(crate) client: Client,
}

impl<'a> Scene<'a> {
    pub(crate) async fn set(
        mode: Mode,
        options: &'a Options,
        stage: &'a Stage,
    ) -> Result<Self, Error> {
        let api = Standin::start(([127, 0, 0, 1], 0).into()).await;
        let api = api.map_err(|error| Error::Api(error.into()))?;
        let mut scene = Self { mode, options, stage, api, instances: Vec::new() };
        let (a, b) = tokio::try_join!(scene.start("a"), scene.start("b"))?;
        scene.instances.extend([a, b]);
        Ok(scene)
    }

    async fn start(&self, id: &'static str) -> Result<Instance, Error> {
        let time = |time| humantime::format_duration(time).to_string();
        let mut command = self.stage.part()?;
        command.args(["serve", "--id", id, "--mode", self.mode.as_str(), "--api", &self.api.url()]);
        command.args(["--listen", "127.0.0.1:0", "--health", "127.0.0.1:0", "--drain", "200ms"]);
        command.args(["--lease", &time(self.options.lease), "--build", &time(BUILD)]);
        let began = Instant::now();
        let process = Process::start(command).await?;
        let told = |key: &str| -> Option<SocketAddr> {
            let word = process.address.split_whitespace().find_map(|word| word.strip_prefix(key));
            word.and_then(|address| address.parse().ok())
        };
        let (Some(xds), Some(health)) = (told("xds="), told("health=")) else {
            return Err(io::Error::other("an instance does not say where it is").into());
        };
        Ok(Instance { id, began, probe: Probe(health), client: Client::start(xds, HOST), process })
    }

    /// Who holds the lease, as soon as that is somebody for whom `is` holds; nobody, if it takes too long.
    pub(crate) async fn leader(&self, is: impl Fn(&str) -> bool) -> Option<String> {
        let leases = Api::<Lease>::default_namespaced(self.api.client());
        let look = async {
            loop {
                // One that cannot be read is read again.
                let lease = leases.get_opt(NAME).await.ok().flatten();
                let holder = lease.and_then(|lease| lease.spec?.holder_identity);
                if let Some(holder) = holder.filter(|holder| is(holder)) {
                    return holder;
                }
                sleep(LOOK).await;
            }
        };
        timeout(self.options.lease.saturating_add(LONG), look).await.ok()
    }

    /// Puts the resource there, or another state of it; returns how long it took to reach the clients of all instances.
    pub(crate) async fn resource(&self, port: u16) -> Result<Option<Duration>, Error> {
        let began = Instant::now();
        for object in resource(port) {
            self.apply(object)?;
        }
        let expected = State::Ready(vec![([127, 0, 0, 1], port).into()]);
        let arrive = async {
            for instance in &self.instances {
                // It fails only when the client is gone, which is here.
                let _ = instance.client.config().wait_for(|state| *state == expected).await;
            }
        };
        Ok(timeout(LONG, arrive).await.ok().map(|()| began.elapsed()))
    }

    pub(crate) fn wrong_resource(&self) -> Result<(), Error> {
        self.apply(wrong())
    }

    pub(crate) fn right_resource(&self) -> Result<(), Error> {
        let deleted = self.api.delete("networking.k8s.io/v1", "Ingress", Some("default"), "wrong");
        deleted.map_err(|error| Error::Api(error.into()))
    }

    fn apply(&self, object: serde_json::Value) -> Result<(), Error> {
        self.api.apply(object).map(|_| ()).map_err(|error| Error::Api(error.into()))
    }

    /// What an operator reads of the last instance, once it is something else; what it was, when it stays that.
    pub(crate) async fn words_after(&self, before: Option<&str>) -> Option<String> {
        let probe = self.instances.last()?.probe;
        let patience = match self.mode {
            // It has but one thing to say, however long one waits.
            Mode::Broken => NOTHING,
            Mode::Fixed => LONG,
        };
        let look = async {
            loop {
                match probe.words().await {
                    Some(words) if Some(&*words) != before => return words,
                    _ => sleep(LOOK).await,
                }
            }
        };
        match timeout(patience, look).await {
            Ok(words) => Some(words),
            Err(_) => probe.words().await,
        }
    }

    pub(crate) fn tell(&self, message: fmt::Arguments<'_>) {
        self.stage.tell(format_args!("{}: {message}", self.mode));
    }

    pub(crate) fn patience(&self) -> Duration {
        self.options.patience
    }

    /// Ends the rest.
    pub(crate) async fn strike(&mut self) {
        // Without their clients, whose streams would be waited for.
        let ended = self.instances.drain(..).map(|Instance { id, process, .. }| (id, process));
        let mut ended: Vec<_> = ended.collect();
        for (_, process) in &mut ended {
            // One that has ended already is no worse.
            let _ = process.terminate();
        }
        for (id, process) in &mut ended {
            if let Err(error) = process.ended(LONG).await {
                self.stage.tell(format_args!("{id}: {error}"));
            }
        }
    }
}
