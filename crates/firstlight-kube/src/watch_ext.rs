use firstlight_ready::Gate;
use firstlight_sync::Feed;
use futures_core::Stream;
use kube::Resource;
use kube::runtime::watcher::{self, Event};

use crate::feed_gate::FeedGate;
use crate::feed_source::FeedSource;

/// Feeds gates and trackers with what a watch of kube tells; for every such stream.
pub trait WatchExt: Stream + Sized {
    /// Feeds a gate, and passes every event and error on unchanged.
    ///
    /// | what the watch tells | before the first complete list | after it |
    /// |---|---|---|
    /// | `Init` | syncing | a relist: nothing |
    /// | `InitApply` | progress, told in steps | nothing |
    /// | `InitDone` | ready, or ready and empty | the same, and trouble is over |
    /// | `Apply`, `Delete` | nothing | trouble is over; the first object makes an empty one ready |
    /// | an error | still syncing, with the reason | degraded, with the reason |
    /// | 410 Gone, by which the API server asks for a relist | still syncing, with the reason | nothing |
    /// | its end | failed | degraded: "the watch has ended" |
    ///
    /// Nothing but the first `InitDone` opens the gate, and nothing closes a latched one again; see [`FeedGate`].
    fn feed_gate<K: Resource>(self, gate: Gate) -> FeedGate<Self>
    where
        Self: Stream<Item = watcher::Result<Event<K>>>,
    {
        FeedGate::new(self, gate)
    }

    /// Feeds a source of a tracker; the consumer finishes the items of the initial list.
    ///
    /// The feed is what [`Source::feed`](firstlight_sync::Source::feed) lends. See [`FeedSource`].
    fn feed_source<K: Resource>(self, feed: Feed) -> FeedSource<Self>
    where
        Self: Stream<Item = watcher::Result<Event<K>>>,
    {
        FeedSource::new(self, feed)
    }
}

impl<S: Stream> WatchExt for S {}
