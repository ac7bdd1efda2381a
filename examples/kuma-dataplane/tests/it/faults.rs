//! What else goes wrong around a session, on both stores.

use std::time::Duration;

use kuma_dataplane::store::{Fault, Faults, Operation, Status};
use kuma_dataplane::{Session, channel};
use support::Mode;
use tokio::time::Instant;

use crate::planes::{
    DP, SOON, connect, count, ended, fixed, hanging, idle, row, settings, start, try_connect, until,
};
use crate::store_support::each_store;

#[tokio::test]
async fn a_dataplane_that_moves_inside_the_grace_keeps_its_row_and_no_entry_where_it_was() {
    each_store(|scene| async move {
        let (cp1, cp2) = (
            fixed("cp1", Duration::from_millis(300), &scene.store).await,
            fixed("cp2", SOON, &scene.store).await,
        );
        connect(&cp1, DP).await.leave().await;
        let there = connect(&cp2, DP).await;
        ended(&cp1, "owned-elsewhere", 1).await;
        idle(&cp1).await;
        let row = row(&scene.store, DP).await.expect("it is there");
        assert_eq!((row.owner.as_str(), row.status), ("cp2", Status::Online));
        // And back again, inside the grace of neither.
        let back = connect(&cp1, DP).await;
        there.leave().await;
        ended(&cp2, "owned-elsewhere", 1).await;
        back.leave().await;
        ended(&cp1, "deleted", 1).await;
        assert_eq!(scene.store.rows().await.expect("rows"), []);
    })
    .await;
}

/// A control plane that stalled for longer than its lease: others have swept its rows, rightly for all that they knew.
#[tokio::test]
async fn a_session_whose_row_was_swept_is_ended_and_registers_anew() {
    each_store(|scene| async move {
        let lease = Duration::from_millis(600);
        let settings = settings("cp1", Mode::Fixed, SOON).with_lease(lease);
        let cp = start(settings, &scene.store).await;
        let mut session = connect(&cp, DP).await;
        assert!(scene.store.delete(DP).await.expect("it is swept"));
        let told = session.next().await.expect_err("it is told why");
        assert!(told.message().contains("register anew"), "{told:?}");
        let session = connect(&cp, DP).await;
        let row = row(&scene.store, DP).await.expect("it is there again");
        assert_eq!(row.epoch, session.config().epoch);
    })
    .await;
}

/// Where the row is somebody else's, the session is an old one: it is not told to register, which would take the row back.
#[tokio::test]
async fn a_session_whose_dataplane_is_elsewhere_does_not_take_its_row_back() {
    each_store(|scene| async move {
        let lease = Duration::from_millis(600);
        let leased = |id| settings(id, Mode::Fixed, SOON).with_lease(lease);
        let cp1 = start(leased("cp1"), &scene.store).await;
        let cp2 = start(leased("cp2"), &scene.store).await;
        let mut half_open = connect(&cp1, DP).await;
        let _there = connect(&cp2, DP).await;
        let told = tokio::time::timeout(lease * 2, half_open.next()).await;
        assert!(told.is_err(), "{told:?}");
        drop(half_open);
        ended(&cp1, "owned-elsewhere", 1).await;
        assert_eq!(row(&scene.store, DP).await.map(|row| row.owner), Some("cp2".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_registration_that_hangs_is_bounded_and_does_not_hold_the_shutdown() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let settings = settings("cp1", Mode::Fixed, SOON).with_deadline(Duration::from_millis(200));
        let cp = start(settings, &store).await;
        faults.add(Fault::hang().on(Operation::Register));
        let refused = try_connect(&cp, DP).await.expect_err("the store does not answer");
        assert!(refused.message().contains("does not answer"), "{refused:?}");
        ended(&cp, "deleted", 1).await;
        idle(&cp).await;

        let cp = fixed("cp2", SOON, &store).await;
        let began = Instant::now();
        let address = cp.address().to_string();
        let (refused, left) = tokio::join!(
            async {
                let channel = channel(&address).await.expect("it accepts");
                Session::open(channel, DP, "127.0.0.1:9").await
            },
            async {
                hanging(&faults).await;
                cp.shutdown().await
            }
        );
        let refused = refused.expect_err("it is not let in");
        assert!(refused.message().contains("shutting down"), "{refused:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(left, 0);
    })
    .await;
}

#[tokio::test]
async fn a_hundred_dataplanes_that_leave_while_the_database_is_away_leave_nothing() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let cp = fixed("cp1", SOON, &store).await;
        let mut sessions = Vec::new();
        for n in 0..100 {
            sessions.push(connect(&cp, &format!("dp{n}")).await);
        }
        faults.add(Fault::fail());
        drop(sessions);
        until("no session and no entry", || async {
            let status = cp.status();
            (status.sessions, status.entries) == (0, 0)
        })
        .await;
        until("it is tried", || async { faults.struck() >= 100 }).await;
        faults.release();
        ended(&cp, "deleted", 100).await;
        assert_eq!(count(&cp, "gave-up"), 0);
        assert_eq!(scene.store.rows().await.expect("rows"), []);
    })
    .await;
}
