use firstlight_sync::Item;
use kube::runtime::watcher::Event;

/// An event of a watch, with the item that it is of a tracker, if it is one.
#[derive(Debug)]
#[must_use = "an item that is dropped counts as abandoned"]
pub struct Watched<K> {
    /// What happened, unchanged.
    pub event: Event<K>,
    /// In flight: an object of the initial list, which holds the sync until it has been handled.
    ///
    /// Finish it with `relevant`, `irrelevant` or `rejected`, here or wherever the object is handled; an object
    /// that turns out to be gone by then is irrelevant. Dropped, it counts as abandoned.
    pub item: Option<Item>,
}
