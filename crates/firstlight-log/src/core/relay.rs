//! What the live side does with spans that may be early ones.

use tracing::Event;
use tracing::span::{Attributes, Id, Record};

use super::Live;
use super::frozen::{early_id, is_early};
use super::teardown::Use;
use crate::live::with_scratch;
use crate::record::{Encoder, MAX_TEXT, with_values};

impl Live {
    /// Enters the real spans of those that the thread is in.
    #[cold]
    pub(super) fn enter_all(&self, early: Vec<u64>) {
        for span in early {
            // One whose guard was forgotten may be closed.
            if let Some(own) =
                self.frozen.own(&Id::from_u64(span)).filter(|own| self.stack.has(own))
            {
                Use::Enter.by_registry(|| self.stack.enter(own));
            }
        }
    }

    #[inline]
    pub(super) fn event(&self, event: &Event<'_>) {
        match event.parent() {
            Some(parent) if is_early(parent) => {
                self.event_in_early(event, self.around(parent));
            }
            _ => self.stack.event(event),
        }
    }

    /// Asked before `event`, with the same event: where that has an early span as parent, `event` asks again
    /// with the real one.
    pub(super) fn event_enabled(&self, event: &Event<'_>) -> bool {
        event.parent().is_some_and(is_early) || self.stack.event_enabled(event)
    }

    /// The same event with the real span: only its values can be read, so they are written down and lent
    /// anew.
    #[cold]
    fn event_in_early(&self, event: &Event<'_>, parent: Option<Id>) {
        let metadata = event.metadata();
        with_scratch(|scratch| {
            event.record(&mut Encoder::new(&mut scratch.values, MAX_TEXT));
            with_values(metadata.fields(), &scratch.values, |values| {
                let event = Event::new_child_of(parent, metadata, values);
                if self.stack.event_enabled(&event) {
                    self.stack.event(&event);
                }
            });
        });
    }

    pub(super) fn new_span(&self, attrs: &Attributes<'_>) -> Id {
        Use::Open.by_registry(|| self.open(attrs)).unwrap_or_else(|| early_id(0))
    }

    fn open(&self, attrs: &Attributes<'_>) -> Id {
        match attrs.parent() {
            Some(parent) if is_early(parent) => {
                let (metadata, values) = (attrs.metadata(), attrs.values());
                self.stack.new_span(&match self.around(parent) {
                    Some(parent) => Attributes::child_of(parent, metadata, values),
                    None => Attributes::new_root(metadata, values),
                })
            }
            _ => self.stack.new_span(attrs),
        }
    }

    /// The real span around what happens in an early one; a registry panics where one is named that is
    /// closed.
    fn around(&self, early: &Id) -> Option<Id> {
        self.frozen.around(early).filter(|around| self.stack.has(around))
    }

    pub(super) fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(span) = self.frozen.own(span) {
            self.stack.record(span, values);
        }
    }

    pub(super) fn follow(&self, span: &Id, from: &Id) {
        if let (Some(span), Some(from)) = (self.frozen.own(span), self.frozen.own(from)) {
            self.stack.record_follows_from(span, from);
        }
    }

    #[inline]
    pub(super) fn enter(&self, span: &Id) {
        if let Some(span) = self.frozen.own(span) {
            Use::Enter.by_registry(|| self.stack.enter(span));
        }
    }

    #[inline]
    pub(super) fn exit(&self, span: &Id) {
        if let Some(span) = self.frozen.own(span) {
            self.stack.exit(span);
        }
    }

    pub(super) fn close_early(&self, span: &Id) -> bool {
        let Some(last) = self.frozen.drop_handle(span) else { return false };
        let closed = last.around.clone().is_none_or(|around| self.stack.try_close(around));
        closed || last.own.is_none()
    }
}
