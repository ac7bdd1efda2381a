use std::time::Duration;

use crate::name::clean;
use crate::outcome::Outcome;

/// How many dependencies of one span are kept.
pub const MAX_AFTER: usize = 1_024;

/// One part of the start: its name, when it began and ended, what it waited for.
///
/// * Times are since the start of the process; what is beyond 584 years (`u64::MAX` nanoseconds) is cut to
///   that.
/// * Names are how spans find each other. They are bounded to [`MAX_NAME`](crate::MAX_NAME) bytes, and
///   control characters in them are escaped.
/// * A span may name a parent or dependencies that are never recorded, itself, or a circle: such links are
///   shown, and lead nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub(crate) name: String,
    pub(crate) parent: Option<String>,
    pub(crate) after: Vec<String>,
    pub(crate) start: Duration,
    pub(crate) end: Option<Duration>,
    pub(crate) outcome: Outcome,
    /// Whether something of it was not kept: the timeline counts it.
    pub(crate) mended: bool,
}

impl Span {
    /// Makes a span that ended; an end before the start is taken as the start, and counted.
    pub fn new(name: impl AsRef<str>, start: Duration, end: Duration) -> Self {
        let (start, end) = (in_range(start), in_range(end));
        let span = Self::open(name, start);
        Self { end: Some(end.max(start)), mended: end < start, ..span }
    }

    /// Makes a span that has not ended.
    pub fn open(name: impl AsRef<str>, start: Duration) -> Self {
        Self {
            name: clean(name.as_ref()),
            parent: None,
            after: Vec::new(),
            start: in_range(start),
            end: None,
            outcome: Outcome::DONE,
            mended: false,
        }
    }

    /// Names the span that this one is a part of; the last call counts.
    #[must_use]
    pub fn with_parent(mut self, parent: impl AsRef<str>) -> Self {
        self.parent = Some(clean(parent.as_ref()));
        self
    }

    /// Adds spans that had to end before this one could do its work.
    ///
    /// A name that is there already is not added again. Beyond [`MAX_AFTER`] names the rest is left out,
    /// and the span is counted by [`Timeline::mended`](crate::Timeline::mended).
    #[must_use]
    pub fn with_after<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        for name in names {
            let name = clean(name.as_ref());
            if self.after.contains(&name) {
                continue;
            }
            if self.after.len() == MAX_AFTER {
                self.mended = true;
                break;
            }
            self.after.push(name);
        }
        self
    }

    /// Says how it ended; the default is [`Outcome::DONE`]. A span that has not ended keeps that.
    #[must_use]
    pub fn with_outcome(mut self, outcome: impl Into<Outcome>) -> Self {
        if self.end.is_some() {
            self.outcome = outcome.into();
        }
        self
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of the span that it is a part of.
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// Returns the names of what it waited for.
    pub fn after(&self) -> &[String] {
        &self.after
    }

    /// Tells when it began.
    pub fn start(&self) -> Duration {
        self.start
    }

    /// Tells when it ended; `None` while it is open.
    pub fn end(&self) -> Option<Duration> {
        self.end
    }

    /// Tells how it ended; [`Outcome::DONE`] while it is open.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Tells how long it took from its start to its end, waiting included; `None` while it is open.
    pub fn took(&self) -> Option<Duration> {
        self.end.map(|end| end.saturating_sub(self.start))
    }
}

/// Every time fits into 64 bits of nanoseconds, which is what the records on paper hold.
pub(crate) fn in_range(time: Duration) -> Duration {
    time.min(Duration::from_nanos(u64::MAX))
}

pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
