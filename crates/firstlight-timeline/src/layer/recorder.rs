use std::sync::Arc;
use std::time::Duration;

use super::state::Shared;
use crate::timeline::Timeline;

/// Reads what a [`TimelineLayer`](super::TimelineLayer) has collected. Clones share it.
///
/// Dropping it changes nothing: the layer goes on collecting within its bounds.
#[derive(Debug, Clone)]
pub struct Recorder(pub(super) Arc<Shared>);

impl Recorder {
    /// Returns what there is up to now, in order of starts; spans that are running have no end.
    ///
    /// It may be called at any time, also from a `Debug` that is being logged, and does not disturb the
    /// layer.
    pub fn snapshot(&self) -> Timeline {
        self.0.timeline()
    }

    /// Ends the collecting, for good: what comes later is not the start. A second call changes nothing.
    ///
    /// Spans that are still running stay so. Without it the layer would go on for as long as the process
    /// lives, and long spans of the work would take the places of short ones of the start.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// Tells when the layer was made: a zero for [`Timeline::since`] in a test that is not alone in its
    /// process.
    pub fn attached_at(&self) -> Duration {
        self.0.attached_at
    }
}
