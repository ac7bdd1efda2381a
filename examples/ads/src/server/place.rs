use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tonic::Status;

use crate::server::ads::Shared;
use crate::server::counts::one_more;
use crate::server::log::clean;

/// A place among the streams; given back when it is dropped, however the stream ends.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) shared: Arc<Shared>,
    began: Duration,
    node: String,
    why: String,
}

impl Place {
    /// Takes one; refused when there are too many streams.
    pub(crate) fn take(shared: &Arc<Shared>) -> Result<Self, Status> {
        let most = shared.settings.max_streams;
        let streams = &shared.counts.streams;
        let one_more_than =
            |open: u64| usize::try_from(open).is_ok_and(|open| open < most).then(|| open + 1);
        let is_full = streams.fetch_update(Relaxed, Relaxed, one_more_than).is_err();
        shared.log.full(is_full, streams.load(Relaxed), most);
        if is_full {
            one_more(&shared.counts.refused);
            return Err(Status::resource_exhausted(format!("no more than {most} streams")));
        }
        one_more(&shared.counts.opened);
        Ok(Self {
            shared: Arc::clone(shared),
            began: shared.log.now(),
            node: "a client".to_owned(),
            why: "the client has left".to_owned(),
        })
    }

    /// Whose stream it is, as that one calls itself.
    pub(crate) fn is_of(&mut self, node: &str) {
        if !node.is_empty() {
            self.node = clean(node);
        }
    }

    pub(crate) fn ends(&mut self, why: &str) {
        self.why = clean(why);
    }

    pub(crate) fn node(&self) -> &str {
        &self.node
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.counts.streams.fetch_sub(1, Relaxed);
        self.shared.log.ended(&self.node, self.began, &self.why);
    }
}
