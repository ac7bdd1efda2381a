//! One logger: what is kept early, the hand-over, and what it hands over to.

mod early;
mod fallback;
mod front;
mod frozen;
mod hand_over;
#[cfg(all(test, firstlight_loom))]
mod loom_models;
mod passage;
mod relay;
mod replay;
mod spans;
mod teardown;
#[cfg(all(test, not(firstlight_loom)))]
mod spans_tests;
mod thread;

use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tracing::dispatcher::WeakDispatch;
use tracing::span::{Attributes, Id, Record};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata};

use self::early::{Early, EventValues};
use self::frozen::Frozen;
use self::passage::{Passage, Who};
use self::thread::Entered;
use crate::live::{Scratch, Stack, with_scratch};
use crate::record::Encoder;
use crate::{own_thread, time};

pub(crate) use self::fallback::{Fallback, Why};
pub(crate) use self::front::Front;
pub(crate) use self::thread::replayed_at;

/// A text in an early event is cut there: one line may not take the place of all others.
const MAX_EARLY_TEXT: usize = 8 * 1024;

/// What is set when a logger is booted.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What is more verbose is not kept.
    pub(crate) capture: Level,
    pub(crate) ring_bytes: usize,
    pub(crate) booted_at: &'static Location<'static>,
}

/// A logger's inside.
///
/// Until it is configured, events and spans go to `passage`. Configuring makes a [`Stack`]: from then on `stack` answers what callsites ask, the
/// passage is emptied into it, and when that is done `live` appears, which is all that the hot path looks at.
#[derive(Debug)]
pub(crate) struct Core {
    number: usize,
    pub(crate) plan: Plan,
    passage: Passage<Early>,
    stack: OnceLock<Arc<Stack>>,
    live: OnceLock<Live>,
    /// Spans that are numbered by us.
    next_span: AtomicU64,
    fallback: OnceLock<Fallback>,
    /// Somebody has configured, or is about to.
    configured_at: Mutex<Option<&'static Location<'static>>>,
    dispatch: OnceLock<WeakDispatch>,
    /// Nothing early is left to be told: a look at it costs less than a lock.
    settled: AtomicBool,
    /// Events that a sink's own thread has logged.
    from_sinks: AtomicU64,
}

/// What there is when the hand-over is over.
#[derive(Debug)]
struct Live {
    stack: Arc<Stack>,
    frozen: Frozen,
}

impl Core {
    pub(crate) fn new(plan: Plan) -> Arc<Self> {
        static CORES: AtomicUsize = AtomicUsize::new(0);
        Arc::new(Self {
            number: CORES.fetch_add(1, Ordering::Relaxed),
            passage: Passage::new(Early::new(plan.ring_bytes)),
            plan,
            stack: OnceLock::new(),
            live: OnceLock::new(),
            next_span: AtomicU64::new(1),
            fallback: OnceLock::new(),
            configured_at: Mutex::new(None),
            dispatch: OnceLock::new(),
            settled: AtomicBool::new(false),
            from_sinks: AtomicU64::new(0),
        })
    }

    /// Where lines go when nobody configures in time, on panic and on exit.
    pub(crate) fn set_fallback(&self, fallback: Fallback) {
        // Said once, when it is booted.
        let _ = self.fallback.set(fallback);
    }

    /// Says who configures; the first one may.
    ///
    /// # Errors
    /// Where that was.
    pub(crate) fn claim(&self, at: &'static Location<'static>) -> Result<(), &'static Location<'static>> {
        let mut configured = self.configured_at.lock().unwrap_or_else(PoisonError::into_inner);
        match *configured {
            Some(at) => Err(at),
            None => {
                *configured = Some(at);
                Ok(())
            }
        }
    }

