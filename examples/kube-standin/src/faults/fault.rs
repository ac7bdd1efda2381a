use std::mem::{Discriminant, discriminant};
use std::time::Duration;

/// One way to answer badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A list is answered so much later; also the initial events of a watch.
    DelayLists(Duration),
    /// A list is answered when this is cleared; also the initial events of a watch.
    HoldLists,
    /// The body of a list breaks off in the middle, and the connection with it.
    CutLists,
    /// The body of a list stops in the middle, and the connection stays open.
    StallLists,
    /// A list is not JSON after its first bytes.
    GarbageLists,
    /// A continue token has expired: 410.
    ExpirePages,
    /// A watch, also one that is open, ends with an event `ERROR` of code 410.
    ExpireWatches,
    /// A watch is answered by HTTP 410 instead of a stream. A kube watcher asks again with the same version, for ever.
    RefuseWatches,
    /// A watch, also one that is open, gets one line that is not JSON, and goes on.
    GarbageWatches,
    /// A watch breaks off, and its connection, when it has been open for so long since this was added.
    DropWatches(Duration),
    /// Any request is answered by 429, to be tried again after so long, in whole seconds.
    TooManyRequests(Duration),
    /// Any request is answered by 500.
    ServerError,
    /// Any request is read and never answered; clearing does not bring an answer either.
    Swallow,
}

impl Fault {
    pub(super) fn sort(&self) -> Discriminant<Self> {
        discriminant(self)
    }
}
