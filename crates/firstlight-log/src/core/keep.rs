//! What comes while it is not known where it should go: it is kept, or, where the hand-over is over, passed
//! on.

use std::sync::atomic::Ordering;

use tracing::Event;
use tracing::span::{Attributes, Id, Record};

use super::early::{Early, EventValues};
use super::passage::Who;
use super::thread::Entered;
use super::{Core, frozen, thread};
use crate::live::{Scratch, with_scratch};
use crate::record::Encoder;
use crate::{own_thread, time};

/// A text in an early event is cut there: one line may not take the place of all others.
const MAX_EARLY_TEXT: usize = 8 * 1024;

impl Core {
    pub(super) fn event(&self, event: &Event<'_>) {
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
                    self.passage
                        .enter(who, |early| early.fallen || early.has_room(metadata, len), put)
                        .is_some()
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
            None if contextual => {
                Entered::innermost(self.number, |span| early.spans.contains(span))
            }
            None => None,
        }
    }

    pub(super) fn new_span(&self, attrs: &Attributes<'_>) -> Id {
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

    pub(super) fn record(&self, span: &Id, record: &Record<'_>) {
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

    pub(super) fn follow(&self, span: &Id, from: &Id) {
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
    pub(super) fn clone_early(&self, span: &Id) {
        let clone = |early: &mut Early| early.spans.clone_handle(span.into_u64());
        if let (None, Some(live)) = (self.look(clone), self.live()) {
            live.frozen.clone_handle(span);
        }
    }

    /// One handle of an early span less.
    pub(super) fn close_early(&self, span: &Id) -> bool {
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

    fn who(&self) -> Who {
        if thread::is_replaying(self.number) || own_thread::is_ours() {
            Who::Teller
        } else {
            Who::Any
        }
    }
}
