use std::fmt;
use std::time::Duration;

use crate::blame::Blame;
use crate::budget::{self, BudgetError};
use crate::chain::Chain;
use crate::chrome;
use crate::graph::Graph;
use crate::name::clean;
use crate::picture;
use crate::span::{Span, in_range};
use crate::summary;

/// How many spans a timeline keeps unless told otherwise.
pub const DEFAULT_CAPACITY: usize = 1_024;

/// Spans of a start, in the order in which they were recorded, and the views of them.
///
/// * Plain data: it has no clock and no thread. Zero is the start of the process.
/// * Bounded: when it is full, further spans are not kept but counted, and every view says how many.
/// * A name may occur more than once. Who names it means all of them: of a dependency, the one that ended
///   last counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    pub(crate) spans: Vec<Span>,
    pub(crate) capacity: usize,
    pub(crate) dropped: u64,
    pub(crate) mended: u64,
    pub(crate) seen_until: Duration,
    pub(crate) goal: Option<String>,
}

impl Timeline {
    /// Makes an empty timeline for [`DEFAULT_CAPACITY`] spans.
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// Makes an empty timeline for so many spans; one for zero spans only counts.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            spans: Vec::new(),
            capacity,
            dropped: 0,
            mended: 0,
            seen_until: Duration::ZERO,
            goal: None,
        }
    }

    /// Names the span that the start is for; it need not be recorded yet.
    ///
    /// Without one it is the span called "ready", and if there is none, the one that ended last.
    #[must_use]
    pub fn with_goal(mut self, name: impl AsRef<str>) -> Self {
        self.goal = Some(clean(name.as_ref()));
        self
    }

    /// Adds a span; a timeline that is full counts it instead.
    pub fn record(&mut self, span: Span) {
        self.saw(span.end.unwrap_or(span.start));
        if self.spans.len() >= self.capacity {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        self.mended = self.mended.saturating_add(u64::from(span.mended));
        self.spans.push(span);
    }

    /// Says that time went on until this moment: the age of spans that have not ended is counted up to it.
    pub fn saw(&mut self, now: Duration) {
        self.seen_until = self.seen_until.max(in_range(now));
    }

    /// Moves zero to a later moment, for a test that is not alone in its process.
    ///
    /// Spans that had ended by then are left out (they are not counted as dropped); one that was running
    /// begins at it.
    #[must_use]
    pub fn since(mut self, zero: Duration) -> Self {
        self.spans.retain(|span| span.start >= zero || span.end.is_none_or(|end| end > zero));
        for span in &mut self.spans {
            span.start = span.start.saturating_sub(zero);
            span.end = span.end.map(|end| end.saturating_sub(zero));
        }
        self.seen_until = self.seen_until.saturating_sub(zero);
        self
    }

    /// Tells where the time went, slowest first.
    pub fn blame(&self) -> Blame {
        Blame::of(&Graph::of(self))
    }

    /// Tells what held up the span of this name; `None` if there is none.
    ///
    /// Of several that share the name it is the one that ended last.
    pub fn critical_chain(&self, name: &str) -> Option<Chain> {
        let graph = Graph::of(self);
        Some(Chain::of(&graph, graph.last_of(&clean(name))?))
    }

    /// Checks that the span of this name ended well, at most so long after the start of the process.
    ///
    /// It is made for tests of yours: `timeline.assert_budget("ready", Duration::from_millis(500))?`. Of
    /// several spans that share the name, the one that ended last counts. A limit of zero is kept only by a
    /// span that ended at zero, one of `Duration::MAX` by every span that ended well. In a test that is not
    /// alone in its process, set zero first: [`since`](Self::since).
    ///
    /// # Errors
    /// It ended later, never, or badly, or there is no such span; the message says by how much, and prints
    /// the critical chain.
    pub fn assert_budget(&self, name: &str, limit: Duration) -> Result<(), BudgetError> {
        budget::check(self, &clean(name), limit)
    }

    /// Says in one line when the goal was reached, and what took longest on the way.
    pub fn summary(&self) -> String {
        summary::line(&Graph::of(self))
    }

    /// Draws a waterfall: one SVG file, readable in light and dark, with the critical chain of the goal
    /// marked.
    ///
    /// At most [`MAX_ROWS`](crate::MAX_ROWS) spans are drawn, the most important ones, and the picture says
    /// so.
    pub fn to_svg(&self) -> String {
        picture::draw(&Graph::of(self))
    }

    /// Writes the spans for a browser's trace viewer (`chrome://tracing`, Perfetto), as complete events.
    pub fn to_chrome_trace(&self) -> String {
        chrome::write(&Graph::of(self))
    }

    /// Returns the spans, in the order in which they were recorded.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Returns the name of the span that the start is for, if one is known.
    pub fn goal(&self) -> Option<&str> {
        let graph = Graph::of(self);
        graph.goal().map(|goal| self.spans[goal].name())
    }

    /// Tells how many spans were not kept.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Tells how many spans were put right: they ended before they began, or had too many dependencies.
    pub fn mended(&self) -> u64 {
        self.mended
    }

    /// Tells the last moment that it knows of.
    pub fn seen_until(&self) -> Duration {
        self.seen_until
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

/// The summary; `{:#}` adds blame and the critical chain of the goal.
impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let graph = Graph::of(self);
        f.write_str(&summary::line(&graph))?;
        if f.alternate() {
            write!(f, "\n\n{}", Blame::of(&graph))?;
            if let Some(goal) = graph.goal() {
                write!(f, "\n\n{}", Chain::of(&graph, goal))?;
            }
        }
        Ok(())
    }
}
