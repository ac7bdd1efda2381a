use std::time::Duration;

/// How long a lease lasts, how long its holder trusts it, and how often it is looked at.
///
/// The holder stops before anybody else may start, as long as `renew_within` is less than `lease`: each counts on its own clock,
/// the holder from when it asked, the others from when they saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Others take over when the lease has not changed for so long. Written to the lease in whole seconds, at least 1.
    pub lease: Duration,
    /// The holder gives up when it could not renew for so long.
    pub renew_within: Duration,
    /// The pause between two looks at the lease.
    pub retry: Duration,
}

impl Default for Times {
    /// 15 s, 10 s, 2 s: what Kubernetes' own components and Contour use.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            renew_within: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        }
    }
}

impl Times {
    /// The same proportions for a lease of so long, at least a second.
    pub fn of_lease(lease: Duration) -> Self {
        let lease = lease.max(Duration::from_secs(1));
        Self { lease, renew_within: lease * 2 / 3, retry: lease * 2 / 15 }
    }

    /// What the lease's field says: whole seconds, rounded up, so that nobody takes over early.
    pub fn lease_seconds(&self) -> i32 {
        let whole = self.lease.as_secs() + u64::from(self.lease.subsec_nanos() > 0);
        i32::try_from(whole.max(1)).unwrap_or(i32::MAX)
    }
}
