use crate::transition::Transition;

/// Sees every transition of a set, in order: the place for metrics.
///
/// Called by the thread that caused the transition, or by another that was telling others already; never by two at
/// once, and never under a lock. It may call back into the set (report, register, explain); what that causes is told
/// after it has returned. It must not wait for the set, and should be quick: the thread that reported waits for it.
///
/// One that keeps a [`Readiness`](crate::Readiness), a gate or a view of its own set keeps the set alive for ever: give it a
/// channel, or what it needs at each call.
///
/// A panic in it is contained and told by a WARN event. A closure is an observer too.
pub trait Observer: Send + Sync + 'static {
    /// Something has changed.
    fn transition(&self, transition: &Transition);

    /// So many transitions were lost, since more came than 16 384 while an observer was busy.
    fn lagged(&self, missed: u64) {
        let _ = missed;
    }
}

impl<F: Fn(&Transition) + Send + Sync + 'static> Observer for F {
    fn transition(&self, transition: &Transition) {
        self(transition);
    }
}
