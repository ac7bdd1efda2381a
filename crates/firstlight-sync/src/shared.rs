use std::collections::HashMap;
use std::panic::Location;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use firstlight_clock::Clock;

use crate::error::SyncError;
use crate::events;
use crate::ledger::{Effects, Entry, Ledger, Phase, Refusal};
use crate::not_synced::{Cause, NotSynced, SourceFailure};
use crate::rejected::{MAX_REJECTED, Rejected};
use crate::source_report::SourceReport;
use crate::synced::Synced;
use crate::text::clean;
use crate::watched::Watched;

/// What a tracker, its sources, items and waits have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) name: Arc<str>,
    pub(crate) names: Vec<Arc<str>>,
    declared_at: Vec<&'static Location<'static>>,
    index: HashMap<Arc<str>, usize>,
    pub(crate) clock: Clock,
    pub(crate) built_at: Duration,
    pub(crate) watched: Arc<Watched<State>>,
}

/// What is under the lock.
#[derive(Debug)]
pub(crate) struct State {
    ledger: Ledger,
    claims: Vec<Option<Claim>>,
    rejected: Vec<Rejected>,
    /// How many abandoned items have had a line in the log.
    warned: usize,
    /// What every wait ends with, once there is something.
    pub(crate) outcome: Option<Result<Synced, NotSynced>>,
}

/// From when to when a source took; taken under the lock, so that no source ends after its tracker.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) source: usize,
    pub(crate) began: Duration,
    pub(crate) ended: Duration,
    /// Its handle was dropped when all was over: what follows from a cause is not another one.
    is_given_up: bool,
}

#[derive(Debug, Clone, Copy)]
struct Claim {
    place: &'static Location<'static>,
    at: Duration,
}

impl Shared {
    pub(crate) fn new(
        name: Arc<str>,
        names: Vec<Arc<str>>,
        declared_at: Vec<&'static Location<'static>>,
        index: HashMap<Arc<str>, usize>,
        none_is_fine: bool,
    ) -> Arc<Self> {
        let clock = Clock::new();
        let built_at = clock.now();
        let state = State {
            ledger: Ledger::new(names.len(), none_is_fine),
            claims: vec![None; names.len()],
            rejected: Vec::new(),
            warned: 0,
            outcome: None,
        };
        let watched = Watched::new(state);
        let shared = Arc::new(Self { name, names, declared_at, index, clock, built_at, watched });
        // Without sources it is over before it has begun.
        shared.change(|state| ((), state.ledger.phase() != Phase::Pending), None, |()| {});
        shared
    }

    pub(crate) fn claim(
        &self,
        source: &str,
        place: &'static Location<'static>,
    ) -> Result<usize, SyncError> {
        let &number = self.index.get(source).ok_or_else(|| SyncError::UnknownSource {
            tracker: Arc::clone(&self.name),
            source_name: clean(source, 64),
        })?;
        let at = self.clock.now();
        let (first, _) = self.watched.update(|state| {
            let first = state.claims[number];
            state.claims[number].get_or_insert(Claim { place, at });
            (first, false)
        });
        match first {
            None => Ok(number),
            Some(first) => Err(SyncError::AlreadyClaimed {
                source_name: Arc::clone(&self.names[number]),
                first: first.place,
                second: place,
            }),
        }
    }

    /// Nobody can claim a source any more, and one that nobody has claimed will never be done.
    pub(crate) fn close(&self) {
        let unclaimed = self.watched.read(|state| state.claims.iter().position(Option::is_none));
        let Some(source) = unclaimed else { return };
        let reason = Some("nobody has claimed it, and its tracker was dropped".into());
        let (place, panicking) = (self.declared_at[source], thread::panicking());
        let failure = SourceFailure { reason, place, panicking };
        let _ = self.enter(source, Entry::Dropped, Some(failure));
    }

