use std::sync::Arc;

use crate::server::ask::Ask;
use crate::server::names::Names;
use crate::snapshot::{Kind, Resource, Resources};

/// So many resources are remembered of responses whose fate is not known.
const PERHAPS: usize = 16_384;

/// What one stream is told of one type: what is asked for, what the client has, what is on its way.
#[derive(Debug, Default)]
pub(crate) struct Subscription {
    /// `None`: it has not asked.
    pub(crate) names: Option<Names>,
    /// Its first request told a version: it runs with something that we do not know.
    pub(crate) warm: bool,
    /// It has accepted an answer since: of a type that is told in full, all that it has is known.
    known: bool,
    /// An answer is due, also when it says nothing new.
    pub(crate) owes: bool,
    /// Of the last response; 0: there was none.
    nonce: u64,
    version: Option<Arc<str>>,
    /// What that response said, until it is accepted or refused.
    pub(crate) on_its_way: Option<Resources>,
    /// What the client has accepted, and still asks for.
    pub(crate) has: Resources,
    /// What it has refused last, and is not sent again.
    refused: Option<Resources>,
    /// What it has perhaps: of responses whose fate is not known.
    pub(crate) perhaps: Resources,
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A first request, or a subscription anew: answered in full.
    Subscribed,
    /// The last response is accepted.
    Acked,
    /// The last response is refused, for this reason.
    Nacked(String),
    /// It answers a response that is not the last one.
    Stale,
    /// It answers nothing: the names may have changed.
    Renamed,
}

impl Subscription {
    pub(crate) fn request(&mut self, ask: Ask) -> Heard {
        // One that answers a response which this stream never sent cannot be answering: it comes from another
        // stream, and would wait for ever.
        if ask.nonce.is_empty() || self.nonce == 0 {
            self.subscribe(ask);
            return Heard::Subscribed;
        }
        if ask.nonce.parse() != Ok(self.nonce) {
            return Heard::Stale;
        }
        let heard = match (self.on_its_way.take(), ask.error) {
            (None, _) => Heard::Renamed,
            (Some(sent), None) => {
                self.accept(ask.kind, sent);
                Heard::Acked
            }
            (Some(sent), Some(reason)) => {
                self.fear(sent.clone());
                self.refused = Some(sent);
                Heard::Nacked(reason)
            }
        };
        self.rename(ask.kind, ask.names);
        heard
    }

    /// A response was made of these.
    pub(crate) fn sent(&mut self, nonce: u64, version: Arc<str>, resources: Resources) {
        self.nonce = nonce;
        self.version = Some(version);
        self.owes = false;
        self.on_its_way = Some(resources);
    }

    pub(crate) fn version(&self) -> &str {
        self.version.as_deref().unwrap_or_default()
    }

    /// Whether it may be sent something: not while it has not answered the last response.
    pub(crate) const fn is_listening(&self) -> bool {
        self.names.is_some() && self.on_its_way.is_none()
    }

    pub(crate) fn asks_for(&self, name: &str) -> bool {
        self.names.as_ref().is_some_and(|names| names.has(name))
    }

    pub(crate) const fn asks_for_all(&self) -> bool {
        match &self.names {
            Some(names) => names.are_all(),
            None => false,
        }
    }

    /// Whether it has something that this stream did not tell it of, and that it is not known to have lost.
    pub(crate) const fn has_more(&self) -> bool {
        self.warm && !self.known
    }

    pub(crate) fn has_this(&self, resource: &Resource) -> bool {
        self.has.get(&resource.name).is_some_and(|has| has.says_the_same(resource))
    }

    /// Whether the client has it, and is not just being told that it is gone.
    pub(crate) fn keeps(&self, kind: Kind, name: &str) -> bool {
        let sent = self.on_its_way.as_ref().filter(|_| kind.is_whole_world());
        self.has.contains_key(name) && sent.is_none_or(|sent| sent.contains_key(name))
    }

    pub(crate) fn has_refused_this(&self, resource: &Resource) -> bool {
        let refused = self.refused.as_ref().and_then(|refused| refused.get(&resource.name));
        refused.is_some_and(|refused| refused.says_the_same(resource))
    }

    pub(crate) fn has_all_of(&self, resources: &Resources) -> bool {
        same(&self.has, resources)
    }

    pub(crate) fn has_refused_all_of(&self, resources: &Resources) -> bool {
        self.refused.as_ref().is_some_and(|refused| same(refused, resources))
    }

    /// A client that came back has the clusters that it asks for, or for whose endpoints: they are removed in
    /// order, too, although this stream never told of them.
    pub(crate) fn has_perhaps(&mut self, clusters: Option<&Names>) {
        if self.warm {
            let names = clusters.into_iter().flat_map(Names::named);
            self.fear(names.map(Resource::known_cluster));
        }
    }

    /// What the client has, is being sent, or has perhaps.
    pub(crate) fn may_have(&self) -> impl Iterator<Item = &Arc<Resource>> {
        let sent = self.on_its_way.iter().flat_map(|sent| sent.values());
        self.has.values().chain(sent).chain(self.perhaps.values())
    }

    /// What was told before is not known any more: perhaps the client has it, perhaps not.
    fn subscribe(&mut self, ask: Ask) {
        let had = std::mem::take(&mut self.has);
        let sent = self.on_its_way.take().unwrap_or_default();
        self.fear(had.into_iter().chain(sent));
        self.refused = None;
        self.warm = !ask.version.is_empty();
        self.known = false;
        self.owes = true;
        self.rename(ask.kind, ask.names);
        if self.warm && ask.kind == Kind::Cluster {
            let named = self.names.clone();
            self.has_perhaps(named.as_ref());
        }
    }

    /// The client has these perhaps. A client that accepts nothing, while all changes, is not kept count of for ever.
    fn fear(&mut self, resources: impl IntoIterator<Item = (Arc<str>, Arc<Resource>)>) {
        for (name, resource) in resources {
            if self.perhaps.len() < PERHAPS || self.perhaps.contains_key(&name) {
                self.perhaps.insert(name, resource);
            }
        }
    }

    fn accept(&mut self, kind: Kind, mut sent: Resources) {
        if kind.is_whole_world() {
            self.has = sent;
        } else {
            self.has.append(&mut sent);
        }
        self.known = true;
        self.refused = None;
        self.perhaps.clear();
    }

    fn rename(&mut self, kind: Kind, names: Vec<String>) {
        let names = Names::of(kind, names, self.names.as_ref());
        let more = self.names.as_ref().is_none_or(|before| names.ask_for_more_than(before));
        // Of the others, what is added is sent since the client has not got it.
        self.owes |= more && kind.is_whole_world();
        self.has.retain(|name, _| names.has(name));
        self.perhaps.retain(|name, _| names.has(name));
        self.names = Some(names);
    }
}

fn same(one: &Resources, other: &Resources) -> bool {
    one.len() == other.len()
        && one.values().zip(other.values()).all(|(one, other)| {
            Arc::ptr_eq(one, other) || (one.name == other.name && one.says_the_same(other))
        })
}
