use std::cell::Cell;
use std::ops::Range;

use tracing::Metadata;

/// Buffers that a thread uses again for each event.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The values of an event, then those of the spans around it.
    pub(crate) values: Vec<u8>,
    /// Which of these bytes belong to which span, the outermost first.
    pub(crate) spans: Vec<(&'static Metadata<'static>, Range<usize>)>,
    /// A line on its way.
    pub(crate) line: Vec<u8>,
}

/// A buffer that one huge event has blown up is not kept.
const MAX_KEPT: usize = 64 * 1024;

impl Scratch {
    fn clear(&mut self) {
        for buffer in [&mut self.values, &mut self.line] {
            buffer.clear();
            buffer.shrink_to(MAX_KEPT);
        }
        self.spans.clear();
    }
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Lends the thread's buffers, emptied.
///
/// A value whose `Debug` logs, and a thread that is being torn down, get new ones.
pub(crate) fn with_scratch<R>(act: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = SCRATCH.try_with(Cell::take).ok().flatten().unwrap_or_default();
    let done = act(&mut scratch);
    // Now rather than when it is lent again: a thread may not log for long.
    scratch.clear();
    // In a thread that is being torn down they are freed.
    let _ = SCRATCH.try_with(|own| own.set(Some(scratch)));
    done
}
