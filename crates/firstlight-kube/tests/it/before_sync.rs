//! A gate whose first list is not complete.

use firstlight_kube::WatchExt;
use firstlight_ready::{Cause, Evidence, GateState, Progress, Readiness, Spec};
use futures_util::{FutureExt, StreamExt, stream};
use kube::runtime::watcher::{Error, Event};

use crate::support::{Rig, Told, list, list_failed, object, seconds, watch_error};

const FORBIDDEN: &str = r#"configmaps is forbidden: User "x" cannot list resource "configmaps""#;

#[tokio::test(start_paused = true)]
async fn the_first_complete_list_opens_the_gate_and_nothing_before_it_does() {
    for objects in [0, 1, 2, 999, 1000, 1001, 2500] {
        let mut rig = Rig::new();
        rig.is(GateState::Pending, false, "");
        let mut told = list(objects);
        let done = told.pop().expect("a list has an end");
        for (before, told) in told.into_iter().enumerate() {
            assert_eq!(rig.tell([told]), 1, "it comes through");
            rig.is(GateState::Syncing, false, "listing");
            let progress = (before > 0).then_some(Progress { done: before as u64, total: 0 });
            assert_eq!(rig.gate().progress, progress);
        }
        assert_eq!(rig.tell([done]), 1);
        let state = if objects == 0 { GateState::ReadyEmpty } else { GateState::Ready };
        rig.is(state, true, "");
        assert_eq!(rig.gate().evidence, (objects == 0).then(|| Evidence::new(0, "")));
        assert!(rig.readiness.wait().await.is_ok());
    }
}

