use std::collections::{BTreeMap, BTreeSet};

use crate::parse::checks::{Checks, FailingCheck, MAX_LINE, MAX_LINES, MAX_NAME, MAX_NAMED};
use crate::text::tidy;

/// Collects checks one by one, within bounds.
#[derive(Default)]
pub(crate) struct Tally {
    named: BTreeMap<String, State>,
    excluded: BTreeSet<String>,
    checks: Checks,
}

enum State {
    Passing,
    Failing(Option<String>),
}

impl Tally {
    pub(crate) fn pass(&mut self, name: &str) {
        let name = tidy(name, MAX_NAME);
        if self.named.contains_key(&name) {
            // It stands there already; if as failing, that is the worse news.
        } else if self.named.len() < MAX_NAMED {
            self.named.insert(name, State::Passing);
        } else {
            self.checks.unnamed_passing += 1;
        }
    }

    pub(crate) fn fail(&mut self, name: &str, reason: Option<&str>) {
        let name = tidy(name, MAX_NAME);
        let is_reason = |reason: &&str| !reason.is_empty() && *reason != "reason withheld";
        let reason = reason.map(str::trim).filter(is_reason).map(|reason| tidy(reason, MAX_LINE));
        let has_room = self.named.len() < MAX_NAMED;
        match self.named.get_mut(&name) {
            Some(state @ State::Passing) => *state = State::Failing(reason),
            Some(State::Failing(known)) => *known = known.take().or(reason),
            None if has_room => {
                self.named.insert(name, State::Failing(reason));
            }
            None => self.checks.unnamed_failing += 1,
        }
    }

    pub(crate) fn exclude(&mut self, name: &str) {
        if self.excluded.len() < MAX_LINES {
            self.excluded.insert(tidy(name, MAX_NAME));
        }
    }

    pub(crate) fn warn(&mut self, warning: &str) {
        keep(&mut self.checks.warnings, warning);
    }

    pub(crate) fn unknown(&mut self, line: &str) {
        keep(&mut self.checks.unknown, line);
    }

    pub(crate) fn finish(self, passed: Option<bool>) -> Checks {
        let mut checks = Checks { passed, ..self.checks };
        // A sorted map gives sorted lists.
        for (name, state) in self.named {
            match state {
                State::Passing => checks.passing.push(name),
                State::Failing(reason) => checks.failing.push(FailingCheck { name, reason }),
            }
        }
        checks.excluded.extend(self.excluded);
        checks
    }
}

fn keep(lines: &mut Vec<String>, line: &str) {
    if lines.len() < MAX_LINES {
        lines.push(tidy(line, MAX_LINE));
    }
}
