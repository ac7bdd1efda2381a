use std::collections::VecDeque;
use std::time::Duration;

use crate::transition::Transition;

/// How many transitions are kept for those who have not read them; beyond it the oldest go, and are counted.
pub(crate) const CAPACITY: usize = 16_384;

/// Something to tell.
#[derive(Debug, Clone)]
pub(crate) enum Notice {
    Transition(Transition),
    /// The view `ready` is so for the first time, which is said with more words.
    FirstReady(Transition),
    /// It is still not ready, at this time.
    StillWaiting(Duration),
}

impl Notice {
    pub(crate) fn transition(&self) -> Option<&Transition> {
        match self {
            Self::Transition(transition) | Self::FirstReady(transition) => Some(transition),
            Self::StillWaiting(_) => None,
        }
    }
}

/// A notice, and how many before it were lost.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) notice: Notice,
    pub(crate) missed: u64,
}

/// What a reader of transitions finds.
#[derive(Debug)]
pub(crate) enum Read {
    Transition(Transition),
    Lagged(u64),
    /// Nothing more, since the set has stopped.
    End,
}

/// What happened, in order, until it is told: to the observers and the log by one thread at a time, to streams at
/// their own pace.
///
/// Written under the lock, told outside it. So the order is that of the lock, and who is told may call back in: what
/// that causes is written behind, and told when the call has returned.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    kept: VecDeque<Notice>,
    /// The number of the first one kept.
    first: u64,
    /// The number of the next one to be told.
    next: u64,
    /// Whether a thread is telling.
    telling: bool,
    /// That it is still not ready is to be told. No transition, so that it is not counted with them.
    waiting: Option<Duration>,
    readers: usize,
}

impl Outbox {
    pub(crate) fn push(&mut self, notice: Notice) {
        if let Notice::StillWaiting(at) = notice {
            self.waiting = Some(at);
            return;
        }
        if self.kept.len() == CAPACITY {
            self.kept.pop_front();
            self.first += 1;
        }
        self.kept.push_back(notice);
    }

    /// Makes the caller the one who tells, if there is something to tell and nobody does.
    ///
    /// It must then call [`Outbox::go_on`] until there is nothing more.
    pub(crate) fn begin(&mut self) -> Option<Told> {
        if self.telling { None } else { self.go_on() }
    }

    /// The next notice to tell; when there is none, somebody else may begin.
    pub(crate) fn go_on(&mut self) -> Option<Told> {
        if let Some(at) = self.waiting.take() {
            self.telling = true;
            return Some(Told { notice: Notice::StillWaiting(at), missed: 0 });
        }
        let missed = self.first.saturating_sub(self.next);
        self.next += missed;
        let notice = match self.readers {
            0 => self.kept.pop_front().inspect(|_| self.first += 1),
            _ => self.get(self.next).cloned(),
        };
        self.telling = notice.is_some();
        self.next += u64::from(self.telling);
        notice.map(|notice| Told { notice, missed })
    }

    /// Begins to keep what is told, for one more reader. Returns where it begins.
    pub(crate) fn enter(&mut self) -> u64 {
        self.readers += 1;
        self.first + self.kept.len() as u64
    }

    /// Ends a reader; after the last, nothing is kept that was told.
    pub(crate) fn leave(&mut self) {
        self.readers -= 1;
        while self.readers == 0 && self.first < self.next && self.kept.pop_front().is_some() {
            self.first += 1;
        }
    }

    /// Reads on from `at`; `None` at the end.
    pub(crate) fn read(&self, at: &mut u64) -> Option<Read> {
        let missed = self.first.saturating_sub(*at);
        if missed > 0 {
            *at = self.first;
            return Some(Read::Lagged(missed));
        }
        let transition = self.get(*at)?.transition()?.clone();
        *at += 1;
        Some(Read::Transition(transition))
    }

    fn get(&self, number: u64) -> Option<&Notice> {
        self.kept.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(number: usize) -> Notice {
        let view = crate::name::Name::new("ready").expect("a name");
        let at = Duration::from_nanos(u64::try_from(number).expect("small"));
        Notice::Transition(Transition::View { view, ready: true, since: Duration::ZERO, at })
    }

    fn number(told: Option<Told>) -> Option<(u64, u128)> {
        match told? {
            Told { notice: Notice::Transition(Transition::View { at, .. }), missed } => {
                Some((missed, at.as_nanos()))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_line_that_is_due_is_told_once_and_counted_nowhere() {
        let mut outbox = Outbox::default();
        let mut reader = outbox.enter();
        outbox.push(Notice::StillWaiting(Duration::from_secs(5)));
        outbox.push(notice(0));
        let told = outbox.begin();
        assert!(matches!(told, Some(Told { notice: Notice::StillWaiting(_), missed: 0 })));
        assert_eq!(number(outbox.begin()), None, "somebody tells");
        assert_eq!(number(outbox.go_on()), Some((0, 0)));
        assert_eq!(number(outbox.go_on()), None);
        assert!(matches!(outbox.read(&mut reader), Some(Read::Transition(_))));
        assert!(outbox.read(&mut reader).is_none());
    }

    #[test]
    fn what_does_not_fit_is_counted_and_the_rest_is_told_in_order() {
        for readers in [0, 1] {
            let mut outbox = Outbox::default();
            (0..readers).for_each(|_| assert_eq!(outbox.enter(), 0));
            (0..CAPACITY + 3).for_each(|at| outbox.push(notice(at)));
            assert_eq!(number(outbox.begin()), Some((3, 3)));
            assert_eq!(number(outbox.begin()), None, "somebody tells");
            (4..CAPACITY as u128 + 3)
                .for_each(|at| assert_eq!(number(outbox.go_on()), Some((0, at))));
            assert_eq!(number(outbox.go_on()), None);
            outbox.push(notice(7));
            assert_eq!(number(outbox.begin()), Some((0, 7)));
            assert_eq!(outbox.kept.len(), if readers == 0 { 0 } else { CAPACITY });
        }
    }

    #[test]
    fn nothing_that_was_told_is_kept_after_the_last_reader() {
        let mut outbox = Outbox::default();
        outbox.enter();
        outbox.enter();
        (0..4).for_each(|at| outbox.push(notice(at)));
        assert_eq!(number(outbox.begin()), Some((0, 0)));
        assert_eq!(number(outbox.go_on()), Some((0, 1)));
        outbox.leave();
        assert_eq!(outbox.kept.len(), 4);
        outbox.leave();
        assert_eq!(outbox.kept.len(), 2);
        assert_eq!(number(outbox.go_on()), Some((0, 2)));
        assert_eq!(outbox.enter(), 4);
        assert_eq!(number(outbox.go_on()), Some((0, 3)));
        assert_eq!(number(outbox.go_on()), None);
    }
}
