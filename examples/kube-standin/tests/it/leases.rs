use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::Api;
use kube::api::PostParams;
use serde_json::json;

use crate::support::{impatient, refused, standin, typed};

#[tokio::test]
async fn of_two_candidates_one_makes_the_lease_and_one_renews_it() {
    let standin = standin().await;
    let a: Api<Lease> = Api::default_namespaced(standin.client());
    let b: Api<Lease> = Api::default_namespaced(impatient(&standin));
    let params = PostParams::default();
    let (lease_a, lease_b) = (held_by("a"), held_by("b"));
    let (made_a, made_b) = tokio::join!(a.create(&params, &lease_a), b.create(&params, &lease_b));
    assert!(made_a.is_ok() != made_b.is_ok(), "one of them");
    assert_eq!(refused(made_a.and(made_b)), (409, "AlreadyExists".to_owned()));

    // Both think that it has expired, and write what they have read.
    let read = a.get("leader").await.expect("there");
    let taken = |by: &str| Lease { spec: held_by(by).spec, ..read.clone() };
    let (by_c, by_d) = (taken("c"), taken("d"));
    let (c, d) =
        tokio::join!(a.replace("leader", &params, &by_c), b.replace("leader", &params, &by_d));
    assert!(c.is_ok() != d.is_ok(), "one of them");
    let holder = if c.is_ok() { "c" } else { "d" };
    assert_eq!(refused(c.and(d)), (409, "Conflict".to_owned()));
    let spec = b.get("leader").await.expect("there").spec.expect("a spec");
    assert_eq!(spec.holder_identity.as_deref(), Some(holder));
}

#[tokio::test]
async fn microseconds_come_back_as_they_were() {
    let standin = standin().await;
    let api: Api<Lease> = Api::default_namespaced(standin.client());
    let lease = held_by("a");
    let made = api.create(&PostParams::default(), &lease).await.expect("made");
    assert_eq!(made.spec, lease.spec);
}

fn held_by(holder: &str) -> Lease {
    let mut lease: Lease = typed(json!({
        "metadata": {"name": "leader"},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15, "leaseTransitions": 0},
    }));
    let now = Timestamp::from_microsecond(1_750_000_000_123_456).expect("a time");
    lease.spec.as_mut().expect("a spec").renew_time = Some(MicroTime(now));
    lease
}
