use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use crate::span::Span;
use crate::timeline::Timeline;

/// The spans of a timeline with their links resolved: names to indices, circles of parents cut.
#[derive(Debug)]
pub(crate) struct Graph<'a> {
    pub(crate) timeline: &'a Timeline,
    /// The spans of one name, the one that ended last at the end.
    pub(crate) groups: Vec<Vec<usize>>,
    group_of: HashMap<&'a str, usize>,
    /// Of each span, the groups that it waits for; names without a span are left out.
    pub(crate) waits: Vec<Vec<usize>>,
    pub(crate) parent: Vec<Option<usize>>,
    /// Of each span, its children, the one that ended last at the end.
    pub(crate) children: Vec<Vec<usize>>,
}

impl<'a> Graph<'a> {
    pub(crate) fn of(timeline: &'a Timeline) -> Self {
        let spans = &timeline.spans;
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut group_of = HashMap::new();
        for (index, span) in spans.iter().enumerate() {
            let group = *group_of.entry(span.name()).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Vec::new());
            }
            groups[group].push(index);
        }
        let resolve = |span: &Span| {
            span.after.iter().filter_map(|name| group_of.get(name.as_str()).copied()).collect()
        };
        let waits = spans.iter().map(resolve).collect();
        let parent = parents(spans, &groups, &group_of);
        let mut children = vec![Vec::new(); spans.len()];
        for (child, parent) in parent.iter().enumerate() {
            if let Some(parent) = *parent {
                children[parent].push(child);
            }
        }
        for list in groups.iter_mut().chain(&mut children) {
            list.sort_by_key(|&index| rank(spans, index));
        }
        Self { timeline, groups, group_of, waits, parent, children }
    }

    pub(crate) fn span(&self, index: usize) -> &'a Span {
        &self.timeline.spans[index]
    }

    pub(crate) fn len(&self) -> usize {
        self.timeline.spans.len()
    }

    /// When it ended; one that has not ended is later than all that have.
    pub(crate) fn limit(&self, index: usize) -> Duration {
        limit(self.span(index))
    }

    /// Who ended last has the highest; of two that ended together, the one that took longer, then the one
    /// recorded first.
    pub(crate) fn rank(&self, index: usize) -> (Duration, Reverse<Duration>, Reverse<usize>) {
        rank(&self.timeline.spans, index)
    }

    /// When it ended, or the last moment that is known.
    pub(crate) fn end(&self, index: usize) -> Duration {
        self.span(index).end.unwrap_or(self.timeline.seen_until)
    }

    /// Of the spans of this name, the one that ended last.
    pub(crate) fn last_of(&self, name: &str) -> Option<usize> {
        self.groups.get(*self.group_of.get(name)?)?.last().copied()
    }

    /// What the start is for; see [`Timeline::with_goal`].
    pub(crate) fn goal(&self) -> Option<usize> {
        if let Some(name) = &self.timeline.goal {
            return self.last_of(name);
        }
        let ended = || (0..self.len()).filter(|&index| self.span(index).end.is_some());
        let last = || ended().max_by_key(|&index| self.rank(index));
        self.last_of("ready").or_else(last).or((self.len() > 0).then_some(0))
    }

    /// Of each span, from when on nothing that it waits for was still running.
    ///
    /// A dependency that ended after it cannot have held it up, and does not count. Those of its parents had
    /// ended when it began, or it did not wait for them.
    pub(crate) fn unblocked(&self) -> Vec<Duration> {
        let moment = |index: usize| {
            let waits =
                self.waits[index].iter().filter_map(|&group| self.last_before(group, index));
            waits.fold(self.span(index).start, Duration::max)
        };
        (0..self.len()).map(moment).collect()
    }

    /// When the last of a group ended that ended no later than this span.
    fn last_before(&self, group: usize, index: usize) -> Option<Duration> {
        let group = &self.groups[group];
        let until = group.partition_point(|&other| self.limit(other) <= self.limit(index));
        group[..until].iter().rev().find(|&&other| other != index).map(|&other| self.end(other))
    }
}

fn limit(span: &Span) -> Duration {
    span.end.unwrap_or(Duration::MAX)
}

fn rank(spans: &[Span], index: usize) -> (Duration, Reverse<Duration>, Reverse<usize>) {
    (limit(&spans[index]), Reverse(spans[index].start), Reverse(index))
}

/// Of several spans with the parent's name, it is the last that began no later than the child.
fn parents(
    spans: &[Span],
    groups: &[Vec<usize>],
    group_of: &HashMap<&str, usize>,
) -> Vec<Option<usize>> {
    let mut by_start = groups.to_vec();
    for group in &mut by_start {
        group.sort_by_key(|&index| (spans[index].start, index));
    }
    let find = |(child, span): (usize, &Span)| {
        let group = &by_start[*group_of.get(span.parent.as_deref()?)?];
        let begun = group.partition_point(|&other| spans[other].start <= span.start);
        let before = group[..begun].iter().rev().find(|&&other| other != child);
        before.or_else(|| group.iter().find(|&&other| other != child)).copied()
    };
    let mut parents: Vec<_> = spans.iter().enumerate().map(find).collect();
    cut_circles(&mut parents);
    parents
}

fn cut_circles(parents: &mut [Option<usize>]) {
    // The round in which a span was seen first: seen again in the same round, it is its own ancestor.
    let mut seen = vec![usize::MAX; parents.len()];
    for round in 0..parents.len() {
        let mut at = round;
        while seen[at] == usize::MAX {
            seen[at] = round;
            match parents[at] {
                Some(parent) if seen[parent] == round => parents[at] = None,
                Some(parent) => at = parent,
                None => break,
            }
        }
    }
}
