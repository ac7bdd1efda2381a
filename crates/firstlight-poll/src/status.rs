use std::fmt;

use crate::error_class::ErrorClass;
use crate::normalise::same_but_for_details;
use crate::pending::{Pending, Progress};
use crate::text::{MAX_TEXT, Text, clean};

/// A verdict without its value.
///
/// It is what the schedule, the log, the report and the observers see. `Display` is one line:
/// `3 of 37 failing: etcd, poststarthook/rbac/bootstrap-roles`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Status {
    kind: StatusKind,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    progress: Option<Progress>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    failing: Vec<Text>,
    #[cfg_attr(feature = "serde", serde(skip))]
    unnamed: usize,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "str::is_empty"))]
    detail: Text,
}

/// The class of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(into = "&'static str"))]
pub enum StatusKind {
    /// It answered that it is ready.
    Ready,
    /// It answered that it is not ready.
    Pending,
    /// It asked to be left alone.
    Overloaded,
    /// The attempt failed.
    Error(ErrorClass),
}

impl Status {
    /// Makes the status of a target that answered that it is ready.
    pub const fn ready() -> Self {
        Self::of(StatusKind::Ready, Text::Borrowed(""))
    }

    /// Makes the status of a failed attempt.
    pub fn error(class: ErrorClass, message: Text) -> Self {
        Self::of(StatusKind::Error(class), clean(message, MAX_TEXT))
    }

    pub(crate) const fn of(kind: StatusKind, detail: Text) -> Self {
        Self { kind, progress: None, failing: Vec::new(), unnamed: 0, detail }
    }

    /// Tells what kind of status it is.
    pub const fn kind(&self) -> StatusKind {
        self.kind
    }

    /// Tells how far the target is, when it said so.
    pub const fn progress(&self) -> Option<Progress> {
        self.progress
    }

    /// Lists the items that fail, sorted.
    pub fn failing(&self) -> &[Text] {
        &self.failing
    }

    /// Returns the error's message or the target's remark; may be empty.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Tells whether both say the same to a person.
    ///
    /// Progress, ports, ids, durations and the like may differ.
    #[inline]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.unnamed == other.unnamed
            && self.failing == other.failing
            && same_but_for_details(&self.detail, &other.detail)
    }

    /// Whether more items fail than are named.
    pub(crate) const fn has_unnamed(&self) -> bool {
        self.unnamed > 0
    }

    pub(crate) const fn set_progress(&mut self, progress: Option<Progress>) {
        self.progress = progress;
    }
}

impl From<Pending> for Status {
    fn from(pending: Pending) -> Self {
        let Pending { progress, failing, unnamed, detail } = pending;
        Self { kind: StatusKind::Pending, progress, failing, unnamed, detail }
    }
}

impl StatusKind {
    /// Names the kind in the words of logs and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Pending => "pending",
            Self::Overloaded => "overloaded",
            Self::Error(class) => class.as_str(),
        }
    }
}

impl From<StatusKind> for &'static str {
    fn from(kind: StatusKind) -> Self {
        kind.as_str()
    }
}

impl fmt::Display for StatusKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The most failing items that a line names.
const NAMED_IN_A_LINE: usize = 5;

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failing = self.failing.len() + self.unnamed;
        match (self.kind, failing, self.progress) {
            (StatusKind::Error(_), 0, None) if !self.detail.is_empty() => {
                return f.write_str(&self.detail);
            }
            (StatusKind::Pending, 0, Some(Progress { done, total })) => {
                self.detail_before(f)?;
                return write!(f, "{done} of {total} done");
            }
            (_, 0, _) if self.detail.is_empty() => return write!(f, "{}", self.kind),
            (_, 0, _) => return write!(f, "{}: {}", self.kind, self.detail),
            (_, _, Some(Progress { total, .. })) => {
                self.detail_before(f)?;
                write!(f, "{failing} of {total} failing: ")?;
            }
            (_, _, None) => {
                self.detail_before(f)?;
                write!(f, "{failing} failing: ")?;
            }
        }
        let named = &self.failing[..self.failing.len().min(NAMED_IN_A_LINE)];
        f.write_str(&named.join(", "))?;
        if failing > named.len() {
            write!(f, " and {} more", failing - named.len())
        } else {
            Ok(())
        }
    }
}

impl Status {
    fn detail_before(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.detail.is_empty() { Ok(()) } else { write!(f, "{}: ", self.detail) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_line() {
        let items = |n: usize| (0..n).map(|i| format!("i{i}")).collect::<Vec<_>>();
        for (status, line) in [
            (Status::ready(), "ready"),
            (Status::error(ErrorClass::Refused, "".into()), "refused"),
            (
                Status::error(ErrorClass::Refused, "GET / failed: refused".into()),
                "GET / failed: refused",
            ),
            (Status::of(StatusKind::Overloaded, "429".into()), "overloaded: 429"),
            (Pending::new().into(), "pending"),
            (Pending::new().with_detail("starting").into(), "pending: starting"),
            (Pending::new().with_progress(3, 9).into(), "3 of 9 done"),
            (Pending::new().with_progress(3, 9).with_detail("x").into(), "x: 3 of 9 done"),
            (Pending::new().with_failing(["b", "a", "b"]).into(), "2 failing: a, b"),
            (
                Pending::new().with_progress(35, 37).with_failing(["b", "a"]).into(),
                "2 of 37 failing: a, b",
            ),
            (
                Pending::new().with_failing(items(7)).into(),
                "7 failing: i0, i1, i2, i3, i4 and 2 more",
            ),
            (Pending::new().with_failing(["a"]).with_detail("x").into(), "x: 1 failing: a"),
        ] {
            assert_eq!(status.to_string(), line);
        }
    }

    #[test]
    fn progress_alone_does_not_say_something_else_and_an_item_does() {
        let at = |done| Status::from(Pending::new().with_progress(done, 9));
        assert!(at(1).says_the_same_as(&at(2)));
        let failing = |item: &'static str| Status::from(Pending::new().with_failing([item]));
        assert!(!failing("etcd-0").says_the_same_as(&failing("etcd-1")));
    }
}