/// What an API server does before the list is complete, and what the gate says of it.
#[tokio::test(start_paused = true)]
async fn an_error_before_the_first_list_is_complete_is_the_reason_and_opens_nothing() {
    let some = || [Ok(Event::Init), Ok(Event::InitApply(object("a", 7)))];
    let table: [(Vec<Told>, &str); 7] = [
        (vec![list_failed(403, FORBIDDEN)], "list: 403 forbidden: configmaps is forbidden: User"),
        (vec![list_failed(401, "Unauthorized")], "list: 401 unauthorized: Unauthorized"),
        (vec![list_failed(429, "slow down")], "list: 429 too many requests: slow down"),
        (vec![list_failed(500, "boom")], "list: 500 the API server has failed: boom"),
        (vec![list_failed(404, "404 page not found")], "list: 404 no such resource (is its CRD"),
        (vec![watch_error(410, "too old")], "watch: 410 gone: too old"),
        (vec![Err(Error::NoResourceVersion)], "list: no resourceVersion"),
    ];
    for (error, reason) in table {
        let mut rig = Rig::new();
        rig.tell(some());
        rig.tell(error);
        let gate = rig.gate();
        let said = gate.reason.expect("a reason");
        assert_eq!((gate.state, gate.open), (GateState::Syncing, false), "{reason}");
        assert!(said.as_str().starts_with(reason), "{said}");
        // It tries again: the reason stays until a list is complete.
        rig.tell(some());
        rig.is(GateState::Syncing, false, said.as_str());
        rig.tell(list(1));
        rig.is(GateState::Ready, true, "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_before_its_first_list_is_complete_fails_the_gate_at_once() {
    let ended = "the watch has ended before its first list was complete";
    for (told, reason) in [
        (vec![], ended.to_owned()),
        (vec![Ok(Event::Init), Ok(Event::InitApply(object("a", 1)))], ended.to_owned()),
        (
            vec![Ok(Event::Init), list_failed(500, "boom")],
            format!("{ended}; last: list: 500 the API server has failed: boom"),
        ),
    ] {
        let mut rig = Rig::new();
        rig.tell(told);
        rig.end();
        rig.is(GateState::Failed, false, &reason);
        let error = rig.readiness.wait().await.expect_err("it has failed");
        assert!(matches!(error.cause, Cause::Failed), "{error}");
        // It stays ended: what comes after it is not read.
        assert_eq!(rig.tell(list(1)), 0);
        rig.is(GateState::Failed, false, &reason);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_dropped_before_its_first_list_is_complete_fails_the_gate() {
    let mut rig = Rig::new();
    rig.tell([Ok(Event::Init), list_failed(403, FORBIDDEN)]);
    rig.stream = Box::pin(stream::pending());
    let gate = rig.gate();
    assert_eq!(gate.state, GateState::Failed);
    let reason = gate.reason.expect("a reason");
    assert!(reason.as_str().contains("dropped before it was ready; last: list: 403"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_watch_fails_the_gate() {
    let readiness = Readiness::new("proxy").expect("a runtime");
    let gate = readiness.register(Spec::new("cm")).expect("a good name");
    readiness.seal().expect("once");
    let watch = stream::iter([Ok(Event::Init)])
        .chain(stream::poll_fn(|_| -> std::task::Poll<Option<Told>> { panic!("on purpose") }));
    let task = tokio::spawn(watch.feed_gate(gate).for_each(async |_| {}));
    assert!(task.await.is_err());
    let error = readiness.wait().await.expect_err("it has failed").to_string();
    assert!(error.contains("by a panic"), "{error}");
}

/// The request is swallowed: kube tells nothing, and the gate's own deadline ends the wait.
#[tokio::test(start_paused = true)]
async fn an_api_server_that_never_answers_runs_into_the_gates_deadline() {
    let mut rig = Rig::of(Spec::new("cm").within(seconds(30)));
    rig.tell([Ok(Event::Init)]);
    let error = rig.readiness.wait().await.expect_err("it never comes").to_string();
    assert!(error.contains("listing"), "{error}");
    // Late is better than never.
    rig.tell([Ok(Event::InitDone)]);
    rig.is(GateState::ReadyEmpty, true, "");
}

/// kgateway #12185, istio: a kind that the cluster does not have must hold up nobody.
#[tokio::test(start_paused = true)]
async fn a_kind_that_does_not_exist_holds_nobody_up_if_it_is_optional() {
    let mut rig = Rig::beside("db", Spec::new("cm").optional());
    rig.tell([Ok(Event::Init), list_failed(404, "404 page not found")]);
    assert!(rig.readiness.wait().await.is_ok());
    let reason = "list: 404 no such resource (is its CRD installed?): 404 page not found";
    rig.is(GateState::Syncing, false, reason);
    // Its CRD is installed.
    rig.tell(list(1));
    rig.is(GateState::Ready, true, "");
}

/// 100 000 objects are not 100 000 changes of the set.
#[tokio::test(start_paused = true)]
async fn a_long_list_is_told_in_steps() {
    let mut rig = Rig::new();
    let mut transitions = rig.readiness.transitions();
    let before = rig.readiness.epoch();
    assert_eq!(rig.tell(list(100_000)), 100_002);
    let changes = rig.readiness.epoch() - before;
    assert!(changes < 150, "{changes} changes");
    assert_eq!(rig.gate().progress, Some(Progress { done: 100_000, total: 0 }));
    let mut told = 0;
    while let Some(Some(_)) = transitions.next().now_or_never() {
        told += 1;
    }
    assert!(told <= 5, "{told} transitions");
}

/// A list that breaks off at the same place again and again is stalled, although objects come all the time.
#[tokio::test(start_paused = true)]
async fn a_list_that_never_gets_further_counts_as_stalled() {
    let mut rig = Rig::of(Spec::new("cm").without_deadline().stall(seconds(60)));
    for _ in 0..10 {
        let mut told = list(1500);
        told.pop();
        told.push(list_failed(410, "the continue parameter is too old"));
        rig.tell(told);
        tokio::time::sleep(seconds(10)).await;
    }
    // Not a minute after the last of them, but after the first.
    assert_eq!(rig.gate().state, GateState::Failed);
    let error = rig.readiness.wait().await.expect_err("it has failed").to_string();
    assert!(error.contains("has not moved for 1 min"), "{error}");
}
