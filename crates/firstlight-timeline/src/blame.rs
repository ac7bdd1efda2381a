use std::cmp::Reverse;
use std::fmt;
use std::time::Duration;

use crate::figure::Unit;
use crate::graph::Graph;
use crate::notes;
use crate::outcome::{Outcome, OutcomeKind};

/// Where the time went: all spans, the slowest first.
///
/// What counts is the time that a span took for itself: from when the last of its dependencies had ended
/// (or from its start), less the time in which one of its children ran. So neither a span that only waits
/// nor one that only holds others is blamed for them. Equal ones are in order of their starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blame {
    rows: Vec<Blamed>,
    notes: String,
}

/// One span of a [`Blame`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blamed {
    /// The place of the span in [`Timeline::spans`](crate::Timeline::spans).
    pub index: usize,
    /// Its name.
    pub name: String,
    /// The time that it took for itself.
    pub own: Duration,
    /// The time from its start to its end; of one that is open, to the last moment that is known.
    pub total: Duration,
    /// When it began.
    pub start: Duration,
    /// Whether it has not ended.
    pub is_open: bool,
    /// How it ended.
    pub outcome: Outcome,
}

impl Blame {
    pub(crate) fn of(graph: &Graph<'_>) -> Self {
        let unblocked = graph.unblocked();
        let row = |(index, &from)| Blamed::of(graph, index, from);
        let mut rows: Vec<_> = unblocked.iter().enumerate().map(row).collect();
        rows.sort_by_key(|row| (Reverse(row.own), row.start, row.index));
        Self { rows, notes: notes::of(graph.timeline) }
    }

    /// Returns the spans, the slowest first.
    pub fn rows(&self) -> &[Blamed] {
        &self.rows
    }
}

impl Blamed {
    fn of(graph: &Graph<'_>, index: usize, from: Duration) -> Self {
        let (span, end) = (graph.span(index), graph.end(index));
        let parts = graph.children[index].iter();
        let parts =
            parts.map(|&child| (graph.span(child).start.max(from), graph.end(child).min(end)));
        Self {
            index,
            name: span.name.clone(),
            own: end.saturating_sub(from).saturating_sub(covered(parts.collect())),
            total: end.saturating_sub(span.start),
            start: span.start,
            is_open: span.end.is_none(),
            outcome: span.outcome.clone(),
        }
    }
}

/// How much time these stretches cover together; one that ends before it begins covers nothing.
fn covered(mut stretches: Vec<(Duration, Duration)>) -> Duration {
    stretches.sort_unstable();
    let (mut sum, mut reached) = (Duration::ZERO, Duration::ZERO);
    for (start, end) in stretches {
        sum += end.saturating_sub(start.max(reached));
        reached = reached.max(end);
    }
    sum
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = self.rows.iter().map(|row| row.total).max().unwrap_or_default();
        let unit = Unit::of(longest);
        let width = unit.show(longest).chars().count();
        f.write_str("blame: what each span took for itself")?;
        for row in &self.rows {
            write!(f, "\n{:>width$}  {}", unit.show(row.own), row.name)?;
            if row.own != row.total {
                write!(f, " (of {})", unit.show(row.total))?;
            }
            match row.outcome.kind() {
                _ if row.is_open => f.write_str(", still running")?,
                OutcomeKind::Good => {}
                _ => write!(f, ", {}", row.outcome)?,
            }
        }
        f.write_str(&self.notes)
    }
}
