//! The spans that were opened before there was anybody to tell.

use std::collections::BTreeMap;

use tracing::Metadata;

use super::written::WrittenScope;
use crate::record::keep_latest;

/// So many are kept at once, open ones and those that are closed but still of interest.
pub(crate) const MAX_SPANS: usize = 1024;
/// So many bytes of values are kept for all of them together.
pub(crate) const MAX_BYTES: usize = 256 * 1024;
/// So often what is recorded in a span is kept apart; after that of each field the last value: it could go on
/// for ever.
const MAX_RECORDS: usize = 64;

/// A span that was opened early.
#[derive(Debug)]
pub(crate) struct EarlySpan {
    pub(crate) metadata: &'static Metadata<'static>,
    pub(crate) parent: Option<u64>,
    /// When it was opened, and what was recorded in it since: each with its place among all that happened.
    pub(crate) values: Vec<(u64, Vec<u8>)>,
    pub(crate) follows: Vec<(u64, u64)>,
    pub(crate) opened: u64,
    pub(crate) closed: Option<u64>,
    /// Handles of the user's.
    pub(crate) handles: usize,
    /// Events that wait and happened in it, and spans that are kept and have it as parent.
    users: usize,
}

impl EarlySpan {
    /// Closed, and nothing refers to it; and whoever knows that it was opened knows that it was closed.
    fn is_over(&self, told: u64) -> bool {
        self.users == 0 && self.closed.is_some_and(|closed| self.opened >= told || closed < told)
    }
}

/// A change of a span, in the order of `seq`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Opened { span: u64, metadata: &'static Metadata<'static>, parent: Option<u64>, values: Vec<u8> },
    Recorded { span: u64, values: Vec<u8> },
    Follows { span: u64, from: u64 },
    Closed { span: u64 },
}

/// The table of early spans, by their numbers, which grow.
///
/// A span that was closed stays while an event that waits refers to it, and after that while there is room:
/// whoever is told later hears of it too. When the table is full, the oldest of those goes first; a new span
/// that finds no room is not kept, and what happens in it counts as happening around it.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    table: BTreeMap<u64, EarlySpan>,
    bytes: usize,
    /// Spans that found no room, spans that had to go, and values that found none.
    pub(crate) lost: u64,
    /// Closed spans are of no interest: everything is told as it happens.
    forgets: bool,
    /// Somebody is being told, and knows what has a smaller number.
    told: u64,
}

impl Spans {
    /// Opens a span; one whose parent is not kept has the nearest one around it that is.
    pub(crate) fn open(
        &mut self,
        span: u64,
        seq: u64,
        metadata: &'static Metadata<'static>,
        parent: Option<u64>,
        values: &[u8],
    ) -> bool {
        if self.table.len() >= MAX_SPANS && !self.forget_one() {
            self.lost += 1;
            return false;
        }
        let parent = parent.filter(|parent| self.table.contains_key(parent));
        if let Some(parent) = parent.and_then(|parent| self.table.get_mut(&parent)) {
            parent.users += 1;
        }
        let values = self.keep(values).map(|values| (seq, values)).into_iter().collect();
        let early = EarlySpan {
            metadata,
            parent,
            values,
            follows: Vec::new(),
            opened: seq,
            closed: None,
            handles: 1,
            users: 0,
        };
        self.table.insert(span, early);
        true
    }

    /// Bytes of its own, if there is room for them.
    fn keep(&mut self, values: &[u8]) -> Option<Vec<u8>> {
        if values.is_empty() {
            return None;
        }
        if self.bytes + values.len() > MAX_BYTES {
            self.lost += 1;
            return None;
        }
        self.bytes += values.len();
        Some(values.to_vec())
    }

    pub(crate) fn record(&mut self, span: u64, seq: u64, values: &[u8]) {
        if !self.contains(span) {
            return;
        }
        if let Some(early) =
            self.table.get_mut(&span).filter(|early| early.values.len() > MAX_RECORDS)
        {
            let Some((at, last)) = early.values.last_mut() else { return };
            let mut both = last.clone();
            both.extend_from_slice(values);
            keep_latest(&mut both);
            let bytes = self.bytes - last.len() + both.len();
            if bytes > MAX_BYTES {
                self.lost += 1;
                return;
            }
            (self.bytes, *at, *last) = (bytes, seq, both);
            return;
        }
        let kept = self.keep(values);
        if let (Some(values), Some(early)) = (kept, self.table.get_mut(&span)) {
            early.values.push((seq, values));
        }
    }

    pub(crate) fn follow(&mut self, span: u64, seq: u64, from: u64) {
        if let Some(early) = self.table.get_mut(&span) {
            if early.follows.len() < 64 {
                early.follows.push((seq, from));
            }
        }
    }

