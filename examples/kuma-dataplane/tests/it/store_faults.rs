use std::time::Duration;

use futures_util::future::join;
use kuma_dataplane::store::{Fault, Faults, Operation, Status};

use crate::store_support::{Scene, each_store, sqlite};

const DP: &str = "dp1";

#[tokio::test]
async fn fail_strikes_the_named_operation_so_often_and_before_the_statement() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let faults = Faults::new();
        let store = store.with_faults(faults.clone());
        let epoch = store.register(DP, "cp1", "").await.expect("register");
        faults.add(Fault::fail().on(Operation::DeleteIf).on(Operation::Mark).times(2));
        let error = store.delete_if(DP, "cp1", epoch).await.expect_err("injected");
        assert!(error.is_transient(), "{error}");
        assert!(store.owner(DP).await.expect("another operation").is_some());
        assert!(store.mark(DP, Status::Offline).await.is_err());
        assert_eq!(store.online().await.expect("online").len(), 1);
        assert!(store.delete_if(DP, "cp1", epoch).await.expect("the faults are used up"));
        assert_eq!(faults.struck(), 2);
    })
    .await;
}

#[tokio::test]
async fn fail_after_loses_the_answer_but_not_the_deed() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let faults = Faults::new();
        let store = store.with_faults(faults.clone());
        let epoch = store.register(DP, "cp1", "").await.expect("register");
        faults.add(Fault::fail().after().times(1));
        store.delete_if(DP, "cp1", epoch).await.expect_err("the answer is lost");
        assert!(store.rows().await.expect("rows").is_empty());
        assert!(!store.delete_if(DP, "cp1", epoch).await.expect("a retry finds it done"));
    })
    .await;
}

#[tokio::test]
async fn all_calls_fail_until_released() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let faults = Faults::new();
        let clone = store.with_faults(faults.clone()).clone();
        faults.add(Fault::fail());
        for _ in 0..3 {
            clone.register(DP, "cp1", "").await.expect_err("injected");
            clone.owner(DP).await.expect_err("injected");
        }
        faults.release();
        assert_eq!(clone.owner(DP).await.expect("released"), None);
        assert_eq!(faults.struck(), 6);
    })
    .await;
}

#[tokio::test]
async fn a_call_hangs_until_released_and_then_goes_on() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let faults = Faults::new();
        let store = store.with_faults(faults.clone());
        let epoch = store.register(DP, "cp1", "").await.expect("register");
        faults.add(Fault::hang().on(Operation::DeleteIf));
        let deleting = store.delete_if(DP, "cp1", epoch);
        let release = async {
            faults.until_hanging(1).await;
            assert!(store.owner(DP).await.expect("owner").is_some(), "not yet executed");
            faults.release();
        };
        let (deleted, ()) = join(deleting, release).await;
        assert!(deleted.expect("delete_if"));
        assert_eq!(faults.hanging(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_call_dropped_while_it_hangs_before_the_statement_leaves_the_row() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        for (fault, left) in [(Fault::hang(), 1), (Fault::hang().after(), 0)] {
            let faults = Faults::new();
            let faulty = store.clone().with_faults(faults.clone());
            let epoch = store.register(DP, "cp1", "").await.expect("register");
            faults.add(fault);
            let task = tokio::spawn(async move { faulty.delete_if(DP, "cp1", epoch).await });
            faults.until_hanging(1).await;
            task.abort();
            assert!(task.await.expect_err("aborted").is_cancelled());
            assert_eq!(faults.hanging(), 0);
            faults.release();
            assert_eq!(store.rows().await.expect("rows").len(), left);
        }
    })
    .await;
}

#[tokio::test]
async fn slow_adds_its_time_and_then_goes_on() {
    let Scene { store, folder: _folder, .. } = sqlite(1).await;
    tokio::time::pause();
    let faults = Faults::new();
    faults.add(Fault::slow(Duration::from_secs(3)).times(1));
    let store = store.with_faults(faults);
    let began = tokio::time::Instant::now();
    assert_eq!(store.owner(DP).await.expect("owner"), None);
    assert_eq!(began.elapsed().as_secs(), 3);
    assert_eq!(store.owner(DP).await.expect("owner"), None);
    assert_eq!(began.elapsed().as_secs(), 3, "once");
}

#[tokio::test]
async fn chance_is_the_same_for_the_same_seed() {
    let Scene { store, folder: _folder, .. } = sqlite(1).await;
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let faults = Faults::seeded(seed);
        faults.add(Fault::fail().one_in(3));
        let faulty = store.clone().with_faults(faults.clone());
        let mut struck = Vec::new();
        for _ in 0..60 {
            struck.push(faulty.owner(DP).await.is_err());
        }
        assert!((10..=30).contains(&faults.struck()), "{}", faults.struck());
        assert_eq!(faults.struck(), struck.iter().filter(|struck| **struck).count() as u64);
        runs.push(struck);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn zero_times_is_never_and_one_in_zero_is_always() {
    let Scene { store, folder: _folder, .. } = sqlite(1).await;
    let faults = Faults::default();
    faults.add(Fault::fail().times(0));
    let store = store.with_faults(faults.clone());
    assert!(store.owner(DP).await.is_ok());
    faults.add(Fault::fail().one_in(0));
    assert!(store.owner(DP).await.is_err());
    assert_eq!(faults.struck(), 1);
}
