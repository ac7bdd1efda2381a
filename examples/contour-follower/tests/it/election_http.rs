//! The election over HTTP: hold, renew, expire, take over, lose, give back. Candidates of this process, a stand-in's Lease.

use std::time::Duration;

use contour_follower::election::{Candidate, Leadership, Times};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::Api;
use kube_standin::{Fault, Seen, Standin};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::instance::{LONG, manifest, standin};

const NAME: &str = "contour";
const LEASES: &str = "leases";

/// A lease that nobody takes over as long as a test lasts, and that is looked at often.
const HELD: Times = Times {
    lease: Duration::from_secs(600),
    renew_within: Duration::from_secs(400),
    retry: Duration::from_millis(20),
};

/// One that expires in a second.
const SHORT: Times = Times {
    lease: Duration::from_secs(1),
    renew_within: Duration::from_millis(600),
    retry: Duration::from_millis(50),
};

struct Running {
    tells: watch::Receiver<Leadership>,
    end: CancellationToken,
    task: AbortOnDropHandle<()>,
}

fn run(api: &Standin, id: &str, times: Times) -> Running {
    let (candidate, tells) = Candidate::new(api.client(), NAME, id, times);
    let end = CancellationToken::new();
    let task = tokio::spawn(candidate.run(end.clone().cancelled_owned()));
    Running { tells, end, task: AbortOnDropHandle::new(task) }
}

impl Running {
    #[track_caller]
    fn until(&self, what: impl Fn(&Leadership) -> bool) -> impl Future<Output = Leadership> {
        let mut tells = self.tells.clone();
        async move {
            let found = timeout(LONG, tells.wait_for(|told| what(told))).await;
            found.expect("in time").expect("it runs").clone()
        }
    }

    fn leads(&self) -> bool {
        self.tells.borrow().leads
    }

    /// Ends it as SIGTERM does.
    async fn give_back(self) {
        self.end.cancel();
        timeout(LONG, self.task).await.expect("in time").expect("no panic");
    }
}

async fn lease(api: &Standin) -> (Lease, LeaseSpec) {
    let leases = Api::<Lease>::default_namespaced(api.client());
    let lease = leases.get(NAME).await.expect("there is one");
    let spec = lease.spec.clone().unwrap_or_default();
    (lease, spec)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_one_holds_it_and_renews_it_and_the_other_one_follows() {
    let api = standin().await;
    let a = run(&api, "a", HELD);
    a.until(|told| told.leads).await;
    let b = run(&api, "b", HELD);
    let told = b.until(|told| told.holder.is_some()).await;
    assert_eq!((told.leads, told.holder.as_deref(), told.trouble), (false, Some("a"), None));
    let (before, first) = lease(&api).await;
    let written = api.served().count(LEASES, Seen::Write);
    timeout(LONG, api.served().reached(LEASES, Seen::Write, written + 5)).await.expect("renewed");
    let (after, last) = lease(&api).await;
    assert!(a.leads() && !b.leads());
    assert_ne!(before.metadata.resource_version, after.metadata.resource_version);
    assert_eq!((last.holder_identity.as_deref(), last.lease_transitions), (Some("a"), Some(0)));
    assert_eq!((first.acquire_time, last.lease_duration_seconds), (last.acquire_time, Some(600)));
    assert!(last.renew_time > first.renew_time, "the time of renewal is written for people");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_given_back_is_taken_at_once() {
    let api = standin().await;
    let (a, b) = (run(&api, "a", HELD), run(&api, "b", HELD));
    let (first, second, id) = tokio::select! {
        _ = a.until(|told| told.leads) => (a, b, "b"),
        _ = b.until(|told| told.leads) => (b, a, "a"),
    };
    assert!(!second.leads());
    first.give_back().await;
    // Not after the ten minutes that it would have lasted.
    second.until(|told| told.leads).await;
    let (_, spec) = lease(&api).await;
    assert_eq!((spec.holder_identity.as_deref(), spec.lease_transitions), (Some(id), Some(1)));
    second.give_back().await;
    let (_, spec) = lease(&api).await;
    assert_eq!(spec.holder_identity.as_deref(), Some(""), "nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_holder_is_gone_is_taken_over_when_it_has_expired_and_not_before() {
    let api = standin().await;
    let a = run(&api, "a", SHORT);
    a.until(|told| told.leads).await;
    let b = run(&api, "b", SHORT);
    b.until(|told| told.holder.is_some()).await;
    drop(a.task);
    let (_, spec) = lease(&api).await;
    assert_eq!(spec.holder_identity.as_deref(), Some("a"), "killed, it gives nothing back");
    let began = Instant::now();
    b.until(|told| told.leads).await;
    // It may have been written last a retry ago, and was seen within another.
    let least = SHORT.lease - SHORT.retry * 4;
    assert!(began.elapsed() >= least, "after {:?}", began.elapsed());
    let (_, spec) = lease(&api).await;
    assert_eq!((spec.holder_identity.as_deref(), spec.lease_transitions), (Some("b"), Some(1)));
}

/// It cannot know that nobody else leads once its time is over, so it does not lead; and it does not exit (projectcontour/contour#6374).
#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_cannot_renew_steps_down_before_another_one_takes_over_and_goes_on() {
    for fault in [Fault::Swallow, Fault::ServerError] {
        let api = standin().await;
        let times =
            Times { lease: Duration::from_secs(3), renew_within: Duration::from_secs(1), ..SHORT };
        let a = run(&api, "a", times);
        a.until(|told| told.leads).await;
        let b = run(&api, "b", times);
        b.until(|told| told.holder.is_some()).await;
        let (mut of_a, mut of_b) = (a.tells.clone(), b.tells.clone());
        let looks_on = AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                // The one that steps down has told so before the other one may say that it leads.
                let both = of_b.borrow_and_update().leads && of_a.borrow_and_update().leads;
                assert!(!both, "two lead");
                tokio::select! {
                    Ok(()) = of_a.changed() => {}
                    Ok(()) = of_b.changed() => {}
                    else => return,
                }
            }
        }));
        api.faults().add(LEASES, fault);
        let began = Instant::now();
        let told = a.until(|told| !told.leads && told.trouble.is_some()).await;
        assert!(began.elapsed() < times.lease, "{fault:?}: {:?}", began.elapsed());
        let trouble = told.trouble.expect("a reason");
        let expected = if fault == Fault::Swallow { "does not answer" } else { "fault" };
        assert!(trouble.contains(expected), "{trouble}");
        assert!(!a.task.is_finished() && !b.task.is_finished(), "nobody ends");
        api.faults().clear(LEASES);
        tokio::select! {
            _ = a.until(|told| told.leads && told.trouble.is_none()) => {}
            _ = b.until(|told| told.leads && told.trouble.is_none()) => {}
        }
        assert!(!looks_on.is_finished(), "{fault:?}: two have led at once");
    }
}

