//! What is kept while nobody has said where it should go.

use std::process;
use std::time::Duration;

use tracing::{Level, Metadata};

use super::spans::{Change, Spans};
use crate::levels::ByLevel;
use crate::ring::{Entry, Ring};

/// After so many rounds what the teller logs itself is lost: else a layer that logs whenever it is told would
/// never end.
const OWN_ROUNDS: u32 = 16;

/// No process is made of this one in less: between two events that are closer together nobody looks whether
/// one was, which takes as long as keeping several.
const SHORTEST_FORK: Duration = Duration::from_micros(20);

/// Events and spans, with one count for their order.
#[derive(Debug)]
pub(super) struct Early {
    ring: Ring,
    /// The size of the ring.
    bytes: usize,
    pub(super) spans: Spans,
    next_seq: u64,
    /// What has a smaller number was taken.
    taken: u64,
    lost: ByLevel,
    /// Texts that were cut.
    cut: u64,
    round: u32,
    /// The process that has logged what is here, and when it did so last.
    pid: u32,
    last_at: Duration,
    /// Nobody configured in time: events are told as they come, and only spans are kept.
    pub(super) fallen: bool,
    /// The first event that somebody would miss, by its target and time.
    first_word: Option<(&'static str, Duration)>,
}

/// What we say of ourselves at every start: nobody would miss it.
fn is_routine(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "firstlight_log" && *metadata.level() > Level::WARN
}

/// What happened since it was last taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) ring: Ring,
    pub(super) changes: Vec<(u64, Change)>,
}

impl Early {
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            ring: Ring::new(bytes),
            bytes,
            spans: Spans::default(),
            next_seq: 1,
            taken: 0,
            lost: ByLevel::default(),
            cut: 0,
            round: 0,
            pid: process::id(),
            last_at: Duration::ZERO,
            fallen: false,
            first_word: None,
        }
    }

    pub(super) fn first_word(&self) -> Option<(&'static str, Duration)> {
        self.first_word
    }

    pub(super) fn next_seq(&mut self) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        seq
    }

    /// Whether there is room for such an event.
    pub(super) fn has_room(&self, metadata: &Metadata<'_>, len: usize) -> bool {
        self.ring.has_room(metadata, len)
    }

    /// Keeps an event.
    pub(super) fn event(
        &mut self,
        at: Duration,
        metadata: &'static Metadata<'static>,
        event: EventValues<'_>,
    ) {
        let EventValues { span, values, cut, of_teller } = event;
        if of_teller && self.is_tired() {
            self.lost.count(*metadata.level());
            return;
        }
        if at.saturating_sub(self.last_at) > SHORTEST_FORK {
            self.leave_to_parent();
        }
        self.last_at = at;
        if self.first_word.is_none() && !is_routine(metadata) {
            self.first_word = Some((metadata.target(), at));
        }
        self.cut += u64::from(cut);
        let seq = self.next_seq();
        let entry = Entry { seq, at, metadata, span, len: values.len() };
        let Self { ring, spans, .. } = self;
        if let Some(span) = span {
            spans.hold(span);
        }
        ring.push(entry, values, |span| {
            if let Some(span) = span {
                spans.release(span);
            }
        });
    }

    /// In a child of the process that has logged what waits, that is its parent's to tell: it would be told
    /// twice.
    pub(super) fn leave_to_parent(&mut self) {
        let pid = process::id();
        if std::mem::replace(&mut self.pid, pid) == pid {
            return;
        }
        for (entry, _) in self.ring.batch() {
            if let Some(span) = entry.span {
                self.spans.release(span);
            }
        }
        self.ring.clear();
        (self.lost, self.cut) = (ByLevel::default(), 0);
    }

    /// Whether what the teller does himself is no longer kept.
    pub(super) fn is_tired(&self) -> bool {
        self.round >= OWN_ROUNDS
    }

    /// From now on events wait, also where they went to stderr before.
    pub(super) fn hold(&mut self) {
        if std::mem::take(&mut self.fallen) {
            self.ring = Ring::new(self.bytes);
        }
    }

    /// Takes out what happened since the last time, with an empty ring for what comes; `None` when nothing
    /// did.
    ///
    /// The first round takes everything, be it nothing: whoever is told now knows nothing yet.
    pub(super) fn take(&mut self, round: u32, spare: &mut Option<Ring>) -> Option<Taken> {
        self.round = round;
        if round == 0 {
            self.leave_to_parent();
            self.hold();
            self.taken = 0;
        } else if self.ring.is_empty() && self.taken == self.next_seq {
            return None;
        }
        let changes = self.spans.changes(self.taken);
        self.taken = self.next_seq;
        self.spans.told(self.taken);
        let empty = spare.take().unwrap_or_else(|| Ring::new(self.bytes));
        let mut ring = std::mem::replace(&mut self.ring, empty);
        self.lost.add(ring.lost());
        for (entry, _) in ring.batch() {
            if let Some(span) = entry.span {
                self.spans.release(span);
            }
        }
        Some(Taken { ring, changes })
    }

    /// What was lost so far.
    pub(super) fn lost(&self) -> ByLevel {
        let mut lost = self.lost;
        lost.add(self.ring.lost());
        lost
    }

    pub(super) fn cut(&self) -> u64 {
        self.cut
    }

    /// How many events wait.
    pub(super) fn waiting(&self) -> usize {
        self.ring.len()
    }

    /// All was told to stderr, and what comes is told there at once; only open spans are kept.
    pub(super) fn fall(&mut self) {
        self.fallen = true;
        self.round = 0;
        self.spans.told(0);
        self.spans.forget_closed();
        self.free_ring();
    }

    /// All was told: nothing is kept any more.
    pub(super) fn retire(&mut self) {
        self.spans = Spans::default();
        self.free_ring();
    }

    fn free_ring(&mut self) {
        self.lost = self.lost();
        self.ring = Ring::new(0);
    }
}

/// An event's values, and where it happened.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventValues<'a> {
    pub(super) span: Option<u64>,
    pub(super) values: &'a [u8],
    pub(super) cut: bool,
    /// Logged by the thread that hands over, from within.
    pub(super) of_teller: bool,
}
