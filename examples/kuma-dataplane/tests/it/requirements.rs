//! What clean-up of a session must be, one test for each requirement, on both stores.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kuma_dataplane::store::{Fault, Faults, Operation, Status};
use kuma_dataplane::{AtShutdown, State, Terminal};
use support::Mode;
use tokio::time::Instant;
use tracing::{Subscriber, span::Id};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::planes::{
    DP, NEVER, SOON, connect, count, ended, fixed, hanging, idle, row, settings, start, told,
    try_connect, until,
};
use crate::store_support::each_store;

#[tokio::test]
async fn r1_it_outlives_the_stream_that_was_cut_and_is_bounded_by_a_deadline_of_its_own() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let deadline = Duration::from_millis(300);
        let settings = settings("cp1", Mode::Fixed, SOON).with_deadline(deadline);
        let cp = start(settings, &store).await;
        drop(connect(&cp, DP).await);
        ended(&cp, "deleted", 1).await;
        assert_eq!(row(&scene.store, DP).await, None);
        // The database hangs for good: the clean-up does not.
        let session = connect(&cp, DP).await;
        faults.add(Fault::hang().on(Operation::Owner));
        drop(session);
        ended(&cp, "gave-up", 1).await;
        idle(&cp).await;
        assert!(row(&scene.store, DP).await.is_some(), "never deleted on doubt");
    })
    .await;
}

/// It is not cancelled with its session, and can still be traced to it.
#[tokio::test]
async fn r1_the_span_of_a_clean_up_follows_from_that_of_its_session() {
    let links = Links::default();
    // With one subscriber alone, tracing asks that of the thread which comes first to a span: another test's, which has none.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::registry().with(links.clone());
    let _until_the_end = tracing::subscriber::set_default(subscriber);
    each_store(|scene| {
        let links = links.clone();
        async move {
            let cp = fixed("cp1", SOON, &scene.store).await;
            drop(connect(&cp, DP).await);
            ended(&cp, "deleted", 1).await;
            let links = std::mem::take(&mut *links.0.lock().expect("not poisoned"));
            assert!(links.len() >= 2, "the status is flushed, the row deleted: {links:?}");
            for link in links {
                assert_eq!(link, ("cleanup".to_owned(), "session".to_owned()));
            }
        }
    })
    .await;
}

/// Which span followed from which, by their names.
#[derive(Clone, Default)]
struct Links(Arc<Mutex<Vec<(String, String)>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Links {
    fn on_follows_from(&self, span: &Id, follows: &Id, context: Context<'_, S>) {
        let name = |id| context.span(id).map(|span| span.name().to_owned()).unwrap_or_default();
        let link = (name(span), name(follows));
        // Of firstlight's only: others follow each other, too.
        if link.0 == "cleanup" {
            self.0.lock().expect("not poisoned").push(link);
        }
    }
}

#[tokio::test]
async fn r1_a_soft_stop_does_not_cut_it_and_a_hard_one_does_and_says_so() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        for (operation, left, kept) in [(None, 0, false), (Some(Operation::Owner), 1, true)] {
            let drain = if kept { Duration::from_millis(200) } else { Duration::from_secs(10) };
            let cp = start(settings("cp1", Mode::Fixed, NEVER).with_drain(drain), &store).await;
            drop(connect(&cp, DP).await);
            until("it is pending", || async { cp.status().pending == 1 }).await;
            if let Some(operation) = operation {
                faults.add(Fault::hang().on(operation));
            }
            let began = Instant::now();
            assert_eq!(cp.shutdown().await, left);
            assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
            assert_eq!(row(&scene.store, DP).await.is_some(), kept);
        }
    })
    .await;
}

#[tokio::test]
async fn r2_a_reconnect_inside_the_grace_cancels_it() {
    each_store(|scene| async move {
        let cp = fixed("cp1", NEVER, &scene.store).await;
        let first = connect(&cp, DP).await;
        let epoch = first.config().epoch;
        first.leave().await;
        until("it is pending", || async { cp.status().pending == 1 }).await;
        let second = connect(&cp, DP).await;
        assert!(second.config().epoch > epoch);
        ended(&cp, "reconnected", 1).await;
        let status = cp.status();
        assert_eq!((status.entries, status.sessions, status.pending), (1, 1, 0), "{status:?}");
        let row = row(&scene.store, DP).await.expect("it is there");
        assert_eq!((row.epoch, row.status), (second.config().epoch, Status::Online));
    })
    .await;
}

