//! The five holes that upstream's fix has left open (kumahq/kuma#13504), each closed.

use std::time::Duration;

use kuma_dataplane::store::{Fault, Faults, Operation};
use support::Mode;
use tokio::time::Instant;
use tonic::Code;

use crate::planes::{
    DP, NEVER, SOON, broken, connect, count, ended, fixed, hanging, idle, row, settings, start,
    try_connect, until,
};
use crate::store_support::each_store;

#[tokio::test]
async fn hole_1_an_error_of_the_ownership_read_keeps_neither_entry_nor_row() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let cp = fixed("cp1", SOON, &store).await;
        let session = connect(&cp, DP).await;
        faults.add(Fault::fail().on(Operation::Owner).times(1));
        session.leave().await;
        until("no entry, before the row is gone", || async { cp.status().entries == 0 }).await;
        ended(&cp, "deleted", 1).await;
        assert_eq!(faults.struck(), 1);
        assert_eq!(row(&scene.store, DP).await, None);
    })
    .await;
}

#[tokio::test]
async fn hole_2_a_delete_that_fails_is_made_again_and_its_answer_may_be_lost() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let cp = fixed("cp1", SOON, &store).await;
        for (n, fault) in [Fault::fail(), Fault::fail().after()].into_iter().enumerate() {
            let session = connect(&cp, DP).await;
            faults.add(fault.on(Operation::DeleteIf).times(1));
            session.leave().await;
            ended(&cp, "deleted", n as u64 + 1).await;
            assert_eq!(row(&scene.store, DP).await, None);
        }
        assert_eq!(faults.struck(), 2);
    })
    .await;
}

#[tokio::test]
async fn hole_3_a_control_plane_that_ends_inside_the_grace_deletes_before_it_does() {
    each_store(|scene| async move {
        let cp = fixed("cp1", NEVER, &scene.store).await;
        connect(&cp, DP).await.leave().await;
        until("it is pending", || async { cp.status().pending == 1 }).await;
        assert_eq!(cp.shutdown().await, 0);
        assert_eq!(row(&scene.store, DP).await, None);
    })
    .await;
}

#[tokio::test]
async fn hole_4_a_stuck_database_blocks_no_registration_and_no_clean_up_for_ever() {
    each_store(|scene| async move {
        let faults = Faults::new();
        let store = scene.store.clone().with_faults(faults.clone());
        let settings = settings("cp1", Mode::Fixed, SOON).with_deadline(Duration::from_secs(4));
        let cp = start(settings, &store).await;
        let session = connect(&cp, DP).await;
        faults.add(Fault::hang().on(Operation::Owner));
        session.leave().await;
        hanging(&faults).await;
        let began = Instant::now();
        let session = connect(&cp, DP).await;
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        // Nobody repairs the database, and the one clean-up that runs ends all the same: its attempt is bounded.
        ended(&cp, "reconnected", 1).await;
        assert_eq!(row(&scene.store, DP).await.map(|row| row.epoch), Some(session.config().epoch));
    })
    .await;
}

#[tokio::test]
async fn hole_5_a_dataplane_that_comes_back_to_the_same_control_plane_is_let_in() {
    each_store(|scene| async move {
        let cp = broken("cp1", NEVER, &scene.store).await;
        connect(&cp, DP).await.leave().await;
        until("it is pending", || async { cp.status().pending == 1 }).await;
        let refused = try_connect(&cp, DP).await.expect_err("upstream refuses");
        assert_eq!(refused.code(), Code::AlreadyExists);
        assert!(refused.message().contains("already an active stream"), "{refused:?}");
        drop(cp);

        let cp = fixed("cp2", NEVER, &scene.store).await;
        connect(&cp, DP).await.leave().await;
        until("it is pending", || async { cp.status().pending == 1 }).await;
        let session = connect(&cp, DP).await;
        assert_eq!(count(&cp, "reconnected"), 1);
        session.leave().await;
        cp.shutdown().await;
        assert_eq!(row(&scene.store, DP).await, None);
    })
    .await;
}

/// The bug itself, without processes: the clean-up is there, and comes too late for its own scope.
#[tokio::test]
async fn broken_keeps_row_and_entry_of_who_left_and_the_entry_of_who_moved() {
    each_store(|scene| async move {
        let (cp1, cp2) =
            (broken("cp1", SOON, &scene.store).await, broken("cp2", SOON, &scene.store).await);
        connect(&cp1, "leaves").await.leave().await;
        let moves = connect(&cp1, "moves").await;
        let there = connect(&cp2, "moves").await;
        moves.leave().await;
        ended(&cp1, "gave-up", 2).await;
        let status = cp1.status();
        assert_eq!((status.sessions, status.entries, status.pending), (0, 2, 0), "{status:?}");
        let row = row(&scene.store, "leaves").await.expect("it was never deleted");
        assert_eq!(row.status.as_str(), "offline");
        drop(there);
        let fixed = fixed("cp3", SOON, &scene.store).await;
        connect(&fixed, "leaves").await.leave().await;
        ended(&fixed, "deleted", 1).await;
        idle(&fixed).await;
    })
    .await;
}
