//! Instances as processes: the states that can be told apart, and what a leader's loss does not do.

use std::time::Duration;

use ads::client::{Client, State};
use kube_standin::{Fault, Seen};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::instance::{
    Instance, LONG, manifest_of_ingress, manifest_of_secret, manifests_behind, standin,
};

/// Each has its own words, as text and as JSON, and its own series.
#[tokio::test(flavor = "multi_thread")]
async fn each_state_can_be_told_from_the_others() {
    let api = standin().await;
    api.faults().add("services", Fault::ServerError);
    let it = Instance::start(&format!("--id a --mode fixed --api {}", api.url())).await;
    let metric = |name: &str| format!("\ncontour_configuration_state{{state=\"{name}\"}} 1\n");
    // A source has failed.
    for input in ["ingresses", "endpoints", "secrets"] {
        it.until(&format!("/readyz/{input}"), 200, "ok").await;
    }
    let text = it.until("/readyz?verbose", 503, "list: 500 the API server has failed").await;
    assert!(
        text.contains("[-]services failed: syncing") && text.contains("waits for services"),
        "{text}"
    );
    it.until("/metrics", 200, &metric("unknown")).await;
    api.faults().clear("services");
    // Empty.
    it.until("/readyz?verbose", 200, ": 0 items, no configuration\n").await;
    it.until("/metrics", 200, &metric("empty")).await;
    let gate = it.gate("configuration").await;
    assert_eq!((&gate["state"], &gate["evidence"]["items"]), (&"ready-empty".into(), &0.into()));
    assert_eq!(gate["evidence"]["revision"], "no configuration");
    // Only irrelevant.
    api.apply(manifest_of_secret("unrelated")).expect("taken");
    it.until("/readyz?verbose", 200, ": 1 items, only irrelevant objects\n").await;
    it.until("/metrics", 200, &metric("only_irrelevant")).await;
    assert_eq!(it.gate("configuration").await["evidence"]["items"], 1);
    // Configured.
    api.apply(manifest_of_ingress("web", "web.example")).expect("taken");
    it.until("/metrics", 200, &metric("configured")).await;
    it.until("/readyz?verbose", 200, "[+]configuration ok").await;
    // A configuration error: the count and the first reason; what is right is served.
    for name in ["wrong-b", "wrong-a"] {
        api.apply(manifest_of_ingress(name, "not a host!")).expect("taken");
    }
    let wrong = "configuration error: 2 rejected, Ingress default/wrong-a: ";
    it.until("/readyz?verbose", 200, wrong).await;
    it.until("/metrics", 200, &metric("configuration_error")).await;
    it.until("/metrics", 200, "\ncontour_objects_rejected 2\n").await;
    let gate = it.gate("configuration").await;
    assert_eq!((&gate["state"], &gate["open"]), (&"degraded".into(), &true.into()));
    assert!(gate["reason"].as_str().is_some_and(|reason| reason.starts_with(wrong)), "{gate}");
    // The API server is gone, and back.
    api.faults().down();
    it.until("/readyz?verbose", 200, "warn: ingresses is degraded").await;
    it.until("/metrics", 200, "\ncontour_input_up{input=\"ingresses\"} 0\n").await;
    let reason = it.gate("ingresses").await["reason"].clone();
    assert!(reason.as_str().is_some_and(|reason| reason.contains("no connection")), "{reason}");
    api.faults().up();
    for name in ["wrong-a", "wrong-b"] {
        api.delete("networking.k8s.io/v1", "Ingress", Some("default"), name).expect("deleted");
    }
    it.until("/metrics", 200, &metric("configured")).await;
    it.until("/metrics", 200, "\ncontour_input_up{input=\"ingresses\"} 1\n").await;
    it.until("/readyz", 200, "").await;
}

