use std::collections::BTreeSet;
use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3::Node;
use envoy_types::pb::envoy::service::discovery::v3::{DiscoveryRequest, DiscoveryResponse};
use envoy_types::pb::google::rpc::Status;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::config::config;
use super::decode::{Invalid, decode};
use super::kind::Kind;
use super::state::State;
use super::stats::Stats;
use super::subscription::{Entry, Subscription};

/// After this long a resource that was asked for does not exist.
const DOES_NOT_EXIST: Duration = Duration::from_secs(15);
/// What of a refusal is sent.
const REFUSAL: usize = 1024;
/// What is kept of a server's reason.
const REASON: usize = 512;
/// gRPC's code of a refusal.
const INVALID_ARGUMENT: i32 = 3;

/// The client without its socket and its clock: what it is told leads to requests, and to a state.
///
/// It holds what it asked for and no other resource, so that its size is bounded by what a server may say in one message.
#[derive(Debug)]
pub(crate) struct Machine {
    target: String,
    node: String,
    known: [Subscription; 4],
    state: State,
    stats: Stats,
    backoff: Backoff,
    open: bool,
    /// Whether this stream was sent a request, and whether it has answered one.
    introduced: bool,
    answered: bool,
}

impl Machine {
    pub(crate) fn new(target: &str, node: &str) -> Self {
        let mut machine = Self {
            target: target.to_owned(),
            node: node.to_owned(),
            known: Default::default(),
            state: State::Waiting,
            stats: Stats::default(),
            backoff: Backoff::new(),
            open: false,
            introduced: false,
            answered: false,
        };
        machine.settle(None);
        machine
    }

    /// A stream is open: everything is asked for again, with the versions that are there and without a nonce.
    pub(crate) fn opened(&mut self, now: Instant) -> Vec<DiscoveryRequest> {
        self.stats.reconnects += u64::from(self.stats.streams > 0);
        self.stats.streams += 1;
        (self.open, self.introduced, self.answered) = (true, false, false);
        for known in &mut self.known {
            known.opened(now + DOES_NOT_EXIST);
        }
        self.settle(Some(now));
        let asked = |kind: &Kind| !self.known[*kind as usize].entries.is_empty();
        let kinds: Vec<_> = Kind::ALL.into_iter().filter(asked).collect();
        kinds.into_iter().map(|kind| self.request(kind, None)).collect()
    }

    /// The server said something.
    pub(crate) fn response(
        &mut self,
        now: Instant,
        response: &DiscoveryResponse,
    ) -> Vec<DiscoveryRequest> {
        self.stats.responses += 1;
        self.answered = true;
        self.backoff.reset();
        // As gRPC does: what nobody asked for is not even refused.
        let Some(kind) = Kind::of(&response.type_url) else { return Vec::new() };
        if !self.known[kind as usize].asked {
            return Vec::new();
        }
        let refusal = self.take(kind, response);
        let known = &mut self.known[kind as usize];
        known.nonce.clone_from(&response.nonce);
        match &refusal {
            None => known.version.clone_from(&response.version_info),
            Some(_) => self.stats.nacks += 1,
        }
        let changed = self.settle(Some(now));
        let mut requests = vec![self.request(kind, refusal)];
        // What a type says changes what is wanted of later ones only: this one is not among them.
        requests.extend(changed.into_iter().map(|later| self.request(later, None)));
        requests
    }

    /// The time that [`deadline`](Self::deadline) told has come.
    pub(crate) fn expired(&mut self, now: Instant) -> Vec<DiscoveryRequest> {
        for known in &mut self.known {
            known.expire(now);
        }
        let changed = self.settle(Some(now));
        changed.into_iter().map(|kind| self.request(kind, None)).collect()
    }

    /// The stream is gone, or could not be had; returns how long to wait before the next try.
    pub(crate) fn lost(&mut self, reason: &str, chance: f64) -> Duration {
        let useless = !self.answered;
        let reason: String = reason.chars().filter(|c| !c.is_control()).take(REASON).collect();
        self.stats.failed_tries += u64::from(useless);
        (self.open, self.answered) = (false, false);
        if useless {
            for known in &mut self.known {
                known.refused(&reason);
            }
            self.settle(None);
        }
        // One that was of use is opened again at once.
        if useless { self.backoff.next(chance) } else { Duration::ZERO }
    }

    /// When something that was asked for is to be given up.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.known.iter().filter_map(Subscription::deadline).min()
    }

    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    pub(crate) const fn stats(&self) -> Stats {
        self.stats
    }

    /// Takes in the resources of a response; returns why it is refused, if it is.
    fn take(&mut self, kind: Kind, response: &DiscoveryResponse) -> Option<String> {
        let entries = &mut self.known[kind as usize].entries;
        let mut seen = BTreeSet::new();
        let mut refused = Vec::new();
        for any in &response.resources {
            let decoded =
                decode(kind, any).and_then(|(name, resource)| match seen.insert(name.clone()) {
                    true => Ok((name, resource)),
                    false => Err(Invalid { name: None, why: "is there twice" }),
                });
            match decoded {
                Ok((name, resource)) => {
                    if let Some(entry) = entries.get_mut(&name) {
                        *entry = Entry::Has(resource);
                    }
                }
                Err(Invalid { name, why }) => {
                    let name = name.unwrap_or_default();
                    refused.push(format!("{name}: {why}"));
                    match entries.get_mut(&name) {
                        // What is there is kept.
                        Some(Entry::Has(_)) | None => {}
                        Some(entry) => *entry = Entry::Lacks(format!("invalid resource: {why}")),
                    }
                    seen.insert(name);
                }
            }
        }
        if kind.is_complete() {
            for (name, entry) in entries.iter_mut() {
                // One that was never there may have been asked for too late for this response.
                if matches!(entry, Entry::Has(_)) && !seen.contains(name) {
                    *entry = Entry::Lacks("does not exist".to_owned());
                }
            }
        }
        (!refused.is_empty()).then(|| refused.join("; ").chars().take(REFUSAL).collect())
    }

    /// Draws the conclusions; returns of which types other resources are wanted now.
    fn settle(&mut self, now: Option<Instant>) -> Vec<Kind> {
        let config = config(&self.target, &self.known);
        if let Some(state) = config.state {
            let lost = matches!(self.state, State::Ready(_)) && matches!(state, State::Failed(_));
            self.stats.flickers += u64::from(lost);
            self.state = state;
        }
        let deadline = now.filter(|_| self.open).map(|now| now + DOES_NOT_EXIST);
        let mut changed = Vec::new();
        for kind in Kind::ALL {
            if self.known[kind as usize].want(&config.wanted[kind as usize], deadline) {
                changed.push(kind);
            }
        }
        changed
    }

    fn request(&mut self, kind: Kind, refusal: Option<String>) -> DiscoveryRequest {
        // Only the stream's first says who asks.
        let first = !std::mem::replace(&mut self.introduced, true);
        let node = Node { id: self.node.clone(), ..Node::default() };
        let known = &mut self.known[kind as usize];
        known.asked = true;
        DiscoveryRequest {
            version_info: known.version.clone(),
            node: first.then_some(node),
            resource_names: known.entries.keys().cloned().collect(),
            type_url: kind.type_url(),
            response_nonce: known.nonce.clone(),
            error_detail: refusal.map(|message| Status {
                code: INVALID_ARGUMENT,
                message,
                ..Status::default()
            }),
            ..DiscoveryRequest::default()
        }
    }
}
