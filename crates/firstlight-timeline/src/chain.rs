use std::fmt;
use std::time::Duration;

use crate::figure::Unit;
use crate::graph::Graph;
use crate::notes;
use crate::outcome::{Outcome, OutcomeKind};

/// What held up one span: the path back through dependencies, each time to the one that ended last.
///
/// From a span the path goes to the one that really held it up: of its dependencies and its children the one
/// that ended last, but no later than the span itself. The dependencies of the spans that it is a part of (up
/// to [`MAX_CLIMB`] of them) count too, if they had ended when it began. Of two that ended together it is the
/// one that began first. One that has not ended is later than all that have, so that the chain of a span that
/// is still open leads to what it waits for.
///
/// Where another path parts from it, the other one goes on to a span that ended earlier. Every nanosecond
/// up to the target's end is in the [`added`](Step::added) or in the [`gap`](Step::gap) of one step:
/// together they are the target's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    steps: Vec<Step>,
    notes: String,
    unit: Unit,
}

/// One span of a [`Chain`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The place of the span in [`Timeline::spans`](crate::Timeline::spans).
    pub index: usize,
    /// Its name.
    pub name: String,
    /// When it began.
    pub start: Duration,
    /// When it ended; of one that is open, the last moment that is known.
    pub end: Duration,
    /// Whether it has not ended.
    pub is_open: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// What it added: from the end of the next step, or from its own start if that is later, to its end.
    pub added: Duration,
    /// The time between the end of the next step and its start, which no dependency explains.
    pub gap: Duration,
}

/// Through how many parents a span inherits dependencies.
pub const MAX_CLIMB: usize = 64;

impl Chain {
    pub(crate) fn of(graph: &Graph<'_>, target: usize) -> Self {
        let path = walk(graph, target);
        let next = path.iter().skip(1).copied().map(Some).chain([None]);
        let steps: Vec<_> =
            path.iter().zip(next).map(|(&index, next)| Step::of(graph, index, next)).collect();
        let unit = Unit::of(graph.end(target));
        Self { steps, notes: notes::of(graph.timeline), unit }
    }

    /// Returns the steps, the target first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl Step {
    fn of(graph: &Graph<'_>, index: usize, next: Option<usize>) -> Self {
        let (span, end) = (graph.span(index), graph.end(index));
        let before = next.map_or(Duration::ZERO, |next| graph.end(next));
        Self {
            index,
            name: span.name.clone(),
            start: span.start,
            end,
            is_open: span.end.is_none(),
            outcome: span.outcome.clone(),
            added: end.saturating_sub(before.max(span.start)),
            gap: span.start.saturating_sub(before),
        }
    }
}

/// The path as indices, the target first.
///
/// Along it ends never grow and no span comes twice: what is too late or taken is so for good, and leaves
/// its list. So it ends, circles or not, and each span leaves each of its two lists once.
fn walk(graph: &Graph<'_>, target: usize) -> Vec<usize> {
    let mut groups = graph.groups.clone();
    let mut children = graph.children.clone();
    let mut taken = vec![false; graph.len()];
    let mut path = Vec::new();
    let mut at = Some(target);
    while let Some(index) = at {
        taken[index] = true;
        path.push(index);
        let (limit, start) = (graph.limit(index), graph.span(index).start);
        let last = |list: &mut Vec<usize>, until: Duration| {
            while list.last().is_some_and(|&last| taken[last] || graph.limit(last) > limit) {
                list.pop();
            }
            // What is later than that may still count for a span further back: it stays in the list.
            let fits = list.partition_point(|&index| graph.limit(index) <= until);
            list[..fits].last().copied()
        };
        let mut held = last(&mut children[index], limit);
        let lineage = std::iter::successors(Some(index), |&index| graph.parent[index]);
        for waiting in lineage.take(MAX_CLIMB + 1) {
            // A group may wait for its own parts, and these do not wait for each other: what was still
            // running when a part began did not keep it from beginning.
            let until = if waiting == index { limit } else { start };
            for &group in &graph.waits[waiting] {
                let found = last(&mut groups[group], until);
                held = held.into_iter().chain(found).max_by_key(|&i| graph.rank(i));
            }
        }
        at = held;
    }
    path
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |time| self.unit.show(time);
        let Some(target) = self.steps.first() else { return Ok(()) };
        write!(f, "critical chain of {}: @ when a span ended, + what it added", target.name)?;
        for (depth, step) in self.steps.iter().take(MAX_SHOWN).enumerate() {
            branch(f, depth)?;
            write!(f, "{} @{} +{}", step.name, show(step.end), show(step.added))?;
            match step.outcome.kind() {
                _ if step.is_open => f.write_str(", still running")?,
                OutcomeKind::Good => {}
                _ => write!(f, ", {}", step.outcome)?,
            }
            // One that would be shown as nothing is no news.
            if show(step.gap) != show(Duration::ZERO) {
                branch(f, depth + 1)?;
                write!(f, "(+{} that no dependency explains)", show(step.gap))?;
            }
        }
        if self.steps.len() > MAX_SHOWN {
            branch(f, MAX_SHOWN)?;
            write!(f, "({} more steps)", self.steps.len() - MAX_SHOWN)?;
        }
        f.write_str(&self.notes)
    }
}

/// How many steps are printed.
const MAX_SHOWN: usize = 100;

/// Beyond this depth the tree grows no further to the right: a chain may have a hundred steps.
const MAX_INDENT: usize = 40;

fn branch(f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
    match depth.min(MAX_INDENT) {
        0 => f.write_str("\n"),
        depth => write!(f, "\n{:1$}└─", "", (depth - 1) * 2),
    }
}
