use std::error::Error;

use kuma_dataplane::store::{Operation, Store, StoreError, StoreUrl};

use crate::store_support::{Scene, each_store};

#[tokio::test]
async fn hostile_names_are_names_like_others() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let longest = "n".repeat(1024);
        let hostile = [
            "'; DROP TABLE dataplanes; --",
            "\"quoted\"",
            "two\nlines\r\n",
            "%_\\",
            "{a,b}",
            "NULL",
            "ünïcödé ☃",
            " ",
            "$1",
            "?1",
            &longest,
        ];
        for name in hostile {
            let epoch = store.register(name, name, name).await.expect(name);
            let owned = store.owner(name).await.expect(name).expect("a row");
            assert_eq!((owned.owner.as_str(), owned.epoch), (name, epoch));
            let batch = [(name.to_owned(), epoch)];
            assert_eq!(store.touch(name, &batch).await.expect(name), 1);
            assert_eq!(store.rows().await.expect(name)[0].name, name);
            assert_eq!(store.delete_many_if(&batch, name).await.expect(name), [name]);
        }
        assert!(store.rows().await.expect("the table is still there").is_empty());
    })
    .await;
}

#[tokio::test]
async fn names_that_no_table_takes_are_refused_with_a_typed_error() {
    each_store(|Scene { store, folder: _folder, .. }| async move {
        let long = "x".repeat(10_240);
        let refused = [
            (store.register("", "cp1", "").await.err(), "register: the name is empty"),
            (store.register("dp1", "", "").await.err(), "register `dp1`: the owner is empty"),
            (
                store.register("dp1", "cp1", &long).await.err(),
                "register `dp1`: the address has 10240 bytes, the most is 1024",
            ),
            (store.owner("a\0b").await.err(), "owner `a b`: the name has a NUL byte in it"),
            (store.delete("").await.err(), "delete: the name is empty"),
            (
                store.delete_if("dp\n1", "", 1).await.err(),
                "delete if owned `dp 1`: the owner is empty",
            ),
            (
                store.delete_many_if(&[(String::new(), 1)], "cp1").await.err(),
                "delete many if owned: the name is empty",
            ),
            (store.touch("", &[]).await.err(), "touch: the owner is empty"),
        ];
        for (error, message) in refused {
            let error = error.expect(message);
            assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
            assert!(!error.is_transient());
            assert_eq!(error.to_string(), message);
        }
        let error = store.owner(&long).await.expect_err("10 kB").to_string();
        let shown = "x".repeat(64);
        assert_eq!(error, format!("owner `{shown}…`: the name has 10240 bytes, the most is 1024"));
        assert!(store.rows().await.expect("rows").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_the_database_refuses_says_which_on_what_and_why() {
    each_store(|scene| async move {
        scene.execute("DROP TABLE dataplanes").await;
        let error = scene.store.owner("dp\n1").await.expect_err("no table");
        let why = match scene.is_postgres() {
            true => "db error: ERROR: relation \"dataplanes\" does not exist",
            false => "no such table: dataplanes",
        };
        assert!(error.to_string().starts_with(&format!("owner `dp 1`: {why}")), "{error}");
        assert!(!error.is_transient());
        assert!(error.source().is_none(), "its text holds its causes: they would be told twice");
        assert!(matches!(error, StoreError::Failed { operation: Operation::Owner, .. }));
    })
    .await;
}

#[test]
fn garbage_is_not_the_address_of_a_store() {
    let garbage = [
        ("", "not a store: expected sqlite:PATH or postgres://..."),
        ("dataplanes.db", "not a store: expected sqlite:PATH or postgres://..."),
        ("mysql://secret@host/db", "not a store: expected sqlite:PATH or postgres://..."),
        ("SQLITE:x", "not a store: expected sqlite:PATH or postgres://..."),
        ("sqlite:", "not a store: sqlite: needs a path, for example sqlite:store.db"),
        ("sqlite:a\0b", "not a store: a path has no NUL in it"),
        ("sqlite://store.db", "not a store: write sqlite:PATH, without slashes before it"),
        ("sqlite::memory:", "not a store: a store in memory cannot be shared; give sqlite: a path"),
        ("postgres://", "not a store: postgres:// needs a host"),
    ];
    for (url, message) in garbage {
        let error = url.parse::<StoreUrl>().expect_err(url);
        assert_eq!(error.to_string(), message, "{url}");
        assert!(!error.is_transient());
    }
    for url in
        ["postgres://h:port/d", "postgres://h?secret=hidden", "postgres://h?connect_timeout=soon"]
    {
        let error = url.parse::<StoreUrl>().expect_err(url).to_string();
        assert!(error.starts_with("not a store: invalid "), "{error}");
        assert!(!error.contains("hidden"), "{error}");
    }
}

#[test]
fn an_address_is_shown_without_its_password() {
    let shown = [
        ("sqlite:some/file.db", "sqlite:some/file.db"),
        ("postgres://me:secret@h:7/d?application_name=secret", "postgres://h:7/d"),
        ("postgresql://me:secret@h/d", "postgres://h:5432/d"),
    ];
    for (url, expected) in shown {
        let url: StoreUrl = url.parse().expect(url);
        assert_eq!(url.to_string(), expected);
        assert_eq!(format!("{url:?}"), expected);
    }
}

#[tokio::test]
async fn a_store_that_is_not_there_does_not_open() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = folder.path().join("text");
    std::fs::write(&text, "this is no database, however long one looks at it".repeat(20))
        .expect("write");
    let closed =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let cases = [
        (
            format!("sqlite:{}", folder.path().join("none/store.db").display()),
            "open: unable to open",
            false,
        ),
        (format!("sqlite:{}", folder.path().display()), "open: unable to open", false),
        (format!("sqlite:{}", text.display()), "open: file is not a database", false),
        (
            format!("postgres://me:secret@{closed}/d"),
            "open: the database is not available: error connecting to server: Connection refused",
            true,
        ),
    ];
    for (url, message, transient) in cases {
        let url: StoreUrl = url.parse().expect(&url);
        let error = Store::open(&url, 2).await.expect_err(message);
        assert!(error.to_string().starts_with(message), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
        assert_eq!(error.is_transient(), transient, "{error}");
    }
}
