use std::io::Write;

use ads::client::{Client, State};
use kube_standin::Fault;

use crate::serve_support::{
    HOST, Serve, apply, backend, command, ended, get, standin, until_ready,
};

const HERE: &str = "--listen 127.0.0.1:0 --health 127.0.0.1:0";

#[tokio::test]
async fn a_wrong_command_line_is_exit_code_3_and_serves_nothing() {
    for (line, told) in [
        ("serve --mode fixed", "--listen"),
        ("serve --mode sideways", "[possible values: broken, fixed]"),
        ("serve --mode fixed --listen nowhere", "--listen"),
        ("serve HERE", "--mode"),
        ("serve --mode fixed HERE", "nothing to serve"),
        ("serve --mode fixed HERE --service a", "--backend"),
        ("serve --mode fixed HERE --backend 127.0.0.1:1", "--service"),
        ("serve --mode fixed HERE --service a --backend 127.0.0.1", "--backend"),
        ("serve --mode fixed HERE --service A_b --backend 127.0.0.1:1", "a host's name"),
        ("serve --mode fixed HERE --service a. --backend 127.0.0.1:1", "a host's name"),
        ("serve --mode fixed HERE --api localhost", "expected http://HOST:PORT"),
        ("serve --mode fixed HERE --api ftp://localhost", "expected http://HOST:PORT"),
        ("serve --mode fixed HERE --api kubeconfig --class A", "a name in lower case"),
        ("serve --mode fixed HERE --api kubeconfig --source-delay soon", "--source-delay"),
        ("serve --mode fixed HERE --api kubeconfig --within never", "--within"),
        ("serve --mode fixed HERE --api kubeconfig --envoy-listener 1", "--envoy-listener"),
    ] {
        let (code, out, told_as) = ended(&line.replace("HERE", HERE)).await;
        assert_eq!(code, Some(3), "{line}: {told_as}");
        assert!(told_as.contains(told), "{line}: {told_as}");
        assert!(out.is_empty(), "{line}: {out}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_exit_code_2_and_told_with_its_address() {
    let held = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let taken = held.local_addr().expect("an address");
    for ports in [
        format!("--listen {taken} --health 127.0.0.1:0"),
        format!("--listen 127.0.0.1:0 --health {taken}"),
    ] {
        let line = format!("serve --mode fixed {ports} --service a --backend 127.0.0.1:1");
        let (code, out, told) = ended(&line).await;
        assert_eq!((code, out.as_str()), (Some(2), ""), "{told}");
        assert!(told.contains(&format!("error: cannot listen at {taken}: ")), "{told}");
    }
}

/// A cold client must not wait for ever: what does not become ready in time ends, and says why.
#[tokio::test]
async fn what_is_not_ready_in_time_ends_with_exit_code_1_and_the_reason() {
    let api = standin().await;
    api.faults().add("services", Fault::HoldLists);
    let line = format!("serve --mode fixed {HERE} --api {} --within 300ms --drain 1h", api.url());
    let (code, _, told) = ended(&line).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("error: not ready in time") && told.contains("services"), "{told}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_drains_until_the_probers_have_seen_it_and_takes_nothing_from_clients() {
    for mode in support::Mode::ALL {
        let mut serve = Serve::start(&format!(
            "--mode {mode} --service {HOST} --backend 127.0.0.1:1 --drain 1h"
        ))
        .await;
        serve.until("/readyz", 200, "").await;
        let client = Client::start(serve.xds, HOST);
        until_ready(&client, &[backend(1)]).await;
        serve.terminate();
        serve.until("/readyz?verbose", 503, "[-]shutdown failed").await;
        assert_eq!(serve.get("/livez").await.0, 200);
        // A cold client that comes in the lame duck is let in, and told what there is.
        let cold = Client::start(serve.xds, HOST);
        until_ready(&cold, &[backend(1)]).await;
        assert_eq!(cold.stats().failed_tries, 0, "{mode}: it is not refused");
        // The second answer ends the lame duck: nobody waits for the hour.
        let _ = get(serve.health, "/readyz").await;
        assert_eq!(serve.ended().await.code(), Some(0), "{mode}");
        assert_eq!(*client.config().borrow(), State::Ready(vec![backend(1)]), "{mode}");
        assert_eq!(client.stats().flickers, 0, "{mode}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_before_it_is_ready_ends_it_within_the_drain() {
    let api = standin().await;
    api.faults().add(kube_standin::ALL, Fault::Swallow);
    let mut serve = Serve::start(&format!("--mode fixed --api {} --drain 100ms", api.url())).await;
    serve.terminate();
    assert_eq!(serve.ended().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kubeconfig_is_taken_when_it_is_set_or_asked_for() {
    let api = standin().await;
    apply(&api, HOST, "echo", &[backend(1001)]);
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let config = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{ "name": "here", "cluster": { "server": api.url() } }],
        "users": [{ "name": "nobody", "user": {} }],
        "contexts": [{ "name": "here", "context": { "cluster": "here", "user": "nobody" } }],
    });
    file.write_all(config.to_string().as_bytes()).expect("written");
    for more in ["", " --api kubeconfig"] {
        let mut command = command(&format!("serve --mode fixed {HERE} --leashed{more}"));
        command.env("KUBECONFIG", file.path());
        let serve = Serve::spawn(command).await;
        until_ready(&Client::start(serve.xds, HOST), &[backend(1001)]).await;
    }
    let nowhere = ended(&format!("serve --mode fixed {HERE} --api kubeconfig")).await;
    assert_eq!(nowhere.0, Some(2), "{}", nowhere.2);
    assert!(nowhere.2.contains("no way to the API server"), "{}", nowhere.2);
}
