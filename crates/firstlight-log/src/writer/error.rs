use std::io;

/// Why not all that was logged is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlushError {
    /// The time was up; what waits may still be written later.
    #[error("{sink}: {lines} lines ({bytes} bytes) still wait to be written")]
    TimedOut {
        /// The sink.
        sink: String,
        /// Lines that wait.
        lines: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// The sink refused lines since the last flush; later ones may be taken again.
    #[error("{sink}: {lines} lines could not be written: {kind}")]
    Failed {
        /// The sink.
        sink: String,
        /// Lines that were refused.
        lines: u64,
        /// What the sink said last.
        kind: io::ErrorKind,
    },
    /// Nothing can be written there any more.
    #[error("{sink}: it takes no more lines: {kind}")]
    Dead {
        /// The sink.
        sink: String,
        /// What the sink said.
        kind: io::ErrorKind,
    },
    /// Called on the thread that writes, which would wait for itself.
    #[error("{sink}: its own thread cannot wait for itself")]
    OwnThread {
        /// The sink.
        sink: String,
    },
    /// The lock of the queue was not to be had in time: who holds it does not run.
    #[error("{sink}: its queue is held by a thread that does not go on")]
    Stuck {
        /// The sink.
        sink: String,
    },
}