#[tokio::test]
async fn r2_the_end_of_an_older_session_touches_nothing_of_the_newer_one() {
    each_store(|scene| async move {
        let cp = fixed("cp1", SOON, &scene.store).await;
        let mut older = connect(&cp, DP).await;
        let newer = connect(&cp, DP).await;
        // The older one is told that it is over, and its clean-up is off.
        let told = told(&mut older).await;
        assert!(told.contains("anew"), "{told}");
        ended(&cp, "reconnected", 1).await;
        let status = cp.status();
        assert_eq!((status.entries, status.sessions), (1, 1), "{status:?}");
        let row = row(&scene.store, DP).await.expect("it is there");
        assert_eq!((row.epoch, row.status), (newer.config().epoch, Status::Online));
        newer.leave().await;
        ended(&cp, "deleted", 1).await;
        idle(&cp).await;
    })
    .await;
}

/// The newer session has taken claim and entry from the older one, and was not let in: the older one must not stay without either.
#[tokio::test]
async fn r2_an_older_session_ends_also_when_the_newer_one_is_not_let_in() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let cp = fixed("cp1", SOON, &store).await;
        let mut older = connect(&cp, DP).await;
        faults.add(Fault::fail().on(Operation::Register).times(1));
        try_connect(&cp, DP).await.expect_err("it is not let in");
        let told = told(&mut older).await;
        assert!(told.contains("anew"), "{told}");
        idle(&cp).await;
        assert_eq!(row(&scene.store, DP).await, None);
    })
    .await;
}

#[test]
fn r3_states_go_forward_and_a_failed_attempt_asks_again() {
    let done = |terminal: Terminal| State::Done(terminal);
    let all = [
        State::Connected,
        State::Pending,
        State::Checking,
        State::Deleting,
        done(Terminal::Deleted),
        done(Terminal::OwnedElsewhere),
        done(Terminal::Reconnected),
        done(Terminal::SkippedShutdown),
        done(Terminal::GaveUp("why".to_owned())),
    ];
    //              C  P  K  D  then the terminal ones
    let may = [
        /* C */ [0, 1, 0, 0, 0, 0, 0, 0, 0],
        /* P */ [0, 0, 1, 0, 1, 1, 1, 1, 1],
        /* K */ [0, 0, 1, 1, 1, 1, 1, 1, 1],
        /* D */ [0, 0, 1, 0, 1, 1, 1, 1, 1],
        [0; 9],
        [0; 9],
        [0; 9],
        [0; 9],
        [0; 9],
    ];
    for (from, row) in all.iter().zip(may) {
        for (to, may) in all.iter().zip(row) {
            assert_eq!(from.may_become(to), may == 1, "{from:?} to {to:?}");
        }
    }
}

/// However a session ends; the entry is gone before anything else happens, since the grace never ends.
#[tokio::test]
async fn r3_the_entry_in_memory_goes_at_once_however_the_session_ends() {
    each_store(|scene| async move {
        let cp = fixed("cp1", NEVER, &scene.store).await;
        for way in ["leave", "drop", "abort", "panic"] {
            let session = connect(&cp, way).await;
            assert_eq!(cp.status().entries, 1, "{way}");
            match way {
                "leave" => session.leave().await,
                "drop" => drop(session),
                "abort" => assert!(cp.abort(way)),
                _ => assert!(cp.panic(way)),
            }
            until("no entry and no session", || async {
                let status = cp.status();
                (status.entries, status.sessions) == (0, 0)
            })
            .await;
        }
        assert_eq!(cp.status().pending, 4, "each of them is cleaned up");
        assert_eq!(cp.shutdown().await, 0);
        assert_eq!(scene.store.rows().await.expect("rows"), []);
    })
    .await;
}