    /// Makes an entry; the failure is what it is about if it makes the source fail.
    pub(crate) fn enter(
        &self,
        source: usize,
        entry: Entry,
        failure: Option<SourceFailure>,
    ) -> Result<(), Refusal> {
        let failure = failure.map(|failure| (source, failure));
        self.change(
            |state| {
                let is_over = state.outcome.is_some();
                // A source that has settled has had its span.
                let has_span = state.ledger.tallies()[source].was_settled();
                let effects = state.ledger.apply(source, entry);
                let Effects { settled, failed, ended } = effects.unwrap_or_default();
                let span = (!has_span && (settled || failed)).then(|| Span {
                    source,
                    began: state.claims[source].map_or(self.built_at, |claim| claim.at),
                    ended: self.clock.now(),
                    is_given_up: entry == Entry::Dropped && is_over,
                });
                ((effects, span), ended)
            },
            failure.as_ref(),
            |(effects, span)| match (span, &failure) {
                (Some(span), None) => events::source_done(self, span),
                (Some(span), Some((_, failure))) if span.is_given_up && !failure.panicking => {
                    events::source_given_up(self, span);
                }
                (Some(span), Some((_, failure))) => events::source_failed(self, span, failure),
                (None, Some((_, failure))) if effects.is_ok_and(|effects| effects.failed) => {
                    events::source_failed_late(self, source, failure);
                }
                (None, _) => {}
            },
        )
        .0
        .map(drop)
    }

    /// Finishes an item that was rejected or abandoned, and keeps why among the first few.
    pub(crate) fn reject(&self, source: usize, entry: Entry, rejected: Rejected) {
        let abandoned = rejected.reason.is_none().then(|| rejected.clone());
        let (warns, _) = self.watched.update(|state| {
            if state.rejected.len() < MAX_REJECTED {
                state.rejected.push(rejected);
            }
            state.warned += usize::from(abandoned.is_some() && state.warned <= MAX_REJECTED);
            (state.warned <= MAX_REJECTED, false)
        });
        // In this order, so that the reason is there when the entry is the last one.
        let _ = self.enter(source, entry, None);
        if let (true, Some(abandoned)) = (warns, abandoned) {
            events::abandoned(self, &abandoned);
        }
    }

    pub(crate) fn cancel(&self) {
        self.change(|state| ((), state.ledger.cancel()), None, |()| {});
    }

    /// Changes the state; if that ended it, takes down the outcome, and wakes everybody after the reports.
    fn change<R>(
        &self,
        change: impl FnOnce(&mut State) -> (R, bool),
        failure: Option<&(usize, SourceFailure)>,
        report: impl FnOnce(&R),
    ) -> R {
        let ((result, outcome), waiting) = self.watched.update(|state| {
            let (result, ended) = change(state);
            if ended {
                state.outcome = Some(self.conclude(state, failure));
            }
            ((result, ended.then(|| state.outcome.clone()).flatten()), ended)
        });
        report(&result);
        if let Some(outcome) = outcome {
            events::ended(self, &outcome);
        }
        drop(waiting);
        result
    }

    fn conclude(
        &self,
        state: &State,
        failure: Option<&(usize, SourceFailure)>,
    ) -> Result<Synced, NotSynced> {
        let cause = match (state.ledger.phase(), failure) {
            (Phase::NoSources, _) => Cause::NoSources,
            (Phase::Failed(source), Some((_, failure))) => Cause::SourceFailed {
                source_name: Arc::clone(&self.names[source]),
                failure: failure.clone(),
            },
            (Phase::Synced, _) => {
                let sources = self.reports(state);
                let took = self.clock.now().saturating_sub(self.built_at);
                let rejected = state.rejected.clone();
                return Ok(Synced::new(Arc::clone(&self.name), sources, rejected, took));
            }
            _ => Cause::Cancelled,
        };
        Err(self.not_synced(state, cause))
    }

    /// Ends a wait for a cause of its own; but an outcome that has come meanwhile wins.
    pub(crate) fn give_up(&self, cause: Cause) -> Result<Synced, NotSynced> {
        self.watched.read(|state| {
            state.outcome.clone().unwrap_or_else(|| Err(self.not_synced(state, cause)))
        })
    }

    pub(crate) fn not_synced(&self, state: &State, cause: Cause) -> NotSynced {
        let mut pending = self.reports(state);
        pending.retain(SourceReport::is_pending);
        let after = self.clock.now().saturating_sub(self.built_at);
        NotSynced::new(Arc::clone(&self.name), cause, pending, after)
    }

    pub(crate) fn reports(&self, state: &State) -> Vec<SourceReport> {
        let now = self.clock.now();
        let tallies = state.ledger.tallies().iter().zip(&state.claims);
        self.names
            .iter()
            .zip(tallies)
            .map(|(name, (tally, claim))| {
                let since = claim.map_or(self.built_at, |claim| claim.at);
                SourceReport::new(name, tally, claim.is_some(), now.saturating_sub(since))
            })
            .collect()
    }
}
