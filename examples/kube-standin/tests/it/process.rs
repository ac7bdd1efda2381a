use std::process::Stdio;

use futures_util::StreamExt;
use kube::api::{ListParams, PostParams, WatchParams};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::{map, maps, typed, within};

#[tokio::test]
async fn the_program_tells_its_url_serves_several_clients_and_ends_on_sigterm() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("objects.json");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [map("b", "1"), map("c", "1")]});
    std::fs::write(&file, format!("{}\n{}\n[]", map("a", "1"), list)).expect("a file");
    let mut child = start(&["--objects", file.to_str().expect("a path")]);
    let mut url = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("an output"));
    within(out.read_line(&mut url)).await.expect("a line");
    let client = || {
        kube::Client::try_from(kube::Config::new(url.trim().parse().expect("a URL")))
            .expect("a client")
    };
    let (one, two) = (maps(&client()), maps(&client()));
    assert_eq!(one.list(&ListParams::default()).await.expect("a list").items.len(), 3);
    two.create(&PostParams::default(), &typed(map("d", "1"))).await.expect("created");
    assert!(one.get("d").await.is_ok());
    let version = one.list(&ListParams::default()).await.expect("a list").metadata.resource_version;
    let watch =
        one.watch(&WatchParams::default(), &version.expect("a version")).await.expect("a watch");

    let pid = Pid::from_raw(child.id().expect("it runs").cast_signed()).expect("a pid");
    kill_process(pid, Signal::TERM).expect("a signal");
    let exit = within(child.wait()).await.expect("an end");
    assert_eq!(exit.code(), Some(0));
    let events: Vec<_> = within(watch.collect()).await;
    assert!(events.is_empty(), "a clean end: {events:?}");
    let mut rest = String::new();
    out.read_to_string(&mut rest).await.expect("the rest");
    assert_eq!(rest, "", "nothing but the URL");
}

#[tokio::test]
async fn the_program_says_what_it_cannot_begin_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("objects.json");
    let path = file.to_str().expect("a path");
    for (content, expected) in [
        (None, "cannot read objects from"),
        (Some("{\"kind\":"), "cannot read objects from"),
        (Some("[{\"kind\":\"Nothing\"}]"), "object 1 of"),
    ] {
        match content {
            Some(content) => std::fs::write(&file, content).expect("a file"),
            None => assert!(!file.exists()),
        }
        let output = within(start(&["--objects", path]).wait_with_output()).await.expect("an end");
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(expected), "{said}");
        assert_eq!(output.stdout, b"");
    }
    assert_eq!(within(start(&["--nonsense"]).wait()).await.expect("an end").code(), Some(3));
}

fn start(more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kube-standin"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program")
}
