use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;

use super::{Machine, Plan, Record, Times};

/// What the machine needs to know of a Lease.
pub(super) fn record(lease: &Lease, times: Times) -> Record {
    let spec = lease.spec.as_ref();
    let seconds = spec.and_then(|spec| spec.lease_duration_seconds);
    let lasts = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    Record {
        holder: spec.and_then(|spec| spec.holder_identity.clone()).unwrap_or_default(),
        lasts: lasts.map_or(times.lease, Duration::from_secs),
        version: lease.metadata.resource_version.clone().unwrap_or_default(),
        transitions: spec.and_then(|spec| spec.lease_transitions).unwrap_or(0),
    }
}

/// The Lease that a plan writes; `None` when it writes none.
pub(super) fn written(
    name: &str,
    machine: &Machine,
    plan: &Plan,
    was: Option<&Lease>,
) -> Option<Lease> {
    let now = MicroTime(Timestamp::now());
    let (version, transitions, renewal) = match plan {
        Plan::Create => (None, 0, false),
        Plan::Replace { version, transitions, renewal } => {
            (Some(version.clone()), *transitions, *renewal)
        }
        Plan::Wait => return None,
    };
    // Labels and whatever else others have put there stay.
    let mut lease = was.cloned().unwrap_or_default();
    lease.metadata.name = Some(name.to_owned());
    lease.metadata.resource_version = version;
    let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
    if !renewal || spec.acquire_time.is_none() {
        spec.acquire_time = Some(now.clone());
    }
    spec.holder_identity = Some(machine.id().to_owned());
    spec.lease_duration_seconds = Some(machine.times().lease_seconds());
    spec.renew_time = Some(now);
    spec.lease_transitions = Some(transitions);
    Some(lease)
}

/// The same Lease, held by nobody: so that the next one need not wait until it expires.
pub(super) fn given_back(mut lease: Lease) -> Lease {
    if let Some(spec) = &mut lease.spec {
        spec.holder_identity = Some(String::new());
        spec.lease_duration_seconds = Some(1);
        spec.renew_time = Some(MicroTime(Timestamp::now()));
    }
    lease
}
