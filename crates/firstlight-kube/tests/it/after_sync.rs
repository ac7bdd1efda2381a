//! A gate whose first list was complete: nothing un-readies it, and everything that is wrong can be read.

use firstlight_kube::{CALM, WatchExt};
use firstlight_ready::{Empty, Evidence, GateState, Hysteresis, Mode, OnDrop, Spec};
use futures_util::{StreamExt, stream};
use kube::runtime::watcher::Event;
use tokio::time::{advance, sleep};

use crate::support::{Rig, Told, list, list_failed, object, seconds, watch_error, watch_failed};

fn synced(objects: u64) -> Rig {
    let mut rig = Rig::new();
    rig.tell(list(objects));
    rig
}

/// Longer ago than a watch may flap, so that the next trouble is a spell of its own.
async fn later() {
    advance(2 * CALM).await;
}

#[tokio::test(start_paused = true)]
async fn a_relist_takes_nothing_back() {
    let table: [(&str, Vec<Told>); 5] = [
        ("the list begins", vec![Ok(Event::Init)]),
        ("and is under way", vec![Ok(Event::InitApply(object("a", 9)))]),
        ("it begins anew", vec![Ok(Event::Init)]),
        ("410 in the watch", vec![watch_error(410, "too old")]),
        ("410 in the list", vec![Ok(Event::Init), list_failed(410, "too old")]),
    ];
    let mut rig = synced(2);
    let flips = rig.gate().flips;
    for (what, told) in table {
        rig.tell(told);
        rig.is(GateState::Ready, true, "");
        assert!(rig.readiness.is_ready(), "{what}");
    }
    rig.tell(list(3));
    rig.is(GateState::Ready, true, "");
    assert_eq!(rig.gate().flips, flips);
}

#[tokio::test(start_paused = true)]
async fn an_error_after_the_first_list_is_a_reason_until_something_good_comes() {
    let goods: [(&str, Vec<Told>); 3] = [
        ("a change", vec![Ok(Event::Apply(object("a", 9)))]),
        ("a deletion", vec![Ok(Event::Delete(object("a", 9)))]),
        ("a complete list", list(1)),
    ];
    for (what, good) in goods {
        let mut rig = synced(1);
        rig.tell([watch_failed(403, "no"), watch_failed(403, "no")]);
        rig.is(GateState::Degraded, true, "watch: 403 forbidden: no");
        rig.tell([watch_failed(500, "boom")]);
        rig.is(GateState::Degraded, true, "watch: 500 the API server has failed: boom");
        rig.tell([Ok(Event::Init), Ok(Event::InitApply(object("a", 9)))]);
        rig.is(GateState::Degraded, true, "watch: 500 the API server has failed: boom");
        rig.tell(good);
        rig.is(GateState::Ready, true, "");
        assert!(rig.readiness.is_ready(), "{what}");
    }
}

/// Kube asks again with the same revision, for ever: that is no relist, and must be seen.
#[tokio::test(start_paused = true)]
async fn a_410_that_refuses_the_watch_is_trouble() {
    let mut rig = synced(1);
    rig.tell([watch_failed(410, "too old")]);
    rig.is(GateState::Degraded, true, "watch: 410 gone: too old");
}

