use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use kuma_dataplane::store::{Dataplane, Owned, Status, Store};

use crate::store_support::{Scene, each_store, sqlite};

const DP: &str = "dp1";

fn names(rows: &[Dataplane]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_str()).collect()
}

/// Makes a row look as if nobody had touched it for an hour.
async fn age(scene: &Scene, name: &str) {
    let back = match scene.is_postgres() {
        true => "updated_at - interval '1 hour'",
        false => "updated_at - 3600000",
    };
    scene
        .execute(&format!("UPDATE dataplanes SET updated_at = {back} WHERE name = '{name}'"))
        .await;
}

#[tokio::test]
async fn a_registered_row_says_where_the_dataplane_is_and_whose() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let epoch = store.register(DP, "cp1", "127.0.0.1:80").await.expect("register");
        let owned = Owned { owner: "cp1".to_owned(), epoch, status: Status::Online };
        assert_eq!(store.owner(DP).await.expect("owner"), Some(owned));
        let rows = store.rows().await.expect("rows");
        let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
        assert!(now.abs_diff(rows[0].updated_at) < Duration::from_secs(60), "{rows:?}");
        let address = "127.0.0.1:80".to_owned();
        let expected = Dataplane {
            name: DP.to_owned(),
            owner: "cp1".to_owned(),
            epoch,
            status: Status::Online,
            address,
            updated_at: rows[0].updated_at,
        };
        assert_eq!(rows, [expected]);
        assert_eq!(store.owner("another").await.expect("owner"), None);
    })
    .await;
}

#[tokio::test]
async fn epochs_rise_also_when_the_row_was_deleted_or_taken_over() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let mut last = 0;
        for owner in ["cp1", "cp1", "cp2", "cp1"] {
            let epoch = store.register(DP, owner, "").await.expect("register");
            assert!(epoch > last, "{epoch} after {last}");
            last = epoch;
            let again = store.register(DP, owner, "").await.expect("register");
            assert!(again > last, "{again} after {last}");
            last = again;
            assert!(store.delete(DP).await.expect("delete"));
        }
        assert!(!store.delete(DP).await.expect("delete"), "there is nothing left to delete");
    })
    .await;
}