    /// One handle more.
    pub(crate) fn clone_handle(&mut self, span: u64) {
        if let Some(early) = self.table.get_mut(&span) {
            early.handles += 1;
        }
    }

    /// One handle less; returns whether it was the last one.
    pub(crate) fn drop_handle(&mut self, span: u64, seq: u64) -> bool {
        let Some(early) = self.table.get_mut(&span) else { return false };
        early.handles = early.handles.saturating_sub(1);
        if early.handles > 0 || early.closed.is_some() {
            return false;
        }
        early.closed = Some(seq);
        if self.forgets {
            self.forget_if_unused(span);
        }
        true
    }

    /// An event that waits happened in it.
    pub(crate) fn hold(&mut self, span: u64) {
        if let Some(early) = self.table.get_mut(&span) {
            early.users += 1;
        }
    }

    /// An event that happened in it waits no longer.
    pub(crate) fn release(&mut self, span: u64) {
        if let Some(early) = self.table.get_mut(&span) {
            early.users = early.users.saturating_sub(1);
            if self.forgets {
                self.forget_if_unused(span);
            }
        }
    }

    /// From now on closed spans go as soon as nothing refers to them; those that are closed already go now.
    pub(crate) fn forget_closed(&mut self) {
        self.forgets = true;
        let all: Vec<u64> = self.table.keys().rev().copied().collect();
        all.into_iter().for_each(|span| self.forget_if_unused(span));
    }

    fn forget_if_unused(&mut self, span: u64) {
        let mut next = Some(span);
        while let Some(span) = next {
            if !self.table.get(&span).is_some_and(|early| early.is_over(self.told)) {
                return;
            }
            next = self.remove(span);
        }
    }

    /// Says up to where somebody has been told; 0 for nobody.
    pub(crate) fn told(&mut self, until: u64) {
        self.told = until;
    }

    /// Takes one out and tells its parent, which has a child less.
    fn remove(&mut self, span: u64) -> Option<u64> {
        let early = self.table.remove(&span)?;
        self.bytes -= early.values.iter().map(|(_, values)| values.len()).sum::<usize>();
        let parent = early.parent?;
        let held = self.table.get_mut(&parent)?;
        held.users = held.users.saturating_sub(1);
        Some(parent)
    }

    fn forget_one(&mut self) -> bool {
        let unused = |(_, early): &(&u64, &EarlySpan)| early.is_over(self.told);
        let Some(span) = self.table.iter().find(unused).map(|(span, _)| *span) else {
            return false;
        };
        self.lost += 1;
        self.remove(span);
        true
    }

    pub(crate) fn get(&self, span: u64) -> Option<&EarlySpan> {
        self.table.get(&span)
    }

    pub(crate) fn contains(&self, span: u64) -> bool {
        self.table.contains_key(&span)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &EarlySpan)> {
        self.table.iter().map(|(span, early)| (*span, early))
    }

    /// What happened to spans from `since` on, in order.
    pub(crate) fn changes(&self, since: u64) -> Vec<(u64, Change)> {
        let mut changes = Vec::new();
        for (span, early) in self.iter() {
            let mut values = early.values.iter().peekable();
            if early.opened >= since {
                let own = values.next_if(|(seq, _)| *seq == early.opened);
                let values = own.map(|(_, values)| values.clone()).unwrap_or_default();
                let opened =
                    Change::Opened { span, metadata: early.metadata, parent: early.parent, values };
                changes.push((early.opened, opened));
            }
            let later = values.filter(|(seq, _)| *seq >= since);
            changes
                .extend(later.map(|(seq, values)| {
                    (*seq, Change::Recorded { span, values: values.clone() })
                }));
            let follows = early.follows.iter().filter(|(seq, _)| *seq >= since);
            changes
                .extend(follows.map(|(seq, from)| (*seq, Change::Follows { span, from: *from })));
            if let Some(closed) = early.closed.filter(|seq| *seq >= since) {
                changes.push((closed, Change::Closed { span }));
            }
        }
        changes.sort_by_key(|(seq, _)| *seq);
        changes
    }

    /// What the span and those around it say, so that it can be read without the lock.
    pub(crate) fn written(&self, span: Option<u64>) -> WrittenScope {
        let mut around = Vec::new();
        let mut next = span;
        while let Some(early) = next.and_then(|span| self.table.get(&span)) {
            around.push(early);
            next = early.parent;
        }
        let mut scope = WrittenScope::default();
        for early in around.into_iter().rev() {
            scope.push(early.metadata, early.values.iter().map(|(_, values)| values.as_slice()));
        }
        scope
    }
}