/// Each write names the version that it replaces: whoever is slower is refused, and looks again.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_take_it_at_once_one_has_it() {
    for was in [None, Some("gone"), Some("")] {
        let api = standin().await;
        if let Some(was) = was {
            let mut lease = manifest("coordination.k8s.io/v1", "Lease", NAME);
            lease["spec"] =
                json!({ "holderIdentity": was, "leaseDurationSeconds": 1, "leaseTransitions": 7 });
            api.apply(lease).expect("taken");
        }
        let all: Vec<_> =
            ["a", "b", "c", "d", "e"].map(|id| run(&api, id, HELD)).into_iter().collect();
        for one in &all {
            one.until(|told| told.holder.as_deref().is_some_and(|holder| holder != "gone")).await;
        }
        assert_eq!(all.iter().filter(|one| one.leads()).count(), 1, "{was:?}");
        let (_, spec) = lease(&api).await;
        assert_eq!(spec.lease_transitions, Some(if was.is_some() { 8 } else { 0 }), "{was:?}");
        let holder = spec.holder_identity.expect("somebody");
        for one in &all {
            let told = one.tells.borrow();
            assert!(told.trouble.is_none(), "a conflict is no trouble: {told:?}");
            assert_eq!(told.holder.as_deref(), Some(&*holder), "{was:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_deleted_is_there_again_and_what_others_wrote_on_it_stays() {
    let api = standin().await;
    let a = run(&api, "a", HELD);
    a.until(|told| told.leads).await;
    let leases = Api::<Lease>::default_namespaced(api.client());
    let label = json!({ "metadata": { "labels": { "team": "edge" } } });
    leases
        .patch(NAME, &kube::api::PatchParams::default(), &kube::api::Patch::Merge(label))
        .await
        .expect("patched");
    let written = api.served().count(LEASES, Seen::Write);
    timeout(LONG, api.served().reached(LEASES, Seen::Write, written + 3)).await.expect("renewed");
    let (labelled, spec) = lease(&api).await;
    assert_eq!(labelled.metadata.labels.unwrap_or_default()["team"], "edge");
    assert_eq!(spec.holder_identity.as_deref(), Some("a"));
    api.delete("coordination.k8s.io/v1", "Lease", Some("default"), NAME).expect("deleted");
    let written = api.served().count(LEASES, Seen::Write);
    timeout(LONG, api.served().reached(LEASES, Seen::Write, written + 3)).await.expect("created");
    let (_, spec) = lease(&api).await;
    assert_eq!((spec.holder_identity.as_deref(), spec.lease_transitions), (Some("a"), Some(0)));
    a.until(|told| told.leads).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_is_bounded_when_nothing_answers_and_nothing_of_somebody_elses_is_given_back() {
    let api = standin().await;
    let a = run(&api, "a", HELD);
    a.until(|told| told.leads).await;
    let b = run(&api, "b", HELD);
    b.until(|told| told.holder.is_some()).await;
    b.give_back().await;
    assert_eq!(lease(&api).await.1.holder_identity.as_deref(), Some("a"));
    api.faults().add(LEASES, Fault::Swallow);
    a.give_back().await;
    api.faults().clear(LEASES);
    assert_eq!(lease(&api).await.1.holder_identity.as_deref(), Some("a"), "it will expire");
}

/// A write whose answer nobody waited for may have made it the holder: it looks, and gives that back.
#[tokio::test(flavor = "multi_thread")]
async fn a_lease_whose_write_was_under_way_at_the_end_is_given_back() {
    for _ in 0..20 {
        let api = standin().await;
        let a = run(&api, "a", HELD);
        timeout(LONG, api.served().reached(LEASES, Seen::Write, 1)).await.expect("sent");
        a.give_back().await;
        assert_eq!(lease(&api).await.1.holder_identity.as_deref(), Some(""));
    }
}
