use std::future::Future;
use std::time::Duration;

use firstlight_clock::Clock;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, PostParams};
use kube::{Client, Error};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::lease::{given_back, record, written};
use super::{Machine, Plan, Times};

/// How long the end waits for what was sent, and for the lease to be given back: each so long at most.
const FAREWELL: Duration = Duration::from_secs(2);

const OVER: &str = "takes no part any more";
const SILENT: &str = "the API server does not answer";

/// Who leads, as one candidate knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leadership {
    /// Whether it is this candidate.
    pub leads: bool,
    /// Who holds the lease, as far as this candidate knows.
    pub holder: Option<String>,
    /// Why it knows no better: the API server does not answer, say.
    pub trouble: Option<String>,
}

/// A candidate: looks at a Lease, takes it when it may, renews it while it can.
///
/// Dropped without [`run`](Self::run) having ended, the lease stays until it expires, and the next one takes it over then.
#[derive(Debug)]
pub struct Candidate {
    leases: Api<Lease>,
    name: String,
    machine: Machine,
    clock: Clock,
    told: watch::Sender<Leadership>,
    /// The lease as it was read or written last; what is written next keeps what others have put there.
    lease: Option<Lease>,
    /// A write was sent, and what became of it is not known.
    is_in_doubt: bool,
}

impl Candidate {
    /// A candidate for the Lease of this name in the client's namespace, and what it tells.
    pub fn new(
        client: Client,
        name: &str,
        id: &str,
        times: Times,
    ) -> (Self, watch::Receiver<Leadership>) {
        let (told, tells) = watch::channel(Leadership::default());
        let candidate = Self {
            leases: Api::default_namespaced(client),
            name: name.to_owned(),
            machine: Machine::new(id, times),
            clock: Clock::new(),
            told,
            lease: None,
            is_in_doubt: false,
        };
        (candidate, tells)
    }

    /// Takes part until `end` is done; then gives the lease back, if it may hold it and the API server answers in time.
    pub async fn run(mut self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        loop {
            let is_over = {
                let mut round = std::pin::pin!(self.round());
                tokio::select! {
                    () = &mut end => {
                        // What was sent is waited for: it might arrive after the lease was given back.
                        let _ = timeout(FAREWELL, round).await;
                        true
                    }
                    () = &mut round => false,
                }
            };
            if is_over {
                break;
            }
            tokio::select! {
                () = &mut end => break,
                () = self.pause() => {}
            }
        }
        self.give_back().await;
    }

    /// One look, and one write if there is something to write, within the time that a round has.
    async fn round(&mut self) {
        let now = self.clock.now();
        // A round that hangs must not keep the one who leads from noticing that its time is over.
        let limit = self.left(now).min(self.machine.times().renew_within / 2);
        let trouble = match timeout(limit, self.look_and_write()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(SILENT.to_owned()),
        };
        self.tell(trouble);
    }

    /// Until the next round; whoever cannot renew stops leading in time, and not with the round after that.
    async fn pause(&self) {
        let retry = self.machine.times().retry;
        let left = self.left(self.clock.now());
        sleep(retry.min(left)).await;
        if left < retry {
            // Not in one statement: what is borrowed is locked, and to tell locks it too.
            let trouble = self.told.borrow().trouble.clone();
            self.tell(trouble);
            sleep(retry - left).await;
        }
    }

    /// For how long it leads without a renewal; for ever, as it were, when it does not lead.
    fn left(&self, now: Duration) -> Duration {
        let until = self.machine.leads_until().filter(|until| now < *until);
        until.map_or(Duration::MAX, |until| until - now)
    }

    async fn look_and_write(&mut self) -> Result<(), Error> {
        self.lease = self.leases.get_opt(&self.name).await?;
        let times = self.machine.times();
        let seen = self.lease.as_ref().map(|lease| record(lease, times));
        self.machine.saw(seen, self.clock.now());
        let began = self.clock.now();
        let plan = self.machine.plan(began);
        let Some(lease) = written(&self.name, &self.machine, &plan, self.lease.as_ref()) else {
            return Ok(());
        };
        let params = PostParams::default();
        self.is_in_doubt = true;
        let answer = match plan {
            Plan::Create => self.leases.create(&params, &lease).await,
            _ => self.leases.replace(&self.name, &params, &lease).await,
        };
        match answer {
            Ok(lease) => {
                self.machine.wrote(record(&lease, times), began, self.clock.now());
                self.lease = Some(lease);
                self.is_in_doubt = false;
                Ok(())
            }
            // Another one was faster; the next round sees who.
            Err(Error::Api(status)) if status.code == 409 => {
                self.is_in_doubt = false;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn tell(&self, trouble: Option<String>) {
        let leads = self.machine.leads(self.clock.now());
        let holder = self.machine.holder().map(str::to_owned);
        let now = Leadership { leads, holder, trouble };
        self.told.send_if_modified(|told| {
            let changed = *told != now;
            *told = now;
            changed
        });
    }

    /// Lets the next one take over at once. It looks first: a write that was under way when the end came may have arrived.
    async fn give_back(&mut self) {
        let began = self.clock.now();
        let held = self.is_in_doubt || self.machine.leads(began);
        self.machine.resign();
        self.tell(Some(OVER.to_owned()));
        if !held {
            return;
        }
        let given = async {
            let Some(lease) = self.leases.get_opt(&self.name).await? else { return Ok(()) };
            if record(&lease, self.machine.times()).holder != self.machine.id() {
                return Ok(());
            }
            self.leases
                .replace(&self.name, &PostParams::default(), &given_back(lease))
                .await
                .map(|_| ())
        };
        let trouble = match timeout(FAREWELL, given).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => SILENT.to_owned(),
        };
        let (start_ns, end_ns) = (nanos(began), nanos(self.clock.now()));
        tracing::warn!(
            lease = self.name,
            trouble,
            start_ns,
            end_ns,
            "the lease is not given back: it will expire"
        );
    }
}

fn nanos(at: Duration) -> u64 {
    u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)
}
