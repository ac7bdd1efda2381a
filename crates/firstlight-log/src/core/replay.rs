//! What happened early, told to the real subscriber.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::dispatcher::WeakDispatch;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata};

use super::early::{Early, Taken};
use super::frozen::{Frozen, Thawed, early_id};
use super::hand_over::{Told, tell};
use super::passage::{Bearer, Phase, Refused};
use super::spans::Change;
use super::thread::Replaying;
use super::{Core, Live};
use crate::contain::contain;
use crate::levels::ByLevel;
use crate::live::{LiveFilter, Stack};
use crate::record::with_values;
use crate::ring::{Entry, Ring};
use crate::sync::atomic::AtomicUsize;

/// So long whoever configures waits for everything to be told to stderr first, if that goes on.
const HAND_OVER_PATIENCE: Duration = Duration::from_secs(5);

/// What became of what was logged early.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Replayed {
    /// Events that were told.
    pub(crate) replayed: u64,
    /// Events that the filter did not want.
    pub(crate) filtered: u64,
    /// Events for which there was no room.
    pub(crate) evicted: ByLevel,
    /// Events of which a text was cut.
    pub(crate) cut: u64,
    /// Spans that were told.
    pub(crate) spans: u64,
    /// Spans, or values of spans, for which there was no room.
    pub(crate) lost_spans: u64,
    /// Layers panicked so often while they were told.
    pub(crate) panics: u64,
}

impl Core {
    /// Makes this stack the real one, and tells it what happened early.
    ///
    /// Callsites ask again before anything is told, and should once more after; an event whose callsite had
    /// asked before all that is stopped by the filter itself.
    ///
    /// `prepare` is called first, when nobody else tells: stderr's lines must not go where these are going
    /// to.
    ///
    /// # Errors
    /// When there was a real one before, or another thread tells early events just now. Nothing is changed
    /// then.
    pub(crate) fn go_live(
        &self,
        stack: &Arc<Stack>,
        filter: &LiveFilter,
        prepare: impl FnOnce(),
    ) -> Result<Replayed, Refused> {
        let replaying = Replaying::begin(self.number);
        let (spare, spans) = (None, HashMap::new());
        let counts = Replayed::default();
        let prepare = Some(prepare);
        let mut replay =
            Replay { core: self, stack, filter, prepare, replaying, spare, spans, counts };
        self.passage.hand_over(HAND_OVER_PATIENCE, &mut replay)?;
        self.settled.store(true, Ordering::Release);
        Ok(replay.counts)
    }
}

/// What stands for an early span while it is told.
struct Mapped {
    metadata: &'static Metadata<'static>,
    own: Option<Id>,
    around: Option<Id>,
}

struct Replay<'a, P> {
    core: &'a Core,
    stack: &'a Arc<Stack>,
    filter: &'a LiveFilter,
    prepare: Option<P>,
    replaying: Replaying,
    spare: Option<Ring>,
    spans: HashMap<u64, Mapped>,
    counts: Replayed,
}

impl<P: FnOnce()> Bearer<Early> for Replay<'_, P> {
    /// Whether it is the first one, and what there is.
    type Batch = (bool, Taken);

    fn take(&mut self, early: &mut Early, round: u32) -> Option<(bool, Taken)> {
        if round == 0 {
            // The passage is through once: nobody can have set it before.
            let _ = self.core.stack.set(Arc::clone(self.stack));
        }
        Some((round == 0, early.take(round, &mut self.spare)?))
    }

    fn tell(&mut self, (is_first, taken): (bool, Taken)) {
        if is_first {
            if let Some(prepare) = self.prepare.take() {
                prepare();
            }
            self.contained(Self::introduce);
        }
        self.spare = Some(tell(taken, self));
    }

    fn finish(&mut self, early: &mut Early) -> Phase {
        let handles = |span: u64| early.spans.get(span).map_or(0, |early| early.handles);
        let thawed = |(span, Mapped { own, around, .. }): (u64, Mapped)| {
            let handles = AtomicUsize::new(handles(span));
            (early_id(span).into_u64(), Thawed { own, around, handles })
        };
        let spans = std::mem::take(&mut self.spans);
        let frozen = Frozen::new(
            spans.into_iter().filter(|(span, _)| handles(*span) > 0).map(thawed).collect(),
        );
        self.counts.evicted = early.lost();
        self.counts.cut = early.cut();
        self.counts.lost_spans = early.spans.lost;
        let _ = self.core.live.set(Live { stack: Arc::clone(self.stack), frozen });
        early.retire();
        Phase::Through
    }
}

