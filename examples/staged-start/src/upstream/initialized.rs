//! The shape of kubert 0.25's `Initialized` (`kubert/src/initialized.rs`): a handle for each part, and initialised is
//! when all are dropped.
//!
//! A part that is done drops its handle. So does one that panics, returns early or is aborted: it fails open.

use std::convert::Infallible;

use tokio::sync::mpsc;

#[derive(Debug)]
pub(crate) struct Initialized {
    handle: Handle,
    dropped: mpsc::Receiver<Infallible>,
}

#[derive(Debug, Clone)]
#[must_use]
pub(crate) struct Handle(
    #[expect(dead_code, reason = "it is there to be dropped")] mpsc::Sender<Infallible>,
);

impl Default for Initialized {
    fn default() -> Self {
        let (handle, dropped) = mpsc::channel(1);
        Self { handle: Handle(handle), dropped }
    }
}

impl Initialized {
    /// To be dropped when a part is initialised.
    pub(crate) fn add_handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Waits until all handles are dropped.
    pub(crate) async fn initialized(mut self) {
        drop(self.handle);
        while self.dropped.recv().await.is_some() {}
    }
}