#[tokio::test]
async fn r3_each_terminal_reason_is_counted_and_leaves_no_entry() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let settings = settings("cp1", Mode::Fixed, SOON).with_deadline(Duration::from_millis(300));
        let cp = start(settings, &store).await;
        let other = fixed("cp2", NEVER, &scene.store).await;
        connect(&cp, "deleted").await.leave().await;
        let moved = connect(&cp, "owned-elsewhere").await;
        let there = connect(&other, "owned-elsewhere").await;
        moved.leave().await;
        let older = connect(&cp, "reconnected").await;
        let newer = connect(&cp, "reconnected").await;
        drop(older);
        for reason in ["deleted", "owned-elsewhere", "reconnected"] {
            ended(&cp, reason, 1).await;
        }
        faults.add(Fault::fail().on(Operation::DeleteIf));
        connect(&cp, "gave-up").await.leave().await;
        ended(&cp, "gave-up", 1).await;
        let status = cp.status();
        assert_eq!((status.entries, status.sessions, status.pending), (1, 1, 0), "{status:?}");
        assert_eq!(status.cleanup_micros.len(), 1, "one row was deleted");
        faults.release();
        // The fifth, and with it the last entry.
        cp.shutdown().await;
        drop((newer, there));
    })
    .await;
}

#[tokio::test]
async fn r4_a_registration_waits_for_no_clean_up() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let cp = fixed("cp1", SOON, &store).await;
        let session = connect(&cp, DP).await;
        faults.add(Fault::hang().on(Operation::Owner).on(Operation::DeleteIf));
        drop(session);
        hanging(&faults).await;
        let began = Instant::now();
        let session = connect(&cp, DP).await;
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        // What hung goes on, and finds a row that is not its own any more.
        faults.release();
        ended(&cp, "reconnected", 1).await;
        let row = row(&scene.store, DP).await.expect("it is there");
        assert_eq!(row.epoch, session.config().epoch);
    })
    .await;
}

#[tokio::test]
async fn r5_no_answer_is_asked_again_and_nothing_is_deleted_on_doubt() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let cp = fixed("cp1", SOON, &store).await;
        let session = connect(&cp, DP).await;
        faults.add(Fault::fail().on(Operation::Owner).times(3));
        drop(session);
        ended(&cp, "deleted", 1).await;
        assert_eq!(faults.struck(), 3);
        assert_eq!(row(&scene.store, DP).await, None);
    })
    .await;
}

#[tokio::test]
async fn r5_an_attempt_that_hangs_is_cut_and_the_next_one_deletes() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let settings = settings("cp1", Mode::Fixed, SOON).with_deadline(Duration::from_secs(3));
        let cp = start(settings, &store).await;
        let session = connect(&cp, DP).await;
        faults.add(Fault::hang().on(Operation::Owner).times(1));
        drop(session);
        ended(&cp, "deleted", 1).await;
        assert_eq!(count(&cp, "gave-up"), 0);
        assert_eq!(row(&scene.store, DP).await, None);
    })
    .await;
}

#[tokio::test]
async fn r5_of_two_instances_none_deletes_the_new_owners_row_even_between_check_and_delete() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let (cp1, cp2) = (fixed("cp1", SOON, &store).await, fixed("cp2", SOON, &scene.store).await);
        let session = connect(&cp1, DP).await;
        faults.add(Fault::hang().on(Operation::DeleteIf));
        drop(session);
        // Checked, "mine", and on its way to delete.
        hanging(&faults).await;
        let there = connect(&cp2, DP).await;
        faults.release();
        ended(&cp1, "owned-elsewhere", 1).await;
        assert_eq!(count(&cp1, "deleted"), 0);
        let row = row(&scene.store, DP).await.expect("it is there");
        assert_eq!((row.owner.as_str(), row.epoch), ("cp2", there.config().epoch));
    })
    .await;
}

#[tokio::test]
async fn r6_what_is_given_up_is_counted_and_swept_soon() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let lease = Duration::from_millis(600);
        let settings = settings("cp1", Mode::Fixed, SOON)
            .with_deadline(Duration::from_millis(200))
            .with_lease(lease);
        let cp = start(settings, &store).await;
        let stays = connect(&cp, "stays").await;
        let session = connect(&cp, DP).await;
        faults.add(Fault::fail().on(Operation::DeleteIf));
        drop(session);
        ended(&cp, "gave-up", 1).await;
        // Deleting by name goes on failing; it is the sweeper who has it now.
        until("it is swept", || async { row(&scene.store, DP).await.is_none() }).await;
        // Who is there is touched, and never swept.
        let row = row(&scene.store, "stays").await.expect("it is there");
        assert_eq!(row.epoch, stays.config().epoch);
    })
    .await;
}