impl<P> Replay<'_, P> {
    /// Lets a layer of the user's hear of something; that it panics must not stop the others.
    fn contained(&mut self, hear: impl FnOnce(&Self)) {
        if contain(|| hear(self)).is_none() {
            self.counts.panics += 1;
        }
    }

    fn introduce(&self) {
        if let Some(dispatch) = self.core.dispatch.get().and_then(WeakDispatch::upgrade) {
            self.stack.on_register_dispatch(&dispatch);
        }
        self.core.ask_callsites();
    }

    /// The real span around what happened there, unless it is closed: a registry panics where such a one is
    /// named.
    fn around(&self, span: Option<u64>) -> Option<Id> {
        let around = self.spans.get(&span?)?.around.clone();
        around.filter(|around| self.stack.has(around))
    }

    fn open(
        &mut self,
        span: u64,
        metadata: &'static Metadata<'static>,
        parent: Option<u64>,
        values: &[u8],
    ) {
        let parent = self.around(parent);
        let mut own = None;
        self.contained(|replay| {
            with_values(metadata.fields(), values, |values| {
                if replay.is_wanted(metadata) && replay.stack.enabled(metadata) {
                    own = Some(replay.stack.new_span(&match &parent {
                        Some(parent) => Attributes::child_of(parent.clone(), metadata, values),
                        None => Attributes::new_root(metadata, values),
                    }));
                }
            });
        });
        self.counts.spans += u64::from(own.is_some());
        if let (None, Some(parent)) = (&own, &parent) {
            // What happens in it happens there: that stays open as long as this one is.
            self.contained(|replay| {
                // The same number: a registry counts.
                let _ = replay.stack.clone_span(parent);
            });
        }
        let around = own.clone().or(parent);
        self.spans.insert(span, Mapped { metadata, own, around });
    }

    /// A span that only an unfiltered layer wants is real too; which layer sees it, its own filter says.
    fn is_wanted(&self, metadata: &'static Metadata<'static>) -> bool {
        !self.stack.register_callsite(metadata).is_never()
    }

    fn own(&self, span: u64) -> Option<&Id> {
        self.spans.get(&span)?.own.as_ref()
    }
}

impl<P> Told for Replay<'_, P> {
    fn change(&mut self, change: Change) {
        match change {
            Change::Opened { span, metadata, parent, values } => {
                self.open(span, metadata, parent, &values)
            }
            Change::Recorded { span, values } => self.contained(|replay| {
                let Some(mapped) = replay.spans.get(&span) else { return };
                let Some(own) = &mapped.own else { return };
                with_values(mapped.metadata.fields(), &values, |values| {
                    replay.stack.record(own, &Record::new(values));
                });
            }),
            Change::Follows { span, from } => self.contained(|replay| {
                if let (Some(span), Some(from)) = (replay.own(span), replay.own(from)) {
                    replay.stack.record_follows_from(span, from);
                }
            }),
            Change::Closed { span } => self.contained(|replay| {
                if let Some(around) =
                    replay.spans.get(&span).and_then(|mapped| mapped.around.clone())
                {
                    replay.stack.try_close(around);
                }
            }),
        }
    }

    fn event(&mut self, entry: &Entry, values: &[u8]) {
        let mut wanted = false;
        let parent = self.around(entry.span);
        self.replaying.at(entry.at);
        self.contained(|replay| {
            with_values(entry.metadata.fields(), values, |values| {
                let event = Event::new_child_of(parent, entry.metadata, values);
                wanted = replay.filter.wants(&event);
                replay.stack.tell(&event, wanted);
            });
        });
        match wanted {
            true => self.counts.replayed += 1,
            false => self.counts.filtered += 1,
        }
    }
}