    /// Nobody configures after all.
    pub(crate) fn unclaim(&self) {
        *self.configured_at.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The most verbose level that anybody could want; `None` before it is configured.
    pub(crate) fn max_level(&self) -> Option<LevelFilter> {
        Some(self.stack.get()?.max_level_hint().unwrap_or(LevelFilter::TRACE))
    }

    pub(crate) fn logged_by_sinks(&self) -> u64 {
        self.from_sinks.load(Ordering::Relaxed)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live.get().is_some()
    }

    /// Whether an event of that level is kept before it is known what is wanted.
    fn captures(&self, metadata: &Metadata<'_>) -> bool {
        // Where the start went is told in any case.
        *metadata.level() <= self.plan.capture || metadata.target() == "firstlight_log"
    }

    fn who(&self) -> Who {
        if thread::is_replaying(self.number) || own_thread::is_ours() { Who::Teller } else { Who::Any }
    }

    /// The live side; the early spans that this thread is in are entered there first.
    #[inline]
    fn live(&self) -> Option<&Live> {
        let live = self.live.get()?;
        if Entered::any() {
            live.enter_all(Entered::take(self.number));
        }
        Some(live)
    }

    fn event(&self, event: &Event<'_>) {
        if own_thread::is_ours() {
            // What is logged by a sink would be written by it, and logged again.
            self.from_sinks.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if let Some(live) = self.live() {
            return live.event(event);
        }
        let at = time::since_start();
        let early = with_scratch(|scratch| {
            let Scratch { values, line, .. } = scratch;
            let mut encoder = Encoder::new(values, MAX_EARLY_TEXT);
            event.record(&mut encoder);
            let cut = encoder.cut();
            let metadata = event.metadata();
            let who = self.who();
            let (values, len) = (&*values, values.len());
            let around = |early: &Early| self.around(early, event.parent(), event.is_contextual());
            let keep = |early: &mut Early| {
                let (span, of_teller) = (around(early), who == Who::Teller);
                early.event(at, metadata, EventValues { span, values, cut, of_teller });
            };
            let kept = self.passage.enter(
                who,
                |early| early.fallen || early.has_room(metadata, len),
                |early| match early.fallen {
                    true => Some(early.spans.written(around(early))),
                    false => {
                        keep(early);
                        None
                    }
                },
            );
            match (kept, self.fallback.get()) {
                // It came while nobody configures: it is told at once, and put into a line without the lock.
                (Some(Some(scope)), Some(fallback)) => {
                    fallback.render(at, metadata, values, &scope, line);
                    // If somebody configures meanwhile, the sink is another one, and has its own format.
                    let put = |early: &mut Early| match early.fallen {
                        true => fallback.0.writer.push(*metadata.level(), line),
                        false => keep(early),
                    };
                    self.passage.enter(who, |early| early.fallen || early.has_room(metadata, len), put).is_some()
                }
                (kept, _) => kept.is_some(),
            }
        });
        if !early {
            // The hand-over has ended in between.
            if let Some(live) = self.live() {
                live.event(event);
            }
        }
    }

    /// The kept span in which something happens.
    fn around(&self, early: &Early, parent: Option<&Id>, contextual: bool) -> Option<u64> {
        match parent {
            Some(parent) => Some(parent.into_u64()).filter(|span| early.spans.contains(*span)),
            None if contextual => Entered::innermost(self.number, |span| early.spans.contains(span)),
            None => None,
        }
    }

    fn new_span(&self, attrs: &Attributes<'_>) -> Id {
        if let Some(live) = self.live() {
            return live.new_span(attrs);
        }
        let opened = with_scratch(|scratch| {
            attrs.record(&mut Encoder::new(&mut scratch.values, MAX_EARLY_TEXT));
            let id = frozen::early_id(self.next_span.fetch_add(1, Ordering::Relaxed));
            let who = self.who();
            self.passage.enter(
                who,
                |_| true,
                |early| {
                    if who == Who::Teller && early.is_tired() {
                        early.spans.lost += 1;
                        return;
                    }
                    let parent = self.around(early, attrs.parent(), attrs.is_contextual());
                    let seq = early.next_seq();
                    early.spans.open(id.into_u64(), seq, attrs.metadata(), parent, &scratch.values);
                },
            )?;
            Some(id)
        });
        match (opened, self.live()) {
            (Some(id), _) => id,
            (None, Some(live)) => live.new_span(attrs),
            // Not reached: what refuses an early span is that the logger is live.
            (None, None) => frozen::early_id(0),
        }
    }

    fn record(&self, span: &Id, record: &Record<'_>) {
        let early = with_scratch(|scratch| {
            record.record(&mut Encoder::new(&mut scratch.values, MAX_EARLY_TEXT));
            let who = self.who();
            let record = |early: &mut Early| {
                if who == Who::Teller && early.is_tired() {
                    early.spans.lost += 1;
                    return;
                }
                let seq = early.next_seq();
                early.spans.record(span.into_u64(), seq, &scratch.values);
            };
            self.passage.enter(who, |_| true, record)
        });
        if let (None, Some(live)) = (early, self.live()) {
            live.record(span, record);
        }
    }

    fn follow(&self, span: &Id, from: &Id) {
        let who = self.who();
        let follow = |early: &mut Early| {
            if who == Who::Teller && early.is_tired() {
                return;
            }
            let seq = early.next_seq();
            early.spans.follow(span.into_u64(), seq, from.into_u64());
        };
        if let (None, Some(live)) = (self.look(follow), self.live()) {
            live.follow(span, from);
        }
    }

    /// Lets `act` see what is early, at once; `None` when nothing is any more, without a lock.
    fn look<R>(&self, act: impl FnOnce(&mut Early) -> R) -> Option<R> {
        if self.is_live() {
            return None;
        }
        self.passage.look(act)
    }

    /// One handle of an early span more.
    fn clone_early(&self, span: &Id) {
        let clone = |early: &mut Early| early.spans.clone_handle(span.into_u64());
        if let (None, Some(live)) = (self.look(clone), self.live()) {
            live.frozen.clone_handle(span);
        }
    }

    /// One handle of an early span less.
    fn close_early(&self, span: &Id) -> bool {
        let close = |early: &mut Early| {
            let seq = early.next_seq();
            early.spans.drop_handle(span.into_u64(), seq)
        };
        match (self.look(close), self.live()) {
            (Some(last), _) => last,
            (None, Some(live)) => live.close_early(span),
            (None, None) => false,
        }
    }

    /// How many events wait, the oldest one's target and time, and what was lost of them.
    pub(crate) fn waiting(&self) -> Waiting {
        self.passage.inspect(|_, early| {
            early.leave_to_parent();
            Waiting::of(early)
        })
    }

    /// Has every callsite ask again who wants it.
    pub(crate) fn ask_callsites(&self) {
        match self.dispatch.get().and_then(WeakDispatch::upgrade) {
            // `tracing` asks the dispatcher of the thread, where it knows of one only; and that could be none.
            Some(own) => tracing::dispatcher::with_default(&own, tracing_core::callsite::rebuild_interest_cache),
            None => tracing_core::callsite::rebuild_interest_cache(),
        }
    }
}

/// What waits to be told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) count: usize,
    pub(crate) since: Option<Duration>,
    pub(crate) first: Option<&'static str>,
    pub(crate) lost: u64,
}

impl Waiting {
    fn of(early: &Early) -> Self {
        let (count, oldest) = early.waiting();
        let first = oldest.map(|entry| entry.metadata.target());
        Self { count, since: oldest.map(|entry| entry.at), first, lost: early.lost().total() }
    }
}
