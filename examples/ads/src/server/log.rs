use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use firstlight_clock::Clock;
use firstlight_sync::Output;

use crate::snapshot::{Kind, Snapshot};

/// As much of what clients say is told, in characters.
const TEXT: usize = 256;
/// So many missing references are told by name.
const TOLD: usize = 8;
/// So many unknown types are told; nobody has more.
const TYPES: usize = 16;
/// So many refused versions of a type are known as told.
const VERSIONS: usize = 16;

/// Tells the log once per change, however many streams see it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    clock: Clock,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    unresolved: Vec<String>,
    /// The last versions that were refused, by type.
    refused: [VecDeque<String>; 4],
    types: BTreeSet<String>,
    full: bool,
}

impl Log {
    /// A stream has taken this snapshot; one that is replaced already is not told of after the newer one.
    pub(crate) fn snapshot(&self, snapshot: &Arc<Snapshot>, snapshots: &Output<Snapshot>) {
        let unresolved = snapshot.unresolved();
        let missing: Vec<_> = unresolved.iter().take(TOLD).map(ToString::to_string).collect();
        let is_latest = || snapshots.get().is_ok_and(|latest| Arc::ptr_eq(&latest, snapshot));
        let new = self.told(|told| {
            let new = told.unresolved != missing && is_latest();
            if new {
                told.unresolved.clone_from(&missing);
            }
            new
        });
        if !new {
            return;
        }
        let now = nanos(self.clock.now());
        let (version, count) = (clean(snapshot.version()), unresolved.len());
        if missing.is_empty() {
            tracing::info!(
                target: "ads", version, start_ns = now, end_ns = now,
                "all references lead somewhere"
            );
            return;
        }
        let missing = clean(&missing.join("; "));
        tracing::warn!(
            target: "ads", version, count, start_ns = now, end_ns = now,
            "references that lead nowhere: {count}: {missing}"
        );
    }

    /// A client has refused a response; the first one of each type and version is told,
    /// as far back as [`VERSIONS`].
    pub(crate) fn refused(&self, kind: Kind, version: &str, node: &str, reason: &str) {
        let new = self.told(|told| {
            let last = &mut told.refused[kind as usize];
            let new = !last.iter().any(|last| last == version);
            if new {
                last.truncate(VERSIONS - 1);
                last.push_front(version.to_owned());
            }
            new
        });
        if new {
            let now = nanos(self.clock.now());
            let (kind, version, reason) = (kind.short(), clean(version), clean(reason));
            tracing::warn!(
                target: "ads", kind, version, node, start_ns = now, end_ns = now,
                "{node} refuses {kind} of version {version}: {reason}"
            );
        }
    }

    /// A type is asked for that is not known.
    pub(crate) fn unknown_type(&self, url: &str) {
        let url = clean(url);
        let new = self.told(|told| told.types.len() < TYPES && told.types.insert(url.clone()));
        if new {
            let now = nanos(self.clock.now());
            tracing::warn!(
                target: "ads", type_url = url, start_ns = now, end_ns = now,
                "{url} is not served; whoever asks for it hears nothing"
            );
        }
    }

    /// A stream was refused since there are too many, or let in; that it is again is told when half of them
    /// have gone, so that one which comes and goes is no change.
    pub(crate) fn full(&self, full: bool, open: u64, most: usize) {
        let few = usize::try_from(open).is_ok_and(|open| open <= most / 2);
        let new = self.told(|told| {
            let new = if full { !told.full } else { told.full && few };
            told.full = if new { full } else { told.full };
            new
        });
        if new {
            let now = nanos(self.clock.now());
            if full {
                tracing::warn!(
                    target: "ads", most, start_ns = now, end_ns = now,
                    "{most} streams are open, more are refused"
                );
            } else {
                tracing::info!(
                    target: "ads", most, start_ns = now, end_ns = now,
                    "streams are let in again"
                );
            }
        }
    }

    /// The server goes silent.
    pub(crate) fn silent(&self, streams: u64) {
        let now = nanos(self.clock.now());
        tracing::info!(
            target: "ads", streams, start_ns = now, end_ns = now,
            "silent from now on: {streams} streams keep what they have"
        );
    }

    /// A stream has ended.
    pub(crate) fn ended(&self, node: &str, began: Duration, why: &str) {
        let now = nanos(self.clock.now());
        let began = nanos(began);
        let why = clean(why);
        tracing::debug!(
            target: "ads", node, start_ns = began, end_ns = now,
            "the stream of {node} has ended: {why}"
        );
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    fn told<T>(&self, look: impl FnOnce(&mut Told) -> T) -> T {
        look(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a client says must not look like lines of ours.
pub(crate) fn clean(text: &str) -> String {
    let clean =
        |c: char| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c };
    text.chars().take(TEXT).map(clean).collect()
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_once_for_each_type_and_version_though_two_of_them_take_turns() {
        let log = Log::default();
        let is_told = |kind: Kind, version: &str| {
            let before = log.told(|told| told.refused.clone());
            log.refused(kind, version, "node", "no");
            log.told(|told| told.refused.clone()) != before
        };
        assert!(is_told(Kind::Cluster, "a") && is_told(Kind::Cluster, "b"));
        for _ in 0..10 {
            assert!(!is_told(Kind::Cluster, "a") && !is_told(Kind::Cluster, "b"));
        }
        assert!(is_told(Kind::Routes, "a"));
        for version in 0..100 {
            assert!(is_told(Kind::Cluster, &version.to_string()));
        }
        assert_eq!(log.told(|told| told.refused[Kind::Cluster as usize].len()), VERSIONS);
        assert!(is_told(Kind::Cluster, "a"), "bounded");
    }
}