#[tokio::test]
async fn r7_the_end_of_the_host_is_looked_at_after_the_grace_and_its_policy_is_kept() {
    each_store(|scene| async move {
        for (policy, left, reason) in [
            (AtShutdown::FlushNow, 0, "deleted"),
            (AtShutdown::Skip, 0, "skipped-shutdown"),
            (AtShutdown::HandOver, 1, "gave-up"),
        ] {
            let settings = settings("cp1", Mode::Fixed, NEVER).with_at_shutdown(policy);
            let cp = start(settings, &scene.store).await;
            connect(&cp, DP).await.leave().await;
            until("it is pending", || async { cp.status().pending == 1 }).await;
            assert_eq!(cp.shutdown().await, left, "{policy:?}");
            let row = row(&scene.store, DP).await;
            assert_eq!(row.is_some(), reason != "deleted", "{policy:?}");
            // What stays is offline, so that whoever looks at it knows.
            assert!(row.is_none_or(|row| row.status == Status::Offline), "{policy:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn r8_a_session_that_the_hosts_end_ended_keeps_its_row_and_one_that_left_before_does_not() {
    each_store(|scene| async move {
        let cp = fixed("cp1", NEVER, &scene.store).await;
        let mut stays = connect(&cp, "stays").await;
        connect(&cp, "leaves").await.leave().await;
        until("it is pending", || async { cp.status().pending == 1 }).await;
        assert_eq!(cp.shutdown().await, 0);
        let told = told(&mut stays).await;
        assert!(told.contains("shutting down"), "{told}");
        assert_eq!(row(&scene.store, "leaves").await, None);
        let row = row(&scene.store, "stays").await.expect("its dataplane is alive");
        assert_eq!(row.status, Status::Offline);
    })
    .await;
}

#[tokio::test]
async fn r10_the_status_is_flushed_first_and_a_late_flush_makes_no_row() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let cp = fixed("cp1", NEVER, &store).await;
        let session = connect(&cp, DP).await;
        session.leave().await;
        let offline = || async {
            row(&scene.store, DP).await.is_some_and(|row| row.status == Status::Offline)
        };
        until("it is offline in its grace", offline).await;
        let session = connect(&cp, DP).await;
        faults.add(Fault::hang().on(Operation::MarkIf));
        session.leave().await;
        hanging(&faults).await;
        assert!(scene.store.delete(DP).await.expect("somebody deletes it"));
        faults.release();
        assert_eq!(cp.shutdown().await, 0);
        assert_eq!(row(&scene.store, DP).await, None);
    })
    .await;
}

#[tokio::test]
async fn r11_a_second_disconnect_and_one_without_a_connect_do_nothing() {
    each_store(|scene| async move {
        let cp = fixed("cp1", SOON, &scene.store).await;
        let session = connect(&cp, DP).await;
        assert!(cp.abort(DP));
        drop(session);
        ended(&cp, "deleted", 1).await;
        assert!(!cp.abort(DP), "there is no session any more");
        // A stream that never says who it is.
        let refused = try_connect(&cp, "").await.expect_err("it has no name");
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        idle(&cp).await;
        assert_eq!(cp.status().ended.values().sum::<u64>(), 1, "{:?}", cp.status());
    })
    .await;
}

/// The registration fails, or is not answered, or its dataplane does not wait for the answer: the entry is gone, and a row too.
#[tokio::test]
async fn r11_a_connect_that_fails_half_way_leaves_nothing() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let cp = fixed("cp1", SOON, &store).await;
        for (n, fault) in [Fault::fail(), Fault::fail().after()].into_iter().enumerate() {
            faults.add(fault.on(Operation::Register).times(1));
            let refused = try_connect(&cp, DP).await.expect_err("it is not let in");
            assert_eq!(refused.code(), tonic::Code::Unavailable, "{refused:?}");
            ended(&cp, "deleted", n as u64 + 1).await;
            idle(&cp).await;
            assert_eq!(row(&scene.store, DP).await, None);
        }
        faults.add(Fault::hang().after().on(Operation::Register));
        let impatient = try_connect(&cp, DP);
        let hangs = hanging(&faults);
        tokio::select! {
            _ = impatient => panic!("it hangs"),
            () = hangs => {}
        }
        assert!(row(&scene.store, DP).await.is_some(), "it is written, and nobody knows");
        ended(&cp, "deleted", 3).await;
        idle(&cp).await;
        assert_eq!(row(&scene.store, DP).await, None);
    })
    .await;
}
