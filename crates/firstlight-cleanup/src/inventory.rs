use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::engine::Engine;
use crate::inner::Inner;
use crate::job::Job;
use crate::outcome::State;
use crate::report::MOST;
use crate::text::Shown;
use crate::unfinished::{Unfinished, write_rows};

/// What a janitor has at hand: guards that are armed, clean-ups that wait or run.
///
/// Armed ones first, of each the oldest first. Beyond 1 000, which of them are shown is left to chance. A guard that is dropped at that
/// very moment may be counted twice, as armed and as handed over, but is never left out.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Inventory {
    /// The janitor's name.
    pub janitor: &'static str,
    /// At most 1 000 of them.
    pub items: Vec<Unfinished>,
    /// How many there are in all.
    pub total: usize,
}

impl Inventory {
    pub(crate) fn of(inner: &Arc<Inner>) -> Self {
        Self::with(inner, |_| ()).0
    }

    /// With what `also` finds at the same moment. A guard that is dropped meanwhile may be in it twice, but never not at all.
    pub(crate) fn with<T>(inner: &Arc<Inner>, also: impl FnOnce(&mut Engine) -> T) -> (Self, T) {
        let now = inner.now();
        let (armed, total) = inner.shared.shards.all(MOST);
        let mut items: Vec<_> = armed
            .into_iter()
            .map(|row| Unfinished {
                name: row.name,
                key: row.key,
                epoch: None,
                place: row.place,
                age: now.saturating_sub(row.since),
                attempts: 0,
                last_error: None,
                state: State::Armed,
                reason: None,
                certainty: row.certainty,
            })
            .collect();
        let (detached, also) = inner.engine(|engine| {
            let room = MOST.saturating_sub(items.len());
            let running = engine.rows.iter().map(|row| Unfinished {
                name: row.name,
                key: row.key.clone(),
                epoch: row.epoch,
                place: row.place,
                age: now.saturating_sub(row.detached),
                attempts: row.attempts,
                last_error: row.error.clone(),
                state: State::Running,
                reason: Some(row.reason),
                certainty: row.certainty,
            });
            let queued =
                engine.queued().map(|job: &Job| Unfinished::of(&job.meta, State::Queued, now));
            let delayed =
                engine.later.iter().map(|job| Unfinished::of(&job.meta, State::Delayed, now));
            items.extend(running.chain(queued).chain(delayed).take(room));
            (engine.rows.len() + engine.waiting(), also(engine))
        });
        items.sort_by_key(|item| (item.state != State::Armed, std::cmp::Reverse(item.age)));
        (Self { janitor: inner.settings.name, items, total: total + detached }, also)
    }

    /// Whether nothing is armed, waits or runs.
    pub const fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// As JSON, on one line.
    pub fn to_json(&self) -> String {
        // Numbers, texts and lists of them: there is nothing that could fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} at hand", Shown(self.janitor), self.total)?;
        write_rows(f, &self.items, self.total)
    }
}
