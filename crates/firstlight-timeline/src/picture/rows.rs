use std::cmp::Reverse;
use std::time::Duration;

use crate::chain::{Chain, Step};
use crate::graph::Graph;
use crate::outcome::OutcomeKind;

/// How many spans are drawn at most.
pub const MAX_ROWS: usize = 200;

/// One span of the picture.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) index: usize,
    /// How many spans above it, of those that are drawn, it is a part of.
    pub(super) depth: usize,
    /// Whether spans that are drawn are parts of it.
    pub(super) is_group: bool,
    /// From when on it did not wait for others.
    pub(super) unblocked: Duration,
}

/// The rows from top to bottom: as they began to do their work, children below their parents.
pub(super) fn choose(graph: &Graph<'_>, chain: Option<&Chain>) -> Vec<Row> {
    let unblocked = graph.unblocked();
    let drawn = important(graph, chain, &unblocked);
    let above = nearest_drawn(graph, &drawn);
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); graph.len()];
    let mut stack: Vec<(usize, usize)> = Vec::new();
    let mut order: Vec<_> = (0..graph.len()).filter(|&index| drawn[index]).collect();
    let begins = begins(&order, &above, &unblocked);
    // The last comes first: the stack turns them round.
    order.sort_by_key(|&i| Reverse((begins[i], graph.span(i).start, Reverse(graph.end(i)), i)));
    for index in order {
        match above[index] {
            Some(parent) => below[parent].push(index),
            None => stack.push((index, 0)),
        }
    }
    let mut rows = Vec::new();
    while let Some((index, depth)) = stack.pop() {
        let is_group = !below[index].is_empty();
        rows.push(Row { index, depth, is_group, unblocked: unblocked[index] });
        stack.extend(below[index].iter().map(|&child| (child, depth + 1)));
    }
    rows
}

/// When each began to do its work; a group begins with the first of its parts.
///
/// By their starts alone, who waits would stand above what it waits for: in a start all begin together.
fn begins(drawn: &[usize], above: &[Option<usize>], unblocked: &[Duration]) -> Vec<Duration> {
    let mut begins = unblocked.to_vec();
    for &index in drawn {
        let around = std::iter::successors(above[index], |&parent| above[parent]);
        around.for_each(|parent| begins[parent] = begins[parent].min(unblocked[index]));
    }
    begins
}

/// The critical chain, then what went wrong or is still running, then what took longest for itself.
fn important(graph: &Graph<'_>, chain: Option<&Chain>, unblocked: &[Duration]) -> Vec<bool> {
    let mut on_chain = vec![false; graph.len()];
    for step in chain.map(Chain::steps).unwrap_or_default() {
        on_chain[step.index] = true;
    }
    let weight = |&index: &usize| {
        let span = graph.span(index);
        let bad = span.end.is_none() || span.outcome.kind() == OutcomeKind::Bad;
        let took = graph.end(index).saturating_sub(unblocked[index]);
        Reverse((on_chain[index], bad, took, Reverse(index)))
    };
    let mut order: Vec<_> = (0..graph.len()).collect();
    order.sort_by_key(weight);
    let mut drawn = vec![false; graph.len()];
    for index in order.into_iter().take(MAX_ROWS) {
        drawn[index] = true;
    }
    // The end of a long chain is worth more than its beginning: its first steps are the last to happen.
    let steps = chain.map(Chain::steps).unwrap_or_default();
    if steps.len() > MAX_ROWS {
        let first: Vec<_> = steps.iter().take(MAX_ROWS).map(|step: &Step| step.index).collect();
        drawn.fill(false);
        first.into_iter().for_each(|index| drawn[index] = true);
    }
    drawn
}

/// Of each span the nearest parent that is drawn.
fn nearest_drawn(graph: &Graph<'_>, drawn: &[bool]) -> Vec<Option<usize>> {
    let mut nearest = graph.parent.clone();
    for index in 0..graph.len() {
        // What was passed is made to point further: each link is followed twice at most.
        let mut passed = Vec::new();
        let mut at = nearest[index];
        while let Some(parent) = at.filter(|&parent| !drawn[parent]) {
            passed.push(parent);
            at = nearest[parent];
        }
        passed.into_iter().chain([index]).for_each(|passed| nearest[passed] = at);
    }
    nearest
}
