use std::sync::Arc;

use arc_swap::ArcSwap;
use tracing::level_filters::LevelFilter;

use crate::core::replayed_at;
use crate::filter::Filter;
use crate::format::{Redaction, Renderer};
use crate::line::{Line, Scopes};
use crate::record::{CUT, Value, Values};
use crate::text::floor;
use crate::writer::Writer;

/// What is set at this moment.
#[derive(Debug, Clone)]
pub(crate) struct Now {
    pub(crate) filter: Filter,
    pub(crate) sinks: Vec<LiveSink>,
    /// For sinks that come later.
    pub(crate) redaction: Arc<Redaction>,
}

/// A place where lines go.
#[derive(Debug, Clone)]
pub(crate) struct LiveSink {
    pub(crate) level: LevelFilter,
    pub(crate) renderer: Arc<Renderer>,
    pub(crate) writer: Writer,
    /// Longer lines are cut: one may not take the place of all others.
    pub(crate) longest: usize,
}

impl LiveSink {
    /// Writes a line, with a buffer to render it in.
    pub(crate) fn write(&self, line: &Line<'_>, buffer: &mut Vec<u8>) {
        if line.level <= self.level {
            buffer.clear();
            self.renderer.render(line, buffer);
            if buffer.len() > self.longest {
                self.shorten(line, buffer);
            }
            match replayed_at() {
                None => self.writer.push(line.level, buffer),
                Some(_) => self.writer.push_early(line.level, buffer),
            }
        }
    }

    /// What was said, without its fields, and cut where it is long still; with how long it was.
    #[cold]
    fn shorten(&self, line: &Line<'_>, buffer: &mut Vec<u8>) {
        let whole = buffer.len() as u64;
        let message = match line.values.get("message") {
            Some(Value::Str(text) | Value::Debug(text)) => text,
            _ => "",
        };
        // Of one byte an escape makes six.
        let text = format!("{}{CUT}", &message[..floor(message, self.longest / 8)]);
        let values = [("message", Value::Str(&text)), ("line_bytes", Value::U64(whole))];
        buffer.clear();
        self.renderer.render(
            &Line { values: Values::Listed(&values), scopes: Scopes::NONE, ..*line },
            buffer,
        );
    }
}

/// Where what is set can be read without a lock, and changed.
#[derive(Debug)]
pub(crate) struct Tap(ArcSwap<Now>);

impl Tap {
    pub(crate) fn new(now: Now) -> Self {
        Self(ArcSwap::from_pointee(now))
    }

    #[inline]
    pub(crate) fn now(&self) -> arc_swap::Guard<Arc<Now>> {
        self.0.load()
    }

    /// Changes it, and returns what was set before; of two changes at once none is lost, so `change` may run
    /// twice.
    pub(crate) fn change(&self, mut change: impl FnMut(&mut Now)) -> Arc<Now> {
        self.0.rcu(|now| {
            let mut next = Now::clone(now);
            change(&mut next);
            next
        })
    }
}
