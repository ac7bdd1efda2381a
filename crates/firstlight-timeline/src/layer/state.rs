use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering as Memory};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use firstlight_clock::Clock;
use tracing::span::Id;

use super::fields::Fields;
use crate::outcome::Outcome;
use crate::span::Span;
use crate::timeline::{DEFAULT_CAPACITY, Timeline};

/// The span from the start of the process until the layer was made: nothing could be collected then.
///
/// There is none where an event declares what it would stand for: a span without parent that begins at zero, as the
/// `before main` of `firstlight-log`. What begins after the end of that one waited for it.
///
/// A process that became this program by `exec` began before: under `cargo run` the build counts. Start the
/// program itself, or set zero by [`Timeline::since`].
pub const BEFORE: &str = "(before the timeline)";

/// What a layer and its recorders share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) attached_at: Duration,
    stopped: AtomicBool,
    state: Mutex<State>,
}

/// All that was collected.
#[derive(Debug)]
pub(super) struct State {
    pub(super) capacity: usize,
    declared: Vec<Span>,
    open: HashMap<u64, Open>,
    /// The traced spans that have no parent.
    roots: Siblings,
    /// The shortest is at the top, and leaves first.
    ended: BinaryHeap<Reverse<Ended>>,
    dropped: u64,
    stopped_at: Option<Duration>,
}

/// A traced span that has not ended.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) span: Span,
    pub(super) outcome: Option<Outcome>,
    pub(super) failed: bool,
    parent: Option<u64>,
    parts: Siblings,
}

/// Traced spans of one parent, which is open for as long as one of them is.
#[derive(Debug, Clone, Default)]
struct Siblings {
    running: usize,
    /// The name of the last one that ended and left none running.
    before: Option<String>,
}

/// A traced span that ended, ordered by how long it took; of equal ones the later is the smaller.
#[derive(Debug)]
struct Ended(Span);

impl Shared {
    pub(super) fn new(clock: Clock) -> Self {
        let state = State {
            capacity: DEFAULT_CAPACITY,
            declared: Vec::new(),
            open: HashMap::new(),
            roots: Siblings::default(),
            ended: BinaryHeap::new(),
            dropped: 0,
            stopped_at: None,
        };
        let (attached_at, stopped) = (clock.now(), AtomicBool::new(false));
        Self { clock, attached_at, stopped, state: Mutex::new(state) }
    }

    /// No code of others runs under the lock, so that a poisoned one guards a state that is whole.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A hint for who has not taken the lock; `State` knows for sure.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Memory::Relaxed)
    }

    pub(super) fn stop(&self) {
        let now = self.clock.now();
        self.lock().stopped_at.get_or_insert(now);
        self.stopped.store(true, Memory::Relaxed);
    }

    pub(super) fn timeline(&self) -> Timeline {
        let now = self.clock.now();
        let state = self.lock();
        let now = state.stopped_at.unwrap_or(now);
        let open = state.open.values().map(|open| open.span.clone());
        let ended = state.ended.iter().map(|Reverse(Ended(span))| span.clone());
        let mut spans: Vec<_> = state.declared.iter().cloned().chain(ended).chain(open).collect();
        let (capacity, dropped) = (state.capacity, state.dropped);
        drop(state);

        spans.sort_by(|a, b| (a.start, a.end, &a.name).cmp(&(b.start, b.end, &b.name)));
        let mut timeline = Timeline::with_capacity(capacity.saturating_mul(3).saturating_add(1));
        let is_root = |span: &Span| span.parent.is_none() && span.after.is_empty();
        let declared = spans.iter().find(|span| is_root(span) && span.start.is_zero());
        let declared = declared.and_then(|span| Some((span.name.clone(), span.end?)));
        let unknown = self.attached_at > Duration::ZERO && capacity > 0;
        let before = declared.or_else(|| {
            unknown.then(|| {
                timeline.record(Span::new(BEFORE, Duration::ZERO, self.attached_at));
                (BEFORE.to_owned(), self.attached_at)
            })
        });
        for span in spans {
            // It could not have begun earlier: this is what it waited for.
            let waited = before
                .as_ref()
                .filter(|(name, end)| is_root(&span) && span.start >= *end && span.name != *name);
            let after = waited.map(|(name, _)| name.clone());
            timeline.record(span.with_after(after));
        }
        timeline.saw(now);
        timeline.dropped = dropped;
        timeline
    }
}

impl Open {
    pub(super) fn new(span: Span) -> Self {
        Self { span, outcome: None, failed: false, parent: None, parts: Siblings::default() }
    }
}

impl State {
    fn has_room(&self) -> bool {
        self.declared.len() < self.capacity
    }

    /// Takes what an event declares; what it could not declare is counted.
    pub(super) fn declare(&mut self, span: Option<Span>) {
        match span {
            _ if self.stopped_at.is_some() => {}
            Some(span) if self.has_room() => self.declared.push(span),
            _ => self.drop_one(),
        }
    }

    pub(super) fn is_open(&self, id: &Id) -> bool {
        self.open.contains_key(&id.into_u64())
    }

    pub(super) fn open(&mut self, id: &Id, parent: Option<&Id>, mut open: Open) {
        if self.stopped_at.is_some() {
            return;
        }
        if self.open.len() >= self.capacity {
            return self.drop_one();
        }
        open.parent = parent.map(Id::into_u64);
        let parent = open.parent.and_then(|parent| self.open.get(&parent));
        open.span.parent = parent.map(|parent| parent.span.name.clone());
        if let Some(siblings) = self.siblings(open.parent) {
            siblings.running += 1;
            if open.span.after.is_empty() {
                open.span.after.extend(siblings.before.clone());
            }
        }
        self.open.insert(id.into_u64(), open);
    }

    fn siblings(&mut self, parent: Option<u64>) -> Option<&mut Siblings> {
        match parent {
            None => Some(&mut self.roots),
            Some(parent) => self.open.get_mut(&parent).map(|parent| &mut parent.parts),
        }
    }

    pub(super) fn amend(&mut self, id: &Id, fields: Fields) {
        if let (Some(open), None) = (self.open.get_mut(&id.into_u64()), self.stopped_at) {
            fields.amend(open);
        }
    }

    pub(super) fn fail(&mut self, id: &Id) {
        if let (Some(open), None) = (self.open.get_mut(&id.into_u64()), self.stopped_at) {
            open.failed = true;
        }
    }

    pub(super) fn close(&mut self, id: &Id, now: Duration) {
        if self.stopped_at.is_some() {
            return;
        }
        let Some(Open { mut span, outcome, failed, parent, .. }) = self.open.remove(&id.into_u64())
        else {
            return;
        };
        let fallback = if failed { Outcome::FAILED } else { Outcome::DONE };
        span.outcome = outcome.unwrap_or(fallback);
        span.end = Some(now.max(span.start));
        if let Some(siblings) = self.siblings(parent) {
            siblings.running = siblings.running.saturating_sub(1);
            if siblings.running == 0 {
                siblings.before = Some(span.name.clone());
            }
        }
        self.ended.push(Reverse(Ended(span)));
        if self.ended.len() > self.capacity {
            self.ended.pop();
            self.drop_one();
        }
    }

    fn drop_one(&mut self) {
        self.dropped = self.dropped.saturating_add(1);
    }
}

impl Ord for Ended {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |Ended(span): &Self| (span.took(), Reverse(span.start));
        key(self).cmp(&key(other))
    }
}

impl PartialEq for Ended {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ended {}

impl PartialOrd for Ended {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
