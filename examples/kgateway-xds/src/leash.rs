use std::io;

use firstlight_ready::Readiness;

/// Ends the process at the end of standard input: the process that started this one is gone.
pub(crate) fn leash(readiness: Readiness) {
    // A thread of its own: tokio's would keep the runtime from ending.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        readiness.cut("standard input has ended");
    });
}
