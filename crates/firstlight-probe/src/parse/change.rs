use std::fmt;

use crate::parse::checks::Checks;

/// The most names that the display lists of each kind.
const MAX_SHOWN: usize = 5;

/// What changed from one answer to a later one: `etcd now ok; 2 left`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    now_ok: Vec<String>,
    newly_failing: Vec<String>,
    left: u64,
}

impl Change {
    pub(crate) fn between(earlier: &Checks, later: &Checks) -> Self {
        let gained = |from: &Checks, to: &Checks| {
            // A name that is gone without passing is neither: a list that was cut short proves nothing.
            let is_known =
                |name: &&str| to.passing.binary_search_by(|p| p.as_str().cmp(name)).is_ok();
            from.failing().filter(is_known).map(str::to_owned).collect()
        };
        let failed = |name: &&str| {
            earlier.failing.binary_search_by(|check| check.name.as_str().cmp(name)).is_ok()
        };
        let newly_failing = later.failing().filter(|name| !failed(name)).map(str::to_owned);
        Self {
            now_ok: gained(earlier, later),
            newly_failing: newly_failing.collect(),
            left: later.total() - later.passing(),
        }
    }

    /// Lists the checks that failed and pass now, sorted.
    pub fn now_ok(&self) -> &[String] {
        &self.now_ok
    }

    /// Lists the checks that fail now and did not before, sorted; new ones too.
    pub fn newly_failing(&self) -> &[String] {
        &self.newly_failing
    }

    /// Tells how many checks fail now.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Tells whether no check changed sides.
    pub fn is_empty(&self) -> bool {
        self.now_ok.is_empty() && self.newly_failing.is_empty()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        names(f, &self.now_ok, "now ok")?;
        names(f, &self.newly_failing, "now failing")?;
        if self.is_empty() {
            f.write_str("no change; ")?;
        }
        match self.left {
            0 => f.write_str("none left"),
            left => write!(f, "{left} left"),
        }
    }
}

fn names(f: &mut fmt::Formatter<'_>, names: &[String], what: &str) -> fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    let shown = &names[..names.len().min(MAX_SHOWN)];
    f.write_str(&shown.join(", "))?;
    if names.len() > MAX_SHOWN {
        write!(f, " and {} more", names.len() - MAX_SHOWN)?;
    }
    write!(f, " {what}; ")
}
