use std::io::ErrorKind;

use crate::writer::FlushError;

#[test]
fn every_error_says_which_sink_and_what() {
    let sink = || "stderr".to_owned();
    for (error, message) in [
        (
            FlushError::TimedOut { sink: sink(), lines: 3, bytes: 120 },
            "stderr: 3 lines (120 bytes) still wait to be written",
        ),
        (
            FlushError::Failed { sink: sink(), lines: 3, kind: ErrorKind::StorageFull },
            "stderr: 3 lines could not be written: no storage space",
        ),
        (
            FlushError::Dead { sink: sink(), kind: ErrorKind::BrokenPipe },
            "stderr: it takes no more lines: broken pipe",
        ),
        (FlushError::OwnThread { sink: sink() }, "stderr: its own thread cannot wait for itself"),
        (
            FlushError::Stuck { sink: sink() },
            "stderr: its queue is held by a thread that does not go on",
        ),
    ] {
        assert_eq!(error.to_string(), message);
    }
}
