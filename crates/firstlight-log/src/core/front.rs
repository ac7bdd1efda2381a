//! The subscriber that is installed once and for ever.

use std::any::TypeId;
use std::sync::Arc;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_core::span::Current;

use super::Core;
use super::frozen::is_early;
use super::thread::Entered;

/// What `tracing` knows of a logger: early, it keeps; live, it passes on.
#[derive(Debug)]
pub(crate) struct Front(Arc<Core>);

impl Front {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self(core)
    }
}

impl Subscriber for Front {
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        // A second one of the same subscriber cannot be made: it is moved into the first.
        let _ = self.0.dispatch.set(dispatch.downgrade());
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match self.0.stack.get() {
            Some(stack) => stack.register_callsite(metadata),
            None if self.0.captures(metadata) => Interest::always(),
            None => Interest::never(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        match self.0.live() {
            Some(live) => live.stack.enabled(metadata),
            None => self.0.captures(metadata),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        match self.0.stack.get() {
            Some(stack) => stack.max_level_hint(),
            None => Some(self.0.plan.capture.max(Level::DEBUG).into()),
        }
    }

    fn new_span(&self, attrs: &Attributes<'_>) -> Id {
        self.0.new_span(attrs)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        match self.0.live.get() {
            Some(live) => live.record(span, values),
            None => self.0.record(span, values),
        }
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        match self.0.live.get() {
            Some(live) => live.follow(span, follows),
            None => self.0.follow(span, follows),
        }
    }

    fn event_enabled(&self, event: &Event<'_>) -> bool {
        match self.0.live() {
            Some(live) => live.event_enabled(event),
            None => true,
        }
    }

    #[inline]
    fn event(&self, event: &Event<'_>) {
        self.0.event(event);
    }

    fn enter(&self, span: &Id) {
        match self.0.live() {
            Some(live) => live.enter(span),
            None => Entered::push(self.0.number, span.into_u64()),
        }
    }

    fn exit(&self, span: &Id) {
        match self.0.live() {
            Some(live) => live.exit(span),
            None => Entered::remove(self.0.number, span.into_u64()),
        }
    }

    fn clone_span(&self, span: &Id) -> Id {
        if is_early(span) {
            self.0.clone_early(span);
            return span.clone();
        }
        match self.0.stack.get() {
            Some(stack) => stack.clone_span(span),
            None => span.clone(),
        }
    }

    fn try_close(&self, span: Id) -> bool {
        if is_early(&span) {
            return self.0.close_early(&span);
        }
        self.0.stack.get().is_some_and(|stack| stack.try_close(span))
    }

    fn current_span(&self) -> Current {
        if let Some(live) = self.0.live() {
            return live.stack.current_span();
        }
        let current = self.0.passage.look(|early| {
            let span = Entered::innermost(self.0.number, |span| early.spans.contains(span))?;
            Some(Current::new(Id::from_u64(span), early.spans.get(span)?.metadata))
        });
        match (current, self.0.live()) {
            (Some(Some(current)), _) => current,
            (Some(None), _) => Current::none(),
            (None, Some(live)) => live.stack.current_span(),
            (None, None) => Current::none(),
        }
    }

    /// Passed on, so that a layer is found by those that look for it: OpenTelemetry's by its
    /// `OpenTelemetrySpanExt`, a registry by others.
    #[allow(unsafe_code, reason = "there is no other way to pass on what a subscriber is made of")]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        let live = self.0.live.get()?;
        // SAFETY: the pointer is that of the stack's own answer, which points into the stack, to a value of
        // type `id`. The stack is in an `Arc` that `live` holds, `live` is set once and never taken, and the
        // `Core` that it is in lives as long as `self`.
        unsafe { live.stack.as_subscriber().downcast_raw(id) }
    }
}
