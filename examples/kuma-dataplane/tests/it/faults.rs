//! What else goes wrong around a session, on both stores.

use std::time::Duration;

use kuma_dataplane::store::{Fault, Faults, Operation, Status, Store};
use kuma_dataplane::{Session, channel};
use support::Mode;
use tokio::time::Instant;

use crate::planes::{
    DP, SOON, connect, count, ended, fixed, hanging, idle, row, settings, start, told, try_connect,
    until,
};
use crate::store_support::{each_store, own_server};

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
        let told = told(&mut session).await;
        assert!(told.contains("register anew"), "{told}");
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

/// Somebody gave two control planes one name: their rows are told apart by the epoch alone.
#[tokio::test]
async fn of_two_control_planes_with_one_name_none_deletes_the_others_row() {
    each_store(|scene| async move {
        let (one, two) =
            (fixed("cp", SOON, &scene.store).await, fixed("cp", SOON, &scene.store).await);
        let older = connect(&one, DP).await;
        let newer = connect(&two, DP).await;
        older.leave().await;
        ended(&one, "reconnected", 1).await;
        idle(&one).await;
        let row = row(&scene.store, DP).await.expect("it is there");
        assert_eq!((row.epoch, row.status), (newer.config().epoch, Status::Online));
    })
    .await;
}

/// One dataplane with a session at each of two control planes: the row goes with the newer one, and the older one gets it back.
#[tokio::test]
async fn a_dataplane_that_is_there_twice_is_told_to_register_when_its_row_went_with_the_other() {
    each_store(|scene| async move {
        let leased = |id| {
            let lease = Duration::from_millis(600);
            settings(id, Mode::Fixed, SOON).with_lease(lease)
        };
        let cp1 = start(leased("cp1"), &scene.store).await;
        let cp2 = start(leased("cp2"), &scene.store).await;
        let mut older = connect(&cp1, DP).await;
        connect(&cp2, DP).await.leave().await;
        let told = told(&mut older).await;
        assert!(told.contains("register anew"), "{told}");
        assert_eq!(count(&cp2, "deleted"), 1);
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

/// Both were cut off for longer than the lease, and one comes back first: it does not sweep what the other could not touch.
#[tokio::test]
async fn who_comes_back_first_gives_the_others_a_lease_to_come_back_too() {
    each_store(|scene| async move {
        let (cut1, cut2) = (Faults::new(), Faults::new());
        let lease = Duration::from_millis(2400);
        let leased = |id| settings(id, Mode::Fixed, SOON).with_lease(lease);
        let cp1 = start(leased("cp1"), &scene.store.clone().with_faults(cut1.clone())).await;
        let cp2 = start(leased("cp2"), &scene.store.clone().with_faults(cut2.clone())).await;
        let (_first, mut second) = (connect(&cp1, "first").await, connect(&cp2, "second").await);
        cut1.add(Fault::fail());
        cut2.add(Fault::fail());
        let store = &scene.store;
        let touched = |name: &'static str| async move {
            let rows = store.rows().await.expect("a store without faults");
            rows.into_iter().find(|row| row.name == name).map(|row| row.updated_at)
        };
        let before = (touched("first").await, touched("second").await);
        tokio::time::sleep(lease).await;
        cut1.release();
        // It sweeps after it has touched: twice means that it has had the occasion.
        for _ in 0..2 {
            let last = touched("first").await;
            until("its lease is renewed", || async { touched("first").await > last }).await;
        }
        assert!(touched("first").await > before.0);
        assert_eq!(touched("second").await, before.1, "it is there, untouched");
        cut2.release();
        until("its lease is renewed", || async { touched("second").await > before.1 }).await;
        let told = tokio::time::timeout(Duration::ZERO, second.next()).await;
        assert!(told.is_err(), "it is still connected: {told:?}");
    })
    .await;
}

/// PostgreSQL is away for longer than any clean-up may take, and than any row is believed untouched.
#[tokio::test]
async fn a_database_that_is_away_for_longer_than_the_deadline_and_the_lease_keeps_no_row_and_wrongs_nobody()
 {
    let Some(server) = own_server().await else { return };
    let store = Store::open(&server.url().parse().expect("a url"), 4).await.expect("it opens");
    let (deadline, lease) = (Duration::from_millis(300), Duration::from_millis(900));
    let leased = |id| settings(id, Mode::Fixed, SOON).with_deadline(deadline).with_lease(lease);
    let cp1 = start(leased("cp1"), &store).await;
    let cp2 = start(leased("cp2"), &store).await;
    let leaves = connect(&cp1, "leaves").await;
    let mut stays = connect(&cp2, "stays").await;
    let epoch = stays.config().epoch;
    server.stop().await.expect("it stops");
    drop(leaves);
    ended(&cp1, "gave-up", 1).await;
    idle(&cp1).await;
    tokio::time::sleep(lease * 2).await;
    server.restart().await.expect("it comes back");
    until("it is swept", || async { store.owner("leaves").await.is_ok_and(|row| row.is_none()) })
        .await;
    assert_eq!(row(&store, "stays").await.map(|row| row.epoch), Some(epoch));
    let told = tokio::time::timeout(Duration::ZERO, stays.next()).await;
    assert!(told.is_err(), "it is still connected: {told:?}");
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
