use std::time::Duration;

/// Trouble after which no error came for so long is over, although no good event came either.
///
/// A watch without changes tells nothing, not even that it works again. So long is more than the longest pause
/// of kube's default back-off with its jitter, and a connection's time-out.
pub const CALM: Duration = Duration::from_secs(120);

/// A spell of bad weather: errors with nothing good between them, as one thing to be told.
///
/// A watch that flaps (good, bad, good, bad) would be told twice a turn, for hours. So a spell that begins
/// within [`CALM`] of the last one does not end with the next good event, but with so long without an error.
#[derive(Debug, Default)]
pub(crate) struct Spell {
    now: Option<Now>,
    /// When the last one ended.
    ended: Option<Duration>,
}

#[derive(Debug)]
struct Now {
    since: Duration,
    last: Duration,
    errors: u64,
    /// The kinds that have been told, a bit each.
    told: u32,
    flaps: bool,
}

/// A spell that has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) since: Duration,
    pub(crate) errors: u64,
}

impl Spell {
    /// Takes an error down; tells whether it is the first of its kind in this spell.
    pub(crate) fn error(&mut self, kind: u32, at: Duration) -> bool {
        let flaps = self.ended.is_some_and(|ended| at.saturating_sub(ended) < CALM);
        let begun = Now { since: at, last: at, errors: 0, told: 0, flaps };
        let now = self.now.get_or_insert(begun);
        now.errors += 1;
        now.last = at;
        let is_news = now.told & kind == 0;
        now.told |= kind;
        is_news
    }

    /// Something good has happened: tells whether that ends it.
    pub(crate) fn good(&mut self, at: Duration) -> Option<Over> {
        let now = self.now.as_ref()?;
        match now.flaps && at.saturating_sub(now.last) < CALM {
            true => None,
            false => self.end(at),
        }
    }

    /// Ends it: no error for long enough, or there is a better thing to tell.
    pub(crate) fn end(&mut self, at: Duration) -> Option<Over> {
        let Now { since, errors, .. } = self.now.take()?;
        self.ended = Some(at);
        Some(Over { since, errors })
    }

    pub(crate) fn is_on(&self) -> bool {
        self.now.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_kind_is_told_once_in_a_spell() {
        let mut spell = Spell::default();
        assert!(spell.error(1, at(1)));
        assert!(!spell.error(1, at(2)));
        assert!(spell.error(2, at(3)));
        assert!(!spell.error(1, at(4)), "back and forth is no news");
        assert_eq!(spell.good(at(5)), Some(Over { since: at(1), errors: 4 }));
        assert!(!spell.is_on());
        assert_eq!(spell.good(at(6)), None);
        assert!(spell.error(1, at(7)), "a new spell");
    }

    #[test]
    fn a_watch_that_flaps_is_in_one_spell_until_it_has_been_calm() {
        let mut spell = Spell::default();
        let mut told = 0;
        for second in 0..3600 {
            told += u32::from(spell.error(1, at(second)));
            told += u32::from(spell.good(at(second)).is_some());
        }
        assert_eq!(told, 3, "begun, over, begun");
        assert_eq!(spell.good(at(3599 + 119)), None);
        assert_eq!(spell.good(at(3599 + 120)), Some(Over { since: at(1), errors: 3599 }));
    }
}
