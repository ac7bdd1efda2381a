use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use futures_util::future::{join, join_all};
use kuma_dataplane::store::{Postgres, Store, StoreUrl};

use crate::store_support::{own_server, postgres};

async fn open(server: &Postgres, parameters: &str) -> Store {
    let url: StoreUrl = format!("{}?{parameters}", server.url()).parse().expect("a url");
    Store::open(&url, 4).await.expect("postgres opens")
}

#[tokio::test]
async fn the_pool_recovers_from_a_restart_and_nothing_committed_is_lost() {
    let Some(server) = own_server().await else { return };
    let store = open(&server, "").await;
    let names: Vec<_> = (0..16).map(|n| format!("dp{n}")).collect();
    let all = join_all(names.iter().map(|name| store.register(name, "cp1", ""))).await;
    let before = all.into_iter().map(|epoch| epoch.expect("register")).max();
    assert_eq!(store.connections().open, 4);

    server.restart().await.expect("restart");
    // A connection whose end is not known yet may cost one call each; such an error says that it is worth trying again.
    let mut failed = 0;
    let rows = loop {
        match store.rows().await {
            Ok(rows) => break rows,
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
        failed += 1;
        assert!(failed <= 4, "one for each connection at most");
    };
    assert_eq!(rows.len(), 16);
    let epoch = store.register("dp0", "cp1", "").await.expect("register");
    assert!(Some(epoch) > before, "epochs go on rising");
    assert!(store.connections().open <= 4);
}

#[tokio::test]
async fn a_server_that_is_down_is_a_transient_error_at_once() {
    let Some(server) = own_server().await else { return };
    let store = open(&server, "").await;
    server.stop().await.expect("stop");
    for _ in 0..8 {
        let error = store.owner("dp1").await.expect_err("the server is down");
        assert!(error.is_transient(), "{error}");
        assert!(
            error.to_string().starts_with("owner `dp1`: the database is not available: "),
            "{error}"
        );
    }
    assert_eq!(store.connections().open, 0);
    server.restart().await.expect("start again");
    assert_eq!(store.owner("dp1").await.expect("owner"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_never_opens_more_connections_than_the_pool_has() {
    let Some(server) = own_server().await else { return };
    let store = open(&server, "application_name=crowd").await;
    let watcher = open(&server, "").await;
    let crowd = join_all((0..400).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.register(&format!("dp{n}"), "cp1", "").await })
    }));
    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.expect("connect");
    tokio::spawn(connection);
    let watched = tokio::spawn(async move {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'crowd'";
        let mut most = 0;
        while watcher.rows().await.expect("rows").len() < 400 {
            most = most.max(client.query_one(sql, &[]).await.expect("activity").get::<_, i64>(0));
        }
        most
    });
    for answer in crowd.await {
        answer.expect("no panic").expect("register");
    }
    let most = watched.await.expect("no panic");
    assert!((1..=4).contains(&most), "{most}");
    let connections = store.connections();
    assert_eq!((connections.open, connections.most), (4, 4));
}

/// Upstream of the pool: statements on the same rows in opposite orders, which deadlock when each locks as it goes.
#[tokio::test(flavor = "multi_thread")]
async fn batches_on_the_same_rows_do_not_deadlock() {
    let Some(scene) = postgres(8).await else { return };
    let mut forth = Vec::new();
    for n in 0..200 {
        let name = format!("dp{n}");
        forth.push((name.clone(), scene.store.register(&name, "cp1", "").await.expect("register")));
    }
    let mut back = forth.clone();
    back.reverse();
    let (forth, back) = (&forth, &back);
    let store = &scene.store;
    let touches =
        join_all((0..40).map(|n| store.touch("cp1", if n % 2 == 0 { forth } else { back })));
    let sweeps = join_all((0..10).map(|_| store.sweep(Duration::from_secs(3600))));
    let (touches, sweeps) = join(touches, sweeps).await;
    assert!(touches.iter().all(|touched| *touched.as_ref().expect("touch") == 200));
    assert!(sweeps.iter().all(|swept| swept.as_ref().expect("sweep").is_empty()));
    let (touched, gone) = join(store.touch("cp1", back), store.delete_many_if(forth, "cp1")).await;
    touched.expect("touch");
    assert_eq!(gone.expect("delete_many_if").len(), 200);
}

fn folder(server: &Postgres) -> PathBuf {
    let debug = format!("{server:?}");
    let folder = debug.split("folder: \"").nth(1).and_then(|rest| rest.split('"').next());
    PathBuf::from(folder.expect("a folder"))
}

#[tokio::test]
async fn a_dropped_server_is_gone_with_its_folder() {
    let Some(server) = own_server().await else { return };
    let store = open(&server, "").await;
    let folder = folder(&server);
    assert!(folder.join("data").is_dir());
    drop(server);
    assert!(!folder.exists());
    assert!(store.rows().await.expect_err("the server is gone").is_transient());
}

/// The part of the next test in the other process: without the variable it has nothing to do.
#[tokio::test]
async fn child_starts_a_server() {
    if std::env::var_os("CHILD_STARTS_A_SERVER").is_some() {
        let server = own_server().await.expect("the parent has seen one start");
        println!("folder={}", folder(&server).display());
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn a_killed_process_leaves_no_server_behind() {
    let Some(server) = own_server().await else { return };
    drop(server);
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "store_postgres::child_starts_a_server", "--nocapture"])
        .env("CHILD_STARTS_A_SERVER", "yes")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    let told = output.lines().find_map(|line| Some(line.ok()?.split_once("folder=")?.1.to_owned()));
    let data = PathBuf::from(told.expect("a folder")).join("data");
    assert!(data.join("postmaster.pid").is_file());
    child.kill().expect("kill");
    child.wait().expect("wait");
    let gone = async {
        while data.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("the folder is removed");
}
