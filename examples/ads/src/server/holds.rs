use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use firstlight_ready::hold::{AtExpiry, Counters, Decision, Expired, Hold, Limits, Warmth};

use crate::snapshot::Kind;

/// How long a client is waited for that has not yet taken what the next answer refers to.
const TAKE: Duration = Duration::from_secs(5);
/// How long a client is waited for that came back and has not yet said all of what it has; it says that at once.
const SAY: Duration = Duration::from_secs(1);

/// Something that an item refers to, and that is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Missing {
    pub(crate) kind: Kind,
    pub(crate) name: Arc<str>,
    pub(crate) lack: Lack,
}

/// In which way something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Lack {
    /// It is not in the snapshot.
    Absent,
    /// The client was told, and has not accepted it yet.
    Untaken,
    /// The client has come back, and has not yet said which ones it has.
    Unsaid,
    /// It is there, and something is missing for it, perhaps something else each time.
    Part,
}

/// What becomes of an item that something is missing for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It goes as it is.
    Go,
    /// It goes, unless the client has something better.
    KeepLastGood,
    /// It is kept back.
    Wait,
}

/// The holds of one stream. One thing that is missing has one deadline, whatever refers to it: a listener, its
/// routes and their cluster do not wait one after the other.
#[derive(Debug)]
pub(crate) struct Holds {
    missing: Hold<(Missing, bool)>,
    /// What the client is waited for, which is no hold of an item and not counted as one.
    order: Hold<(Missing, bool)>,
    /// The items themselves, so that they do not wait for ever for one thing after the other; not counted either.
    items: Hold<(Missing, bool)>,
    waiting: BTreeSet<(Missing, bool)>,
    /// What is missing, and is not waited for any more.
    waived: BTreeSet<(Missing, bool)>,
    failed: Option<Missing>,
}

impl Holds {
    pub(crate) fn new(limits: Limits) -> Self {
        let order = Limits::new(TAKE).warm(SAY, AtExpiry::PublishBestEffort);
        Self {
            missing: Hold::new(limits),
            order: Hold::new(order),
            items: Hold::new(limits),
            waiting: BTreeSet::new(),
            waived: BTreeSet::new(),
            failed: None,
        }
    }

    /// Judges an item that all of these are missing for; every one of them begins its time now, or had before.
    pub(crate) fn judge(&mut self, missing: &[Missing], warmth: Warmth, now: Duration) -> Verdict {
        let verdicts = missing.iter().map(|missing| self.judge_one(missing, warmth, now));
        verdicts.max().unwrap_or(Verdict::Go)
    }

    /// Judges as [`judge`](Self::judge) does; the item itself has a deadline, too, from when it was whole last.
    pub(crate) fn judge_item(
        &mut self,
        item: (Kind, &Arc<str>),
        missing: &[Missing],
        warmth: Warmth,
        now: Duration,
    ) -> Verdict {
        let verdict = self.judge(missing, warmth, now);
        let item = Missing { kind: item.0, name: Arc::clone(item.1), lack: Lack::Part };
        if verdict != Verdict::Go {
            return verdict.min(self.judge_one(&item, warmth, now));
        }
        for key in [(item.clone(), false), (item, true)] {
            self.waived.remove(&key);
            if self.waiting.remove(&key) {
                self.items.forget(&key);
            }
        }
        verdict
    }

    /// Ends the holds of what is missing no more: it came, or nothing refers to it.
    pub(crate) fn settle(&mut self, fate: impl Fn(&Missing) -> Fate) {
        let (missing, order, items) = (&mut self.missing, &mut self.order, &mut self.items);
        self.waiting.retain(|key| {
            let hold = match key.0.lack {
                Lack::Absent => &mut *missing,
                Lack::Untaken | Lack::Unsaid => &mut *order,
                Lack::Part => &mut *items,
            };
            match fate(&key.0) {
                Fate::Missing => return true,
                Fate::Came => hold.published(key),
                Fate::Forgotten => hold.forget(key),
            };
            false
        });
        self.waived.retain(|key| fate(&key.0) == Fate::Missing);
    }

    pub(crate) fn next_expiry(&self) -> Option<Duration> {
        let holds = [&self.missing, &self.order, &self.items];
        holds.into_iter().filter_map(Hold::next_expiry).min()
    }

    /// Takes note of what has ended, so that it is told as ended from now on.
    pub(crate) fn expire(&mut self, now: Duration) {
        for hold in [Lack::Absent, Lack::Untaken, Lack::Part] {
            for expired in self.hold(hold).expire(now) {
                self.ended(expired);
            }
        }
    }

    /// What could not be waited for any longer, when the limits say that this is a failure.
    pub(crate) const fn failed(&self) -> Option<&Missing> {
        self.failed.as_ref()
    }

    #[cfg(test)]
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.missing.counters()
    }

    fn judge_one(&mut self, missing: &Missing, warmth: Warmth, now: Duration) -> Verdict {
        let warmth = match missing.lack {
            Lack::Absent | Lack::Part => warmth,
            Lack::Untaken => Warmth::Cold,
            Lack::Unsaid => Warmth::Warm,
        };
        let key = (missing.clone(), warmth == Warmth::Warm);
        if self.waived.contains(&key) {
            return Verdict::Go;
        }
        match self.hold(missing.lack).withhold(&key, warmth, now) {
            Decision::Hold { .. } => {
                self.waiting.insert(key);
                Verdict::Wait
            }
            Decision::Expired(expired) => self.ended(expired),
            Decision::Full(AtExpiry::KeepLastGood) => Verdict::KeepLastGood,
            Decision::Full(_) => Verdict::Go,
        }
    }

    fn ended(&mut self, expired: Expired<(Missing, bool)>) -> Verdict {
        match expired {
            Expired::PublishBestEffort(permit) => {
                let lack = permit.key().0.lack;
                if let Some(key) = self.hold(lack).redeem(permit) {
                    self.waiting.remove(&key);
                    self.waived.insert(key);
                }
                Verdict::Go
            }
            Expired::KeepLastGood(key) => {
                self.waiting.insert(key);
                Verdict::KeepLastGood
            }
            Expired::Fail((missing, _)) => {
                self.failed.get_or_insert(missing);
                Verdict::Wait
            }
        }
    }

    const fn hold(&mut self, lack: Lack) -> &mut Hold<(Missing, bool)> {
        match lack {
            Lack::Absent => &mut self.missing,
            Lack::Untaken | Lack::Unsaid => &mut self.order,
            Lack::Part => &mut self.items,
        }
    }
}

/// What has become of something that was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Missing,
    Came,
    Forgotten,
}