/// Kube hides bookmarks: a watch that works again and has nothing to say tells nothing.
#[tokio::test(start_paused = true)]
async fn trouble_is_over_when_no_error_came_for_long_enough() {
    let mut rig = synced(1);
    rig.tell([watch_failed(500, "boom")]);
    advance(CALM - seconds(1)).await;
    rig.tell([watch_failed(500, "boom")]);
    advance(CALM - seconds(1)).await;
    rig.drive();
    rig.is(GateState::Degraded, true, "watch: 500 the API server has failed: boom");
    advance(seconds(2)).await;
    rig.drive();
    rig.is(GateState::Ready, true, "");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_trouble_needs_nobody_to_poll() {
    let rig = Rig::new();
    let Rig { readiness, script, stream } = rig;
    let task = tokio::spawn(stream.for_each(async |_| {}));
    script.tell(list(1));
    script.tell([watch_failed(500, "boom")]);
    sleep(seconds(1)).await;
    let state = || readiness.snapshot().gate("cm").expect("declared").state;
    assert_eq!(state(), GateState::Degraded);
    sleep(CALM).await;
    assert_eq!(state(), GateState::Ready);
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_flaps_stays_degraded_until_it_is_calm() {
    let mut rig = synced(1);
    let flap = || [watch_failed(500, "boom"), Ok(Event::Apply(object("a", 9)))];
    rig.tell(flap());
    rig.is(GateState::Ready, true, "");
    for _ in 0..600 {
        advance(seconds(1)).await;
        rig.tell(flap());
        rig.is(GateState::Degraded, true, "watch: 500 the API server has failed: boom");
    }
    advance(CALM + seconds(1)).await;
    rig.drive();
    rig.is(GateState::Ready, true, "");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_after_its_first_list_is_seen_and_closes_nothing() {
    for objects in [0, 1] {
        let mut rig = synced(objects);
        rig.tell([watch_failed(500, "boom")]);
        rig.end();
        rig.is(GateState::Degraded, true, "the watch has ended");
        advance(2 * CALM).await;
        assert_eq!(rig.tell(list(1)), 0, "it is not read again");
        rig.is(GateState::Degraded, true, "the watch has ended");
        rig.stream = Box::pin(stream::pending());
        rig.is(GateState::Degraded, true, "the watch has ended");
        assert!(rig.readiness.is_ready());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_after_its_first_list_is_judged_by_the_spec() {
    for (spec, state, open) in [
        (Spec::new("cm"), GateState::Ready, true),
        (Spec::new("cm").on_drop(OnDrop::Degrade), GateState::Degraded, true),
        (Spec::new("cm").mode(Mode::Live(Hysteresis::default())), GateState::Failed, false),
    ] {
        let mut rig = Rig::of(spec);
        rig.tell(list(1));
        rig.stream = Box::pin(stream::pending());
        let gate = rig.gate();
        assert_eq!((gate.state, gate.open), (state, open));
    }
}

#[tokio::test(start_paused = true)]
async fn empty_follows_the_lists_and_the_first_object() {
    let mut rig = synced(0);
    rig.is(GateState::ReadyEmpty, true, "");
    rig.tell([Ok(Event::Apply(object("a", 4)))]);
    rig.is(GateState::Ready, true, "");
    rig.tell([Ok(Event::Delete(object("a", 5)))]);
    rig.is(GateState::Ready, true, "");
    rig.tell(list(0));
    rig.is(GateState::ReadyEmpty, true, "");
    assert_eq!(rig.gate().evidence, Some(Evidence::new(0, "5")));
    rig.tell(list(2));
    rig.is(GateState::Ready, true, "");
    // What was listed before counts no more, whether it was complete or not.
    rig.tell([Ok(Event::Init), Ok(Event::InitApply(object("a", 6))), list_failed(500, "boom")]);
    rig.tell(list(0));
    rig.is(GateState::ReadyEmpty, true, "");
}

/// Contour: an API server that is gone shows its own state, not "no configuration".
#[tokio::test(start_paused = true)]
async fn trouble_of_an_empty_watch_is_degraded_and_then_empty_again() {
    let mut rig = synced(0);
    rig.tell([watch_failed(500, "boom")]);
    rig.is(GateState::Degraded, true, "watch: 500 the API server has failed: boom");
    rig.tell(list(0));
    rig.is(GateState::ReadyEmpty, true, "");
    later().await;
    rig.tell([watch_failed(500, "boom")]);
    rig.is(GateState::Degraded, true, "watch: 500 the API server has failed: boom");
    rig.tell([Ok(Event::Apply(object("a", 4)))]);
    rig.is(GateState::Ready, true, "");
}

#[tokio::test(start_paused = true)]
async fn trouble_opens_no_gate_that_is_closed_for_being_empty() {
    for spec in [
        Spec::new("cm").empty(Empty::Reject),
        Spec::new("cm").empty(Empty::AcceptAfter(seconds(60))),
        Spec::new("cm").empty(Empty::Reject).mode(Mode::Live(Hysteresis::default())),
    ] {
        let mut rig = Rig::of(spec);
        rig.tell(list(0));
        rig.is(GateState::ReadyEmpty, false, "");
        rig.tell([watch_failed(500, "boom"), watch_failed(403, "no")]);
        rig.is(GateState::Syncing, false, "watch: 403 forbidden: no");
        rig.tell([Ok(Event::Init), Ok(Event::InitDone)]);
        rig.is(GateState::ReadyEmpty, false, "");
        rig.tell([Ok(Event::Apply(object("a", 4)))]);
        rig.is(GateState::Ready, true, "");
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_closes_no_live_gate_not_even_an_empty_one() {
    for objects in [0, 1] {
        let mut rig = Rig::of(Spec::new("cm").mode(Mode::Live(Hysteresis::default())));
        rig.tell(list(objects));
        rig.tell([watch_failed(500, "boom"), watch_failed(403, "no")]);
        rig.is(GateState::Degraded, true, "watch: 403 forbidden: no");
        rig.tell([watch_error(410, "too old"), Ok(Event::Init), list_failed(500, "boom")]);
        rig.is(GateState::Degraded, true, "list: 500 the API server has failed: boom");
        rig.tell(list(objects));
        let state = if objects == 0 { GateState::ReadyEmpty } else { GateState::Ready };
        rig.is(state, true, "");
        rig.end();
        rig.is(GateState::Degraded, true, "the watch has ended");
    }
}

/// It was full, a relist finds it empty, and then the API server is gone.
#[tokio::test(start_paused = true)]
async fn a_live_gate_that_became_empty_where_empty_does_not_count_is_opened_by_no_trouble() {
    let spec = Spec::new("cm").empty(Empty::Reject).mode(Mode::Live(Hysteresis::default()));
    let mut rig = Rig::of(spec);
    rig.tell(list(1));
    rig.is(GateState::Ready, true, "");
    rig.tell(list(0));
    rig.is(GateState::ReadyEmpty, false, "");
    for _ in 0..3 {
        rig.tell([watch_failed(500, "boom"), watch_failed(403, "no")]);
        rig.is(GateState::Syncing, false, "watch: 403 forbidden: no");
    }
    rig.end();
    rig.is(GateState::Syncing, false, "the watch has ended");
}

#[tokio::test(start_paused = true)]
async fn a_live_gate_that_wants_two_good_reports_waits_for_a_change() {
    let mode = Mode::Live(Hysteresis { rise: 2, ..Hysteresis::default() });
    let mut rig = Rig::of(Spec::new("cm").mode(mode));
    rig.tell(list(1));
    rig.is(GateState::Syncing, false, "");
    rig.tell([Ok(Event::Apply(object("a", 9)))]);
    rig.is(GateState::Ready, true, "");
}

#[tokio::test(start_paused = true)]
async fn every_good_event_is_a_beat() {
    let mut rig = Rig::of(Spec::new("cm").heartbeat(seconds(40)));
    rig.tell(list(1));
    for told in [
        vec![Ok(Event::Apply(object("a", 4)))],
        vec![Ok(Event::Delete(object("a", 5)))],
        list(1),
        vec![Ok(Event::Init)],
    ] {
        advance(seconds(30)).await;
        rig.tell(told);
        rig.is(GateState::Ready, true, "");
    }
    sleep(seconds(41)).await;
    assert_eq!(rig.gate().state, GateState::Stale, "a quiet watch is not told from a broken one");
    rig.tell([Ok(Event::Apply(object("a", 6)))]);
    rig.is(GateState::Ready, true, "");
}

#[tokio::test(start_paused = true)]
async fn any_number_of_tasks_wait_for_the_gate() {
    let readiness = firstlight_ready::Readiness::new("proxy").expect("a runtime");
    let gate = readiness.register(Spec::new("cm")).expect("a good name");
    readiness.seal().expect("once");
    let waiters: Vec<_> = (0..1000).map(|_| tokio::spawn(readiness.wait().into_future())).collect();
    sleep(seconds(1)).await;
    assert!(waiters.iter().all(|waiter| !waiter.is_finished()));
    let watch = stream::iter(list(0)).chain(stream::pending());
    let task = tokio::spawn(watch.feed_gate(gate).for_each(async |_| {}));
    for waiter in waiters {
        assert!(waiter.await.expect("no panic").is_ok());
    }
    task.abort();
}
