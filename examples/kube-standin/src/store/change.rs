use std::sync::Arc;

use super::Object;

/// What became of one object at one version.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) version: u64,
    /// `None`: it was not there.
    pub(crate) before: Option<Arc<Object>>,
    /// `None`: it was deleted.
    pub(crate) after: Option<Arc<Object>>,
}

impl Change {
    pub(crate) fn size(&self) -> usize {
        // What was before is the `after` of an older change, or gone from the store: both count.
        let size = |object: &Option<Arc<Object>>| object.as_ref().map_or(0, |o| o.size);
        size(&self.before) + size(&self.after)
    }
}
