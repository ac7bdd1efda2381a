//! Bugs that other libraries have, each by its name.

use std::task::Poll;

use firstlight_ready::{Cause, GateState, Hysteresis, Mode, Readiness, Ready, Spec};

use crate::support::{Counter, open_set, poll, s, sealed};

/// kube 5.0 `Store::wait_until_ready`: all waiters share a future that keeps one waker; of four tasks one wakes.
#[tokio::test]
async fn kube_wait_until_ready_four_tasks_wait_and_all_of_them_wake() {
    let (readiness, [store]) = sealed([Spec::new("store")]);
    let (tx, mut polled) = tokio::sync::mpsc::channel(4);
    let tasks = [0; 4].map(|_| {
        let (mut wait, tx) = (Box::pin(readiness.wait()), tx.clone());
        tokio::spawn(async move {
            std::future::poll_fn(|cx| {
                let looked = poll(&mut wait, cx.waker());
                let _ = tx.try_send(());
                looked
            })
            .await
        })
    });
    for _ in 0..4 {
        polled.recv().await.expect("each task has left its waker");
    }
    store.ready();
    for task in tasks {
        let woken = tokio::time::timeout(s(60), task).await.expect("woken");
        woken.expect("no panic").expect("ready");
    }
}

/// kubert 0.25 `Initialized`: a handle that is dropped counts as ready, also when a panic drops it.
#[tokio::test(start_paused = true)]
async fn kubert_initialized_a_component_that_is_dropped_or_panics_does_not_count_as_ready() {
    for panics in [false, true] {
        let (readiness, [component]) = sealed([Spec::new("component")]);
        let task = tokio::spawn(async move {
            let _component = component;
            assert!(!panics, "on purpose");
        });
        let stuck = readiness.wait().await.expect_err("it never said that it was ready");
        assert_eq!(stuck.cause, Cause::Failed);
        assert_eq!(stuck.explanation.contains("by a panic"), panics, "{}", stuck.explanation);
        assert_eq!(task.await.is_err(), panics);
        assert!(!readiness.is_ready());
    }
}

/// tonic-health 0.14: the server's own service is SERVING before anything is.
#[tokio::test(start_paused = true)]
async fn tonic_health_early_serving_nothing_is_ready_when_it_is_made() {
    let readiness = Readiness::new("orders").expect("a runtime");
    assert!(!readiness.is_ready());
    for view in ["ready", "startup"] {
        assert!(!readiness.view(view).expect("always").is_ready(), "{view}");
    }
    let _db = readiness.register(Spec::new("db").views(["db-service"])).expect("registered");
    assert!(!readiness.view("db-service").expect("made by the gate").is_ready());
    readiness.seal().expect("sealed");
    assert!(!readiness.view("db-service").expect("made by the gate").is_ready());
}

/// supervised 0.3: `watch::Sender::send` discards a value that nobody listens for.
#[tokio::test(start_paused = true)]
async fn supervised_send_what_is_reported_while_nobody_listens_is_not_lost() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    db.ready();
    drop(db);
    assert!(readiness.is_ready());
    let (_, waker) = Counter::new();
    assert!(matches!(poll(&mut Box::pin(readiness.wait()), &waker), Poll::Ready(Ok(_))));
}

/// comprehensive 0.9: a component whose handle is gone stays healthy for ever.
#[tokio::test(start_paused = true)]
async fn comprehensive_a_dead_component_is_not_healthy() {
    let (readiness, [component]) =
        sealed([Spec::new("component").mode(Mode::Live(Hysteresis::default())).in_live()]);
    component.ready();
    assert!(readiness.is_ready());
    drop(component);
    assert!(!readiness.is_ready() && !readiness.is_live());
    let snapshot = readiness.snapshot();
    assert_eq!(snapshot.gate("component").map(|gate| gate.state), Some(GateState::Failed));
}

/// controller-runtime: without any check it is ready; with no informer registered all caches are synced.
#[tokio::test(start_paused = true)]
async fn controller_runtime_an_empty_set_is_not_ready() {
    let readiness = open_set();
    readiness.seal().expect("sealed");
    assert!(!readiness.is_ready());
    let stuck = readiness.wait().with_timeout(s(1)).await.expect_err("nothing was promised");
    assert_eq!(stuck.explanation, "no required gate is expected");
    // Optional gates alone promise nothing either.
    let (readiness, [extra]) = sealed([Spec::new("extra").optional()]);
    extra.ready();
    assert!(!readiness.is_ready());
}

/// rke2 #8269: a wait on a group to which nothing was added yet returns at once.
#[tokio::test(start_paused = true)]
async fn rke2_8269_a_wait_that_comes_before_the_first_gate_waits_for_it() {
    let readiness = open_set();
    let wait = tokio::spawn(readiness.wait());
    tokio::time::sleep(s(1)).await;
    assert!(!wait.is_finished());
    let etcd = readiness.register(Spec::new("etcd")).expect("registered");
    readiness.seal().expect("sealed");
    tokio::time::sleep(s(1)).await;
    assert!(!wait.is_finished());
    etcd.ready();
    wait.await.expect("no panic").expect("ready");
}

/// contour #6613: the upstream's flag is only looked at when something else happens, and a late one is never seen.
#[tokio::test(start_paused = true)]
async fn contour_6613_a_late_upstream_wakes_the_waiter_by_itself() {
    let (readiness, [upstream, dag]) =
        sealed([Spec::new("upstream"), Spec::new("dag").after(["upstream"])]);
    let wait = tokio::spawn(readiness.wait());
    dag.ready();
    tokio::time::sleep(s(5)).await;
    assert!(!wait.is_finished());
    assert_eq!(dag.state(), GateState::Syncing, "it has done its part, and waits");
    upstream.ready();
    wait.await.expect("no panic").expect("nothing else has to happen");
    assert_eq!(dag.state(), GateState::Ready);
}

/// contour #6614: the caches are synced, so it serves, and what was built from them is not there yet.
#[tokio::test(start_paused = true)]
async fn contour_6614_inputs_that_are_done_do_not_make_the_output_ready() {
    let (readiness, [inputs, output]) =
        sealed([Spec::new("inputs"), Spec::new("output").after(["inputs"])]);
    inputs.ready();
    assert!(!readiness.is_ready());
    let wait = readiness.wait_gate("output").expect("known").with_timeout(s(1));
    assert_eq!(wait.await.expect_err("nothing is published").cause, Cause::Deadline);
    assert_eq!(readiness.explain(), "output pending for 1.0 s");
    output.ready();
    assert!(readiness.is_ready());
}

/// kgateway: `WaitForCacheSync` returns false when it is cancelled, and nobody looks at it.
#[tokio::test(start_paused = true)]
async fn kgateway_ignored_bool_a_wait_that_failed_leaves_nothing_to_go_on_with() {
    fn serve(_proof: &Ready) {}
    let (readiness, [cache]) = sealed([Spec::new("cache")]);
    let wait = tokio::spawn(readiness.wait());
    tokio::task::yield_now().await;
    readiness.drain("cancelled");
    match wait.await.expect("no panic") {
        Ok(ready) => serve(&ready),
        Err(stuck) => assert_eq!(stuck.cause, Cause::Draining),
    }
    cache.ready();
    assert!(readiness.wait().await.is_err(), "there is no token to be had any more");
}
