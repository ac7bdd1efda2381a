use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use firstlight_ready::hold::Counters;

use crate::server::{Responses, Stats};
use crate::snapshot::Kind;

/// What [`Stats`] is read from.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) streams: AtomicU64,
    pub(crate) opened: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) requests: AtomicU64,
    responses: [AtomicU64; 4],
    pub(crate) acks: AtomicU64,
    pub(crate) nacks: AtomicU64,
    pub(crate) stale: AtomicU64,
    pub(crate) unknown_types: AtomicU64,
    held: AtomicU64,
    recovered: AtomicU64,
    published_incomplete: AtomicU64,
    pub(crate) silenced: AtomicU64,
}

impl Counts {
    pub(crate) fn response(&self, kind: Kind) {
        add(&self.responses[kind as usize], 1);
    }

    /// What has been held since the stream told it last.
    pub(crate) fn holds(&self, before: Counters, now: Counters) {
        add(&self.held, now.defers - before.defers);
        add(&self.recovered, now.recoveries - before.recoveries);
        add(&self.published_incomplete, now.bounded_publishes - before.bounded_publishes);
    }

    pub(crate) fn stats(&self) -> Stats {
        let of = |kind: Kind| self.responses[kind as usize].load(Relaxed);
        Stats {
            streams: self.streams.load(Relaxed),
            opened: self.opened.load(Relaxed),
            refused: self.refused.load(Relaxed),
            requests: self.requests.load(Relaxed),
            responses: Responses {
                lds: of(Kind::Listener),
                rds: of(Kind::Routes),
                cds: of(Kind::Cluster),
                eds: of(Kind::Endpoints),
            },
            acks: self.acks.load(Relaxed),
            nacks: self.nacks.load(Relaxed),
            stale: self.stale.load(Relaxed),
            unknown_types: self.unknown_types.load(Relaxed),
            held: self.held.load(Relaxed),
            recovered: self.recovered.load(Relaxed),
            published_incomplete: self.published_incomplete.load(Relaxed),
            silenced: self.silenced.load(Relaxed),
        }
    }
}

pub(crate) fn one_more(count: &AtomicU64) {
    add(count, 1);
}

fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Relaxed);
}
