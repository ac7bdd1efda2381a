use crate::text::{MAX_TEXT, Text, clean};

/// The most failing items that one status keeps by name; the rest are only counted.
pub const MAX_FAILING: usize = 256;
/// The longest item name that is kept, in bytes.
pub const MAX_ITEM: usize = 128;

/// How far something is that is not ready yet.
///
/// `done` of `total`, what still fails, a remark: all of it optional.
///
/// ```
/// use firstlight_poll::Pending;
///
/// let pending = Pending::new().with_progress(35, 37).with_failing(["rbac/bootstrap-roles", "etcd"]);
/// assert_eq!(pending.failing(), ["etcd", "rbac/bootstrap-roles"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    pub(crate) progress: Option<Progress>,
    pub(crate) failing: Vec<Text>,
    pub(crate) unnamed: usize,
    pub(crate) detail: Text,
}

impl Pending {
    /// Says that it is not ready, and that nothing more is known.
    pub const fn new() -> Self {
        Self { progress: None, failing: Vec::new(), unnamed: 0, detail: Text::Borrowed("") }
    }

    /// Says that so much is done of so much in all.
    ///
    /// The schedule reads the rate from it. A `done` beyond `total` is read as `total`.
    pub const fn with_progress(mut self, done: u64, total: u64) -> Self {
        self.progress = Some(Progress { done: if done < total { done } else { total }, total });
        self
    }

    /// Names the items that still fail.
    ///
    /// They are sorted and freed of doubles; [`MAX_FAILING`] are kept by name, each cut at [`MAX_ITEM`]
    /// bytes.
    pub fn with_failing<I>(mut self, items: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Text>,
    {
        self.failing.clear();
        self.failing.extend(items.into_iter().map(|item| clean(item.into(), MAX_ITEM)));
        self.failing.sort_unstable();
        self.failing.dedup();
        self.unnamed = self.failing.len().saturating_sub(MAX_FAILING);
        self.failing.truncate(MAX_FAILING);
        self.failing.shrink_to_fit();
        self
    }

    /// Adds a remark for people; cleaned as a [`Fault`](crate::Fault)'s message is.
    pub fn with_detail(mut self, detail: impl Into<Text>) -> Self {
        self.detail = clean(detail.into(), MAX_TEXT);
        self
    }

    /// Tells what is done, when that is known.
    pub const fn progress(&self) -> Option<Progress> {
        self.progress
    }

    /// Lists the items that still fail, sorted.
    pub fn failing(&self) -> &[Text] {
        &self.failing
    }

    /// Returns the remark; empty when there is none.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// So many done of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Progress {
    /// How many are done.
    ///
    /// Never more than `total` when made by [`Pending::with_progress`].
    pub done: u64,
    /// How many there are in all.
    pub total: u64,
}

impl Progress {
    /// Tells how many are left.
    pub const fn left(self) -> u64 {
        self.total.saturating_sub(self.done)
    }
}
