use crate::parse::change::Change;

/// The most names that a list keeps of each kind; what is beyond is counted and not named.
pub(crate) const MAX_NAMED: usize = 1024;
/// The most excluded names, warnings and unknown lines that are kept, each.
pub(crate) const MAX_LINES: usize = 64;
/// The longest name that is kept, in bytes.
pub(crate) const MAX_NAME: usize = 128;
/// The longest reason, warning or unknown line that is kept, in bytes.
pub(crate) const MAX_LINE: usize = 256;

/// The checks that a health answer lists.
///
/// Which pass, which fail, and what else it said. Its memory is bounded whatever the text: 1024 names in all,
/// 64 excluded names, warnings and unknown lines, each cut at 256 bytes, with control characters escaped and
/// recognisable secrets redacted. Checks beyond are counted.
///
/// ```
/// let checks = firstlight_probe::parse::kubernetes("[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n");
/// assert_eq!((checks.passing(), checks.total(), checks.passed()), (1, 2, Some(false)));
/// assert_eq!(checks.failing().collect::<Vec<_>>(), ["etcd"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checks {
    pub(crate) passing: Vec<String>,
    pub(crate) failing: Vec<FailingCheck>,
    pub(crate) excluded: Vec<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) unknown: Vec<String>,
    pub(crate) unnamed_passing: u64,
    pub(crate) unnamed_failing: u64,
    pub(crate) passed: Option<bool>,
}

/// A check that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingCheck {
    pub(crate) name: String,
    pub(crate) reason: Option<String>,
}

impl Checks {
    /// Tells what changed from an earlier answer of the same target to this one.
    pub fn change_since(&self, earlier: &Self) -> Change {
        Change::between(earlier, self)
    }

    /// Tells how many checks pass.
    pub fn passing(&self) -> u64 {
        self.passing.len() as u64 + self.unnamed_passing
    }

    /// Tells how many checks there are; excluded ones do not count.
    pub fn total(&self) -> u64 {
        self.passing() + self.failing.len() as u64 + self.unnamed_failing
    }

    /// Lists the names of the checks that fail, sorted, each once.
    pub fn failing(&self) -> impl Iterator<Item = &str> {
        self.failing.iter().map(FailingCheck::name)
    }

    /// Lists the checks that fail with their reasons, sorted by name.
    pub fn failing_checks(&self) -> &[FailingCheck] {
        &self.failing
    }

    /// Lists the names of the checks that pass, sorted, each once.
    pub fn passing_names(&self) -> &[String] {
        &self.passing
    }

    /// Lists the names that the target was asked to leave out, sorted, each once.
    pub fn excluded(&self) -> &[String] {
        &self.excluded
    }

    /// Lists what the target warns of, in its order.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Lists the lines that are none of a known form, in their order.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Tells what the answer says as a whole.
    ///
    /// It is its last line, or its overall status. `None` when it does not say: the text may be cut short.
    pub fn passed(&self) -> Option<bool> {
        self.passed
    }

    /// The same with each text changed; names that become the same one are counted and no longer named.
    pub(crate) fn map_texts(self, change: impl Fn(String) -> String) -> Self {
        let all = |texts: Vec<String>| texts.into_iter().map(&change).collect::<Vec<_>>();
        let mut passing = all(self.passing);
        let mut failing = self.failing;
        for check in &mut failing {
            check.name = change(std::mem::take(&mut check.name));
            check.reason = check.reason.take().map(&change);
        }
        let mut excluded = all(self.excluded);
        let (passed, failed) = (passing.len(), failing.len());
        passing.sort_unstable();
        passing.dedup();
        failing.sort_by(|a, b| a.name.cmp(&b.name));
        failing.dedup_by(|a, b| a.name == b.name);
        excluded.sort_unstable();
        excluded.dedup();
        Self {
            unnamed_passing: self.unnamed_passing + (passed - passing.len()) as u64,
            unnamed_failing: self.unnamed_failing + (failed - failing.len()) as u64,
            passing,
            failing,
            excluded,
            warnings: all(self.warnings),
            unknown: all(self.unknown),
            passed: self.passed,
        }
    }
}

impl FailingCheck {
    /// Returns the check's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells why it fails.
    ///
    /// `None` when the target does not say: `reason withheld` is no reason.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}
