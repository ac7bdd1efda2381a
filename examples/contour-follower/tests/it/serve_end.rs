use std::io::Write;

use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube_standin::{ALL, Fault};
use support::Mode;
use tokio::net::TcpListener;

use crate::instance::{Instance, command, ended, get, standin};

const HERE: &str = "--listen 127.0.0.1:0 --health 127.0.0.1:0";

#[tokio::test]
async fn a_wrong_command_line_is_exit_code_3_and_serves_nothing() {
    for (line, told) in [
        ("", "Usage"),
        ("run", "--mode"),
        ("run --mode sideways", "[possible values: broken, fixed]"),
        ("run --mode fixed --lease 0s", "from 1s to 1h"),
        ("run --mode fixed --patience soon", "--patience"),
        ("serve --id a --mode fixed", "--listen"),
        ("serve --mode fixed HERE", "--id"),
        ("serve --id a HERE", "--mode"),
        ("serve --id A_b --mode fixed HERE", "a name in lower case"),
        ("serve --id a --mode fixed --listen nowhere --health 127.0.0.1:0", "--listen"),
        ("serve --id a --mode fixed HERE --api localhost", "expected http://HOST:PORT"),
        ("serve --id a --mode fixed HERE --api ftp://localhost", "expected http://HOST:PORT"),
        ("serve --id a --mode fixed HERE --lease 2h", "from 1s to 1h"),
        ("serve --id a --mode fixed HERE --class -", "a name in lower case"),
        ("serve --id a --mode fixed HERE --within never", "--within"),
        ("serve --id a --mode fixed HERE --build slow", "--build"),
        ("serve --id a --mode fixed HERE --drain late", "--drain"),
    ] {
        let (code, out, told_as) = ended(&line.replace("HERE", HERE)).await;
        assert_eq!(code, Some(3), "{line}: {told_as}");
        assert!(told_as.contains(told), "{line}: {told_as}");
        assert!(out.is_empty(), "{line}: {out}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_exit_code_2_and_told_with_its_address() {
    let held = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let taken = held.local_addr().expect("an address");
    for mode in Mode::ALL {
        for ports in [
            format!("--listen {taken} --health 127.0.0.1:0"),
            format!("--listen 127.0.0.1:0 --health {taken}"),
        ] {
            let (code, out, told) = ended(&format!("serve --id a --mode {mode} {ports}")).await;
            assert_eq!((code, out.as_str()), (Some(2), ""), "{told}");
            assert!(told.contains(&format!("error: cannot listen at {taken}: ")), "{told}");
        }
    }
}

/// The next one need not wait until the lease expires.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_drains_until_the_probers_have_seen_it_and_gives_the_lease_back() {
    for mode in Mode::ALL {
        let api = standin().await;
        let options = format!("--id a --mode {mode} --drain 1h --api {}", api.url());
        let mut it = Instance::start(&options).await;
        it.until("/readyz", 200, "").await;
        it.until_leads(true).await;
        it.terminate();
        it.until("/readyz?verbose", 503, "[-]shutdown failed").await;
        assert_eq!(it.get("/livez").await.0, 200);
        it.until_leads(false).await;
        // The second answer ends the lame duck: nobody waits for the hour.
        let _ = get(it.health, "/readyz", "*/*").await;
        assert_eq!(it.ended().await.code(), Some(0), "{mode}");
        let leases = Api::<Lease>::default_namespaced(api.client());
        let lease = leases.get("contour-follower").await.expect("a lease");
        let holder = lease.spec.and_then(|spec| spec.holder_identity);
        assert_eq!(holder.as_deref(), Some(""), "{mode}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_it_in_bounded_time_whatever_state_it_is_in() {
    for mode in Mode::ALL {
        for api_answers in [true, false] {
            let api = standin().await;
            if !api_answers {
                api.faults().add(ALL, Fault::Swallow);
            }
            let options = format!("--id a --mode {mode} --drain 100ms --api {}", api.url());
            let mut it = Instance::start(&options).await;
            it.terminate();
            assert_eq!(it.ended().await.code(), Some(0), "{mode}, answers: {api_answers}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kubeconfig_is_taken_when_it_is_set() {
    let api = standin().await;
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let config = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{ "name": "here", "cluster": { "server": api.url() } }],
        "users": [{ "name": "nobody", "user": {} }],
        "contexts": [{ "name": "here", "context": { "cluster": "here", "user": "nobody" } }],
    });
    file.write_all(config.to_string().as_bytes()).expect("written");
    let mut command = command(&format!("serve --id a --mode fixed {HERE} --leashed"));
    command.env("KUBECONFIG", file.path());
    let it = Instance::spawn(command).await;
    it.until_leads(true).await;
    let leases = Api::<Lease>::default_namespaced(api.client());
    assert!(leases.get("contour-follower").await.is_ok(), "the lease is there");
}