/// Its caller was gone, its statement was late, and the dataplane had registered elsewhere: an older epoch never wins.
#[tokio::test]
async fn a_registration_never_takes_a_row_from_a_newer_one() {
    each_store(|scene| async move {
        let store = &scene.store;
        let epoch = store.register("dp1", "cp1", "").await.expect("register");
        // Five have registered since, the last of them this dataplane, and ours comes only now.
        scene.execute(&format!("UPDATE dataplanes SET epoch = {}", epoch + 5)).await;
        let newer = store.register("dp1", "cp2", "").await.expect("tried until it is the newest");
        assert!(newer > epoch + 5, "{newer}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_that_open_and_register_at_once_never_get_one_epoch_twice() {
    each_store(|scene| async move {
        let scene = &scene;
        let one = |handle: usize| async move {
            let store = scene.again().await;
            let mut epochs = Vec::new();
            for n in 0..25 {
                let name = format!("dp{}", n % 3);
                epochs.push(
                    store.register(&name, &format!("cp{handle}"), "").await.expect("register"),
                );
                store.delete(&name).await.expect("delete");
            }
            epochs
        };
        let all = futures_util::future::join_all((0..4).map(one)).await.concat();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 100);
    })
    .await;
}

/// The part of the next test in the other process: without the variable it has nothing to do.
#[tokio::test]
async fn child_registers() {
    let Ok(url) = std::env::var("STORE_OF_THE_CHILD") else { return };
    let store = Store::open(&url.parse().expect("url"), 2).await.expect("open");
    for _ in 0..50 {
        println!("epoch={}", store.register(DP, "child", "").await.expect("register"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_file_never_get_one_epoch_twice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("new.db").display());
    // Nobody has made the file yet: both make it at once.
    let child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "store::child_registers", "--nocapture"])
        .env("STORE_OF_THE_CHILD", &url)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let store = Store::open(&url.parse().expect("url"), 2).await.expect("open");
    let mut epochs = Vec::new();
    for _ in 0..50 {
        epochs.push(store.register(DP, "parent", "").await.expect("register"));
    }
    let output = child.wait_with_output().expect("the child ends");
    let output = String::from_utf8(output.stdout).expect("text");
    let theirs = output.lines().filter_map(|line| line.split_once("epoch=")?.1.parse::<u64>().ok());
    epochs.extend(theirs);
    assert_eq!(epochs.iter().collect::<HashSet<_>>().len(), 100, "{output}");
}

#[tokio::test]
async fn delete_if_is_a_no_op_for_an_old_epoch_or_another_owner() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let old = store.register(DP, "cp1", "").await.expect("register");
        let new = store.register(DP, "cp1", "").await.expect("register");
        for (owner, epoch) in [("cp1", old), ("cp2", new), ("cp1", 0), ("cp1", u64::MAX)] {
            assert!(
                !store.delete_if(DP, owner, epoch).await.expect("delete_if"),
                "{owner} {epoch}"
            );
            let many = store.delete_many_if(&[(DP.to_owned(), epoch)], owner).await;
            assert!(many.expect("delete_many_if").is_empty(), "{owner} {epoch}");
        }
        assert!(!store.delete_if("another", "cp1", new).await.expect("delete_if"));
        assert!(store.delete_if(DP, "cp1", new).await.expect("delete_if"));
        assert!(!store.delete_if(DP, "cp1", new).await.expect("delete_if"), "a second time");
        assert!(store.rows().await.expect("rows").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_racers_exactly_one_deletes() {
    each_store(|scene| async move {
        let other = scene.again().await;
        for _ in 0..20 {
            let epoch = scene.store.register(DP, "cp1", "").await.expect("register");
            let racers = [&scene.store, &other, &scene.store, &other];
            let race = racers.map(|store| store.delete_if(DP, "cp1", epoch));
            let won = futures_util::future::join_all(race).await;
            let won = won.into_iter().filter(|won| *won.as_ref().expect("delete_if"));
            assert_eq!(won.count(), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn delete_many_if_takes_only_what_is_still_ours() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let mut ours = Vec::new();
        for name in ["a", "b", "c", "d"] {
            ours.push((name.to_owned(), store.register(name, "cp1", "").await.expect("register")));
        }
        store.register("b", "cp1", "").await.expect("b comes back");
        store.register("c", "cp2", "").await.expect("c goes elsewhere");
        ours.push(ours[0].clone());
        ours.push(("never seen".to_owned(), 7));
        let mut gone = store.delete_many_if(&ours, "cp1").await.expect("delete_many_if");
        gone.sort();
        assert_eq!(gone, ["a", "d"]);
        assert_eq!(names(&store.rows().await.expect("rows")), ["b", "c"]);
        assert!(store.delete_many_if(&[], "cp1").await.expect("none").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_late_flush_cannot_resurrect_a_row() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let old = store.register(DP, "cp1", "").await.expect("register");
        let new = store.register(DP, "cp1", "").await.expect("register");
        assert!(!store.mark_if(DP, "cp1", old, Status::Offline).await.expect("mark_if"));
        assert!(!store.mark_if(DP, "cp2", new, Status::Offline).await.expect("mark_if"));
        assert_eq!(names(&store.online().await.expect("online")), [DP]);
        assert!(store.mark_if(DP, "cp1", new, Status::Offline).await.expect("mark_if"));
        assert!(store.online().await.expect("online").is_empty());
        assert_eq!(names(&store.rows().await.expect("rows")), [DP]);
        assert!(store.mark(DP, Status::Online).await.expect("mark"));
        assert_eq!(names(&store.online().await.expect("online")), [DP]);
        assert!(store.delete_if(DP, "cp1", new).await.expect("delete_if"));
        assert!(!store.mark_if(DP, "cp1", new, Status::Offline).await.expect("mark_if"));
        assert!(!store.mark(DP, Status::Offline).await.expect("mark"));
        assert!(store.rows().await.expect("rows").is_empty());
    })
    .await;
}

#[tokio::test]
async fn sweep_takes_only_what_nobody_touched() {
    each_store(|scene| async move {
        let store = &scene.store;
        let mut epochs = Vec::new();
        for name in ["fresh", "gone", "touched", "marked", "elsewhere"] {
            epochs
                .push((name.to_owned(), store.register(name, "cp1", "").await.expect("register")));
            if name != "fresh" {
                age(&scene, name).await;
            }
        }
        let stale = [("touched".to_owned(), epochs[2].1), ("gone".to_owned(), 0)];
        assert_eq!(
            store.touch("cp1", &stale).await.expect("touch"),
            1,
            "an old epoch touches nothing"
        );
        assert_eq!(store.touch("cp2", &epochs).await.expect("touch"), 0, "nor does another owner");
        assert_eq!(store.touch("cp1", &[]).await.expect("touch"), 0);
        assert!(store.mark("marked", Status::Offline).await.expect("mark"));
        store.register("elsewhere", "cp2", "").await.expect("register");

        assert!(store.sweep(Duration::MAX).await.expect("sweep").is_empty());
        assert!(store.sweep(Duration::from_secs(7200)).await.expect("sweep").is_empty());
        let swept = store.sweep(Duration::from_secs(60)).await.expect("sweep");
        assert_eq!(names(&swept), ["gone"]);
        assert_eq!((swept[0].owner.as_str(), swept[0].epoch), ("cp1", epochs[1].1));
        assert!(store.sweep(Duration::from_secs(60)).await.expect("sweep").is_empty());
        assert_eq!(store.sweep(Duration::ZERO).await.expect("sweep").len(), 4, "zero takes all");
        assert!(store.rows().await.expect("rows").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_store_with_one_connection_reads_and_writes() {
    for pool in [0, 1] {
        let Scene { store, folder: _folder, .. } = sqlite(pool).await;
        store.register(DP, "cp1", "").await.expect("register");
        assert!(store.owner(DP).await.expect("owner").is_some());
        assert_eq!(store.connections().most, 1);
    }
}
