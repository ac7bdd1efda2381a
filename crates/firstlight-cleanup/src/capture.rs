/// What is put around every poll of a clean-up.
///
/// So it sees what its owner saw: task-locals, a context of traces.
///
/// A closure that calls what it is given exactly once is one:
///
/// ```
/// # tokio::task_local! { static TENANT: String; }
/// # use firstlight_cleanup::{Attempt, Cleanup};
/// # TENANT.sync_scope("acme".into(), || {
/// let tenant = TENANT.get();
/// let cleanup = Cleanup::once("release", |_: Attempt| async { assert_eq!(TENANT.get(), "acme") })
///     .with_capture(move |poll: &mut dyn FnMut()| TENANT.sync_scope(tenant.clone(), poll));
/// # });
/// ```
///
/// A capture that panics, or does not call the factory, makes the attempt one that panicked; where it does not call a later poll, there
/// is no progress, and the attempt ends with its time. Calling what it is given twice is calling it once.
pub trait Capture: Send + Sync + 'static {
    /// Calls `poll` within what was captured.
    fn within(&self, poll: &mut dyn FnMut());
}

impl<F: Fn(&mut dyn FnMut()) + Send + Sync + 'static> Capture for F {
    fn within(&self, poll: &mut dyn FnMut()) {
        self(poll);
    }
}
