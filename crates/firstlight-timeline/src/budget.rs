use std::fmt;
use std::time::Duration;

use crate::chain::Chain;
use crate::figure::Unit;
use crate::graph::Graph;
use crate::outcome::{Outcome, OutcomeKind};
use crate::timeline::Timeline;

/// A span that did not keep its budget.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// It ended later.
    #[error("{name} ended {over} after its budget of {limit}, at {end}\n{chain}",
        over = unit(.end).show(.end.saturating_sub(*.limit)),
        limit = unit(.end).show(*.limit),
        end = unit(.end).show(*.end))]
    Over {
        /// The span.
        name: String,
        /// When it should have ended at the latest.
        limit: Duration,
        /// When it ended.
        end: Duration,
        /// What held it up.
        chain: Chain,
    },
    /// It has not ended.
    #[error("{name} has not ended by {now}\n{chain}", now = unit(.now).show(*.now))]
    NotEnded {
        /// The span.
        name: String,
        /// The last moment that the timeline knows of.
        now: Duration,
        /// What holds it up.
        chain: Chain,
    },
    /// It ended in time, but not well.
    #[error("{name} {outcome} at {end}\n{chain}", end = unit(.end).show(*.end))]
    NotWell {
        /// The span.
        name: String,
        /// How it ended.
        outcome: Outcome,
        /// When it ended.
        end: Duration,
        /// What held it up.
        chain: Chain,
    },
    /// There is no span of this name.
    #[error("no span is called {name}{known}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names that there are, as text, and how many spans were dropped.
        known: String,
    },
}

fn unit(longest: &Duration) -> Unit {
    Unit::of(*longest)
}

/// How many names an error lists.
const NAMES: usize = 10;

pub(crate) fn check(timeline: &Timeline, name: &str, limit: Duration) -> Result<(), BudgetError> {
    let graph = Graph::of(timeline);
    let Some(index) = graph.last_of(name) else {
        return Err(BudgetError::Unknown { name: name.to_owned(), known: known(timeline) });
    };
    let span = graph.span(index);
    let name = name.to_owned();
    let chain = || Chain::of(&graph, index);
    match (span.end, span.outcome.kind()) {
        (None, _) => Err(BudgetError::NotEnded { name, now: timeline.seen_until, chain: chain() }),
        (Some(end), _) if end > limit => {
            Err(BudgetError::Over { name, limit, end, chain: chain() })
        }
        (Some(end), OutcomeKind::Bad | OutcomeKind::Cut) => {
            let outcome = span.outcome.clone();
            Err(BudgetError::NotWell { name, outcome, end, chain: chain() })
        }
        (Some(_), OutcomeKind::Good | OutcomeKind::Other) => Ok(()),
    }
}

fn known(timeline: &Timeline) -> String {
    let mut text = match timeline.spans.len() {
        0 => "; there is no span at all".to_owned(),
        _ => "; there are: ".to_owned(),
    };
    let names: Vec<_> = timeline.spans.iter().take(NAMES).map(|span| span.name()).collect();
    text.push_str(&names.join(", "));
    if timeline.spans.len() > NAMES {
        text.push_str(&format!(" and {} more", timeline.spans.len() - NAMES));
    }
    text.push_str(&crate::notes::of(timeline).replace('\n', " "));
    text
}

/// The same as `Display`: it is what a test prints of an error, and must be fit to read.
impl fmt::Debug for BudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
