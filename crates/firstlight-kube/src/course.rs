use std::time::Duration;

use firstlight_ready::machine::Report;
use firstlight_ready::{Evidence, Progress, Reason};

use crate::spell::{Over, Spell};
use crate::step::Step;

/// Progress is told for every so many objects, and when the stream has to wait for more.
const STEP: u64 = 1000;

/// What a watch means for its gate. Pure: no clock, no lock, no runtime.
///
/// Its laws: nothing but the first complete list makes it ready, an error never does, and after that it is only
/// ever ready, empty or degraded.
#[derive(Debug, Default)]
pub(crate) struct Course {
    is_synced: bool,
    has_begun: bool,
    /// The last complete list had nothing in it, and nothing has come since.
    is_empty: bool,
    /// In this list, so far.
    listed: u64,
    /// What was told of that; a list that begins anew has got no further before it has passed it.
    told: u64,
    /// Of the last object that was seen.
    revision: String,
    spell: Spell,
    /// What was said last of trouble.
    said: String,
}

/// What the log is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Trouble of a kind that is new.
    Trouble,
    /// It is over.
    Over(Over),
    /// It lists everything anew.
    Relist,
    /// It tells nothing any more.
    Ended,
}

impl Course {
    /// Takes a step; says what is to be reported.
    pub(crate) fn take(
        &mut self,
        step: &Step,
        revision: &str,
        now: Duration,
        mut say: impl FnMut(Report),
    ) -> Option<News> {
        if !revision.is_empty() {
            revision.clone_into(&mut self.revision);
        }
        match step {
            Step::Init => self.init(say),
            Step::Listed => {
                self.listed += 1;
                if self.listed >= self.told + STEP {
                    self.pause(say);
                }
                None
            }
            Step::InitDone => self.done(now, say),
            Step::Applied | Step::Deleted if !self.is_synced => None,
            Step::Applied if self.is_empty => {
                self.is_empty = false;
                let over = self.spell.good(now).map(News::Over);
                self.settle(say);
                over
            }
            Step::Applied | Step::Deleted => self.good(now, say),
            Step::Trouble(trouble) if self.is_synced && trouble.relists => None,
            Step::Trouble(trouble) => {
                let is_news = self.spell.error(trouble.kind.bit(), now);
                if self.said != trouble.text {
                    trouble.text.clone_into(&mut self.said);
                    say(self.trouble(&trouble.text));
                }
                is_news.then_some(News::Trouble)
            }
            Step::End => {
                say(self.end());
                Some(News::Ended)
            }
        }
    }

    /// The stream has nothing more for now.
    pub(crate) fn pause(&mut self, mut say: impl FnMut(Report)) {
        if !self.is_synced && self.listed > self.told {
            self.told = self.listed;
            say(Report::Progress(Progress { done: self.listed, total: 0 }));
        }
    }

    /// No error came for long enough.
    pub(crate) fn calm(&mut self, now: Duration, say: impl FnMut(Report)) -> Option<News> {
        let over = self.spell.end(now)?;
        self.settle(say);
        Some(News::Over(over))
    }

    /// Whether it is degraded, and a time without errors would end that.
    pub(crate) fn waits_for_calm(&self) -> bool {
        self.is_synced && self.spell.is_on()
    }

    /// Whether its list was empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty
    }

    fn init(&mut self, mut say: impl FnMut(Report)) -> Option<News> {
        self.listed = 0;
        let again = std::mem::replace(&mut self.has_begun, true);
        match (self.is_synced, again || self.spell.is_on()) {
            (true, _) => say(Report::Beat),
            // What went wrong is worth more than that it tries again.
            (false, true) => {}
            (false, false) => say(Report::Syncing(Reason::new("listing"))),
        }
        again.then_some(News::Relist)
    }

    fn done(&mut self, now: Duration, mut say: impl FnMut(Report)) -> Option<News> {
        let was_empty = std::mem::replace(&mut self.is_empty, self.listed == 0);
        if self.is_synced {
            if was_empty == self.is_empty {
                return self.good(now, say);
            }
            let over = self.spell.good(now).map(News::Over);
            self.settle(say);
            return over;
        }
        if self.listed != self.told {
            say(Report::Progress(Progress { done: self.listed, total: 0 }));
        }
        self.is_synced = true;
        let over = self.spell.end(now).map(News::Over);
        self.settle(say);
        over
    }

    fn good(&mut self, now: Duration, mut say: impl FnMut(Report)) -> Option<News> {
        match self.spell.good(now) {
            Some(over) => {
                self.settle(say);
                Some(News::Over(over))
            }
            None => {
                say(Report::Beat);
                None
            }
        }
    }

    /// Says how it stands, unless there is trouble, which stands until it is over.
    fn settle(&mut self, mut say: impl FnMut(Report)) {
        if self.spell.is_on() {
            return;
        }
        self.said.clear();
        say(match self.is_empty {
            true => Report::ReadyEmpty(Evidence::new(0, self.revision.as_str())),
            false => Report::Ready,
        });
    }

    fn trouble(&self, text: &str) -> Report {
        match self.is_synced {
            true => Report::Degraded(Reason::new(text)),
            // Not `NotReady`: with progress between retries that would be two transitions for each of them.
            false => Report::Syncing(Reason::new(text)),
        }
    }

    fn end(&self) -> Report {
        if self.is_synced {
            return Report::Degraded(Reason::new("the watch has ended"));
        }
        let ended = "the watch has ended before its first list was complete";
        match self.said.as_str() {
            "" => Report::Failed(Reason::new(ended)),
            said => Report::Failed(Reason::new(format!("{ended}; last: {said}"))),
        }
    }
}
