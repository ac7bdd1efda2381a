use std::time::Duration;

/// How much a [`Standin`](crate::Standin) holds, and how long.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Changes remembered of each kind, for watches to go on from; 1 024. At 0 every watch that has missed one gets 410.
    pub history: usize,
    /// Bytes of objects remembered so of each kind; 16 MiB.
    pub history_bytes: usize,
    /// Objects of all kinds together; 100 000. One more gets 500, as from a full etcd.
    pub objects: usize,
    /// Bytes of all objects together; 256 MiB.
    pub objects_bytes: usize,
    /// Bytes of one object, and of one request; 1.5 MiB, as etcd's. More gets 413.
    pub object_bytes: usize,
    /// Open watches; 4 096. One more gets 429.
    pub watches: usize,
    /// Open connections; 8 192. One more is closed at once.
    pub connections: usize,
    /// How often a watch that asked for bookmarks gets one when nothing else comes; one minute. At 0 it gets them without a pause.
    pub bookmark_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            history: 1_024,
            history_bytes: 16 << 20,
            objects: 100_000,
            objects_bytes: 256 << 20,
            object_bytes: 3 << 19,
            watches: 4_096,
            connections: 8_192,
            bookmark_every: Duration::from_secs(60),
        }
    }
}
