use std::collections::BTreeMap;

use tokio::sync::watch;

use crate::ALL;

/// What a stand-in has done, for [`Served`] to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Seen {
    /// A list was asked for, from its beginning; faults come after this.
    List,
    /// A further page of a list was asked for.
    Page,
    /// A watch stands: it will get every change from now on.
    Watch,
    /// A watch has ended, for whatever reason.
    WatchEnded,
    /// An object was asked for.
    Get,
    /// A create, replace, patch or delete was asked for.
    Write,
    /// A fault has struck.
    Fault,
    /// A connection was closed at once, as the server is down; counted for [`ALL`] only.
    Refused,
}

/// Counts what a stand-in has done, for tests to wait for it.
///
/// Resources are named by their plural, such as `ingresses`; [`ALL`] is their sum.
#[derive(Debug)]
pub struct Served {
    counts: watch::Sender<BTreeMap<(String, Seen), u64>>,
}

impl Served {
    pub(crate) fn new() -> Self {
        Self { counts: watch::Sender::new(BTreeMap::new()) }
    }

    /// How often it was seen so far.
    pub fn count(&self, plural: &str, seen: Seen) -> u64 {
        sum(&self.counts.borrow(), plural, seen)
    }

    /// How many watches are open now.
    pub fn watching(&self, plural: &str) -> u64 {
        watching(&self.counts.borrow(), plural)
    }

    /// Waits until it was seen so often; does not return before that.
    pub async fn reached(&self, plural: &str, seen: Seen, times: u64) {
        self.wait_for(|counts| sum(counts, plural, seen) >= times).await;
    }

    /// Waits until just so many watches are open.
    pub async fn until_watching(&self, plural: &str, watches: u64) {
        self.wait_for(|counts| watching(counts, plural) == watches).await;
    }

    /// The caller keeps to plurals that are served, so that the counts are bounded.
    pub(crate) fn saw(&self, plural: &str, seen: Seen) {
        self.counts.send_modify(|counts| {
            *counts.entry((plural.to_owned(), seen)).or_default() += 1;
        });
    }

    async fn wait_for(&self, reached: impl FnMut(&BTreeMap<(String, Seen), u64>) -> bool) {
        // It fails only without a sender, which is here.
        let _ = self.counts.subscribe().wait_for(reached).await;
    }
}

fn watching(counts: &BTreeMap<(String, Seen), u64>, plural: &str) -> u64 {
    sum(counts, plural, Seen::Watch) - sum(counts, plural, Seen::WatchEnded)
}

fn sum(counts: &BTreeMap<(String, Seen), u64>, plural: &str, seen: Seen) -> u64 {
    let of = |(of, what): &(String, Seen)| *what == seen && (plural == ALL || of == plural);
    counts.iter().filter(|(key, _)| of(key)).map(|(_, count)| count).sum()
}
