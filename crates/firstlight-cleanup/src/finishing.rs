//! How a clean-up ends.

use std::sync::Arc;
use std::time::Duration;

use crate::contain::contain_drop;
use crate::inner::Inner;
use crate::job::{Account, Job, Meta};
use crate::key::Key;
use crate::outcome::{Outcome, State};
use crate::unfinished::Unfinished;
use crate::within::within;

impl Inner {
    /// Ends a job: who wants to know is told, what it held is dropped, then it counts as ended.
    pub(crate) fn finish(self: &Arc<Self>, job: Box<Job>, row: Option<usize>, outcome: Outcome) {
        self.finish_at(job, row, outcome, self.now());
    }

    /// The same for who has looked at the clock just now.
    pub(crate) fn finish_at(
        self: &Arc<Self>,
        mut job: Box<Job>,
        row: Option<usize>,
        outcome: Outcome,
        now: Duration,
    ) {
        let account = if outcome.is_clean() {
            Account::default()
        } else {
            within(self, || job.work.account(outcome)).unwrap_or_default()
        };
        if account.error.is_some() {
            job.meta.more().error = account.error;
        }
        let discarded = within(self, || job.work.discard());
        if let Err(said) = discarded {
            job.meta.more().error.get_or_insert(said);
        }
        let unfinished = unfinished(&job.meta, outcome, account.keys, now);
        // Taken down before anybody is told, so that a drain does not miss it while a hook takes its time.
        let row = match &*unfinished {
            [] => row,
            all => self.engine(|engine| {
                all.iter().fold(row, |row, unfinished| engine.write_down(unfinished, row))
            }),
        };
        self.tell_ended(&job.meta, outcome, now, unfinished);
        let done = job.meta.more.as_mut().and_then(|more| more.done.take());
        let after = self.engine(|engine| engine.end(&job, row, outcome, now));
        contain_drop(job);
        if let Some(done) = done {
            // Whoever ran it may have stopped waiting.
            let _ = done.send(outcome);
        }
        self.act(after);
    }

    /// Ends a clean-up that had a sync part only.
    pub(crate) fn end_sync(&self, mut meta: Meta, outcome: Outcome, now: Duration) {
        let unfinished = unfinished(&meta, outcome, Vec::new(), now);
        for unfinished in &unfinished {
            self.engine(|engine| engine.write_down(unfinished, None));
        }
        self.tell_ended(&meta, outcome, now, unfinished);
        self.engine(|engine| engine.stats.end(outcome));
        if let Some(done) = meta.more.as_mut().and_then(|more| more.done.take()) {
            let _ = done.send(outcome);
        }
        // Its capture is somebody's.
        contain_drop(meta);
    }
}

/// For whoever has to see to it now, key by key; empty when nothing is left to do.
fn unfinished(meta: &Meta, outcome: Outcome, keys: Vec<Key>, now: Duration) -> Vec<Unfinished> {
    if outcome.is_clean() {
        return Vec::new();
    }
    let all = Unfinished::of(meta, State::Ended(outcome), now);
    if keys.is_empty() {
        return vec![all];
    }
    keys.into_iter().map(|key| Unfinished { key: Some(key), ..all.clone() }).collect()
}