/// Who comes before the first output: refused by broken, and in fixed neither refused nor answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_early_waits_in_fixed_and_is_refused_by_broken() {
    let api = standin().await;
    api.faults().add("endpointslices", Fault::HoldLists);
    api.apply(manifest_of_ingress("web", "web.example")).expect("taken");
    let at = ([127, 0, 0, 1], 1001).into();
    for object in manifests_behind("web", at) {
        api.apply(object).expect("taken");
    }
    let fixed = Instance::start(&format!("--id a --mode fixed --api {}", api.url())).await;
    timeout(LONG, api.served().reached("endpointslices", Seen::List, 1)).await.expect("listed");
    TcpStream::connect(fixed.xds).await.expect("it is bound");
    let client = Client::start(fixed.xds, "web.example");
    fixed.until("/readyz?verbose", 503, "[-]endpoints failed: syncing").await;
    assert_eq!((client.stats().responses, client.stats().failed_tries), (0, 0));
    let other = standin().await;
    for id in ["b", "c"] {
        let broken =
            Instance::start(&format!("--id {id} --mode broken --api {}", other.url())).await;
        if id == "c" {
            // b leads, and is gone without a word: this one follows a ghost.
            other.served().reached("secrets", Seen::Watch, 2).await;
            assert!(TcpStream::connect(broken.xds).await.is_err(), "nobody listens");
            let (code, text) = broken.get("/readyz?verbose").await;
            assert!(code == 503 && text.contains("[-]xds failed: pending"), "{text}");
        } else {
            broken.until("/readyz", 200, "").await;
            TcpStream::connect(broken.xds).await.expect("it has won");
            broken.kill().await;
        }
    }
    api.faults().clear("endpointslices");
    let mut config = client.config();
    let ready = config.wait_for(|state| *state == State::Ready(vec![at]));
    timeout(LONG, ready).await.expect("at once").expect("a client");
    assert_eq!((client.stats().failed_tries, client.stats().flickers), (0, 0));
}

/// projectcontour/contour#6374: an API server that is away for longer than a lease ends nobody, and makes nobody unready.
#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_is_away_ends_no_leader_and_no_follower() {
    let api = standin().await;
    let options = |id: &str| format!("--id {id} --mode fixed --lease 1s --api {}", api.url());
    let mut leader = Instance::start(&options("a")).await;
    leader.until_leads(true).await;
    let mut follower = Instance::start(&options("b")).await;
    follower.until("/readyz", 200, "").await;
    follower.until("/readyz?verbose", 200, ": follows a\n").await;
    api.faults().down();
    leader.until_leads(false).await;
    for one in [&mut leader, &mut follower] {
        let (code, text) = one.get("/readyz?verbose").await;
        assert!(code == 200 && text.contains("[+]leader excluded: ok"), "{text}");
        one.until(
            "/metrics",
            200,
            "\nfirstlight_view_flips_total{set=\"contour-follower\",view=\"ready\"} 1\n",
        )
        .await;
    }
    api.faults().up();
    tokio::select! {
        () = leader.until_leads(true) => {}
        () = follower.until_leads(true) => {}
    }
    for one in [&mut leader, &mut follower] {
        assert!(one.is_running());
        assert_eq!(one.get("/readyz").await.0, 200);
        let (_, metrics) = one.get("/metrics").await;
        let flips = "firstlight_view_flips_total{set=\"contour-follower\",view=\"ready\"} 1\n";
        assert!(metrics.contains(flips), "it was ready once, and never again not: {metrics}");
    }
}

/// A slow build is waited for by the readiness, and by whoever has subscribed (the regression of projectcontour/contour#6614).
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_build_is_waited_for() {
    let api = standin().await;
    api.apply(manifest_of_ingress("web", "web.example")).expect("taken");
    let options = format!("--id a --mode fixed --build 1s --api {}", api.url());
    let began = tokio::time::Instant::now();
    let it = Instance::start(&options).await;
    let client = Client::start(it.xds, "web.example");
    let text = it.until("/readyz?verbose", 503, "[+]ingresses ok").await;
    assert!(text.contains("[-]configuration failed: "), "{text}");
    assert_eq!(client.stats().responses, 0);
    it.until("/readyz", 200, "").await;
    assert!(began.elapsed() >= Duration::from_secs(1));
}
