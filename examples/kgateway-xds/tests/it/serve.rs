use std::time::Duration;

use ads::client::{Client, State};
use kube_standin::{Fault, Seen};
use support::Mode;
use tokio::net::TcpStream;

use crate::serve_support::{HOST, LONG, Serve, apply, backend, slice, standin, until, until_ready};

const ENDPOINTS: &str = "endpointslices";

/// kgateway-dev/kgateway#11068: the process runs, and knows nothing. The kernel connects who comes; nobody is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_early_is_neither_refused_nor_answered_and_then_told_all() {
    let api = standin().await;
    apply(&api, HOST, "echo", &[backend(1001)]);
    api.faults().add(ENDPOINTS, Fault::HoldLists);
    let serve = Serve::start(&format!("--mode fixed --api {}", api.url())).await;
    let client = Client::start(serve.xds, HOST);
    TcpStream::connect(serve.xds).await.expect("it is bound");
    api.served().reached(ENDPOINTS, Seen::List, 1).await;
    let text = serve.until("/readyz?verbose", 503, "waits for endpoints").await;
    for line in [
        "[-]endpoints failed: syncing for ",
        "listing",
        "[-]translation failed: pending for ",
        "waits for endpoints",
        "[-]snapshot failed: pending for ",
        "readyz check failed",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(serve.get("/livez").await.0, 200);
    assert_eq!(serve.get("/readyz/endpoints").await.0, 503);
    assert_eq!(*client.config().borrow(), State::Waiting);
    let stats = client.stats();
    assert_eq!((stats.responses, stats.failed_tries), (0, 0), "neither answered nor refused");

    api.faults().clear(ENDPOINTS);
    until_ready(&client, &[backend(1001)]).await;
    let stats = client.stats();
    assert_eq!((stats.flickers, stats.failed_tries, stats.nacks, stats.streams), (0, 0, 0, 1));
    serve.until("/readyz?verbose", 200, "[+]snapshot ok").await;
    let (_, metrics) = serve.get("/metrics").await;
    for series in [
        r#"firstlight_time_to_ready_seconds{set="kgateway-xds",view="ready"} "#,
        r#"firstlight_gate_time_to_open_seconds{set="kgateway-xds",gate="endpoints"} "#,
        r#"firstlight_time_to_first_output_seconds{output="snapshot"} "#,
        r#"firstlight_output_publications_total{output="snapshot"} 1"#,
    ] {
        assert!(metrics.contains(series), "{series}: {metrics}");
    }
}

/// The restart with a slow source, in both modes: what a warm client sees piece by piece, or does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_warm_client_sees_broken_come_in_pieces_and_of_fixed_nothing() {
    for mode in Mode::ALL {
        let api = standin().await;
        apply(&api, HOST, "echo", &[backend(1001)]);
        let options = format!("--mode {mode} --api {}", api.url());
        let first = Serve::start(&options).await;
        let client = Client::start(first.xds, HOST);
        until_ready(&client, &[backend(1001)]).await;
        let at = first.xds;
        first.kill().await;
        assert_eq!(
            *client.config().borrow(),
            State::Ready(vec![backend(1001)]),
            "{mode}: it keeps"
        );

        let held = ["ingresses", "services", ENDPOINTS];
        held.iter().for_each(|plural| api.faults().add(plural, Fault::HoldLists));
        // Clients may have told the first instance something meanwhile: what it did not see before is new.
        let flickers = client.stats().flickers;
        let second = Serve::start_at(at, &options).await;
        api.served().reached("ingresses", Seen::List, 2).await;
        let pieces = [
            (held[0], "LDS resource echo.local: does not exist"),
            (held[1], "CDS resource default/echo:80: does not exist"),
            (held[2], "EDS resource default/echo:80: contains no localities"),
        ];
        for (plural, lost) in pieces {
            if mode == Mode::Broken {
                let State::Failed(why) = until(&client, |state| match state {
                    State::Failed(why) => why.contains(lost),
                    _ => false,
                })
                .await
                else {
                    unreachable!("it is failed")
                };
                assert!(why.contains(lost), "{why}");
            } else {
                second.until("/readyz?verbose", 503, &format!("[-]{}", gate(plural))).await;
                assert_eq!(*client.config().borrow(), State::Ready(vec![backend(1001)]));
            }
            let ready = second.get("/readyz").await.0;
            assert_eq!(ready == 200, mode == Mode::Broken, "{mode} says that it is ready");
            api.faults().clear(plural);
        }
        second.until("/readyz", 200, "").await;
        until_ready(&client, &[backend(1001)]).await;
        // The newest word flows at once, to a client that was warm all the time, too.
        api.apply(slice("echo", backend(1002))).expect("taken");
        until_ready(&client, &[backend(1002)]).await;
        let seen = client.stats().flickers - flickers;
        assert_eq!(seen > 0, mode == Mode::Broken, "{mode}: {seen} flickers");
    }
}

fn gate(plural: &str) -> &str {
    if plural == ENDPOINTS { "endpoints" } else { plural }
}

/// The same by the command line alone: the stand-in of the process, and its objects.
#[tokio::test(flavor = "multi_thread")]
async fn partial_sources_flicker_in_broken_and_not_in_fixed() {
    for mode in Mode::ALL {
        let options =
            format!("--mode {mode} --service {HOST} --backend 127.0.0.1:1 --backend localhost:2");
        let first = Serve::start(&options).await;
        let client = Client::start(first.xds, HOST);
        until(&client, |state| matches!(state, State::Ready(at) if at.len() == 2)).await;
        let (at, before) = (first.xds, client.stats());
        first.kill().await;
        // Late enough that the client, which backs off for about a second, comes back before it is whole.
        let late = format!("{options} --source-delay 4s --partial-source");
        let second = Serve::start_at(at, &late).await;
        // It has come back, and been told all in the end.
        second.until("/readyz", 200, "").await;
        let back = async {
            while client.stats().reconnects == before.reconnects
                || client.stats().responses < before.responses + 4
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LONG, back).await.expect("it comes back");
        until(&client, |state| matches!(state, State::Ready(at) if at.len() == 2)).await;
        let seen = client.stats().flickers - before.flickers;
        assert_eq!(seen > 0, mode == Mode::Broken, "{mode}: {seen} flickers");
    }
}

/// kgateway-dev/kgateway#13868 and projectcontour/contour#6291: what is wrong or missing keeps nobody waiting, and is told.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_wrong_optional_or_not_there_at_all_holds_nothing_up() {
    let api = standin().await;
    api.faults().add("ingressclasses", Fault::ServerError);
    let empty = Serve::start(&format!("--mode fixed --api {}", api.url())).await;
    let text = empty.until("/readyz?verbose", 200, "500 the API server has failed").await;
    assert!(text.contains("ingress-classes is syncing"), "{text}");
    assert!(text.contains("translation is ready-empty"), "{text}");

    apply(&api, HOST, "echo", &[backend(1001)]);
    apply(&api, "bad..local", "echo", &[]);
    apply(&api, "gone.local", "gone", &[]);
    api.delete("v1", "Service", Some("default"), "gone").expect("deleted");
    let serve = Serve::start(&format!("--mode fixed --api {}", api.url())).await;
    let text = serve.until("/readyz?verbose", 200, "translation is degraded").await;
    assert!(
        text.contains("1 rejected: Ingress default/bad--local: bad..local is no host"),
        "{text}"
    );
    for at in [serve.xds, empty.xds] {
        until_ready(&Client::start(at, HOST), &[backend(1001)]).await;
    }
    // What comes later is told as well, and what is mended.
    empty.until("/readyz?verbose", 200, "1 rejected: Ingress default/bad--local").await;
    let deleted = api.delete("networking.k8s.io/v1", "Ingress", Some("default"), "bad--local");
    deleted.expect("deleted");
    for serve in [serve, empty] {
        let mended = async {
            while serve.get("/readyz?verbose").await.1.contains("translation is degraded") {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LONG, mended).await.expect("it is told that it is mended");
    }
}

/// projectcontour/contour#6374: it is not there at the start; that is told, and over when it is.
#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_is_down_is_the_reason_until_it_is_there() {
    let api = standin().await;
    apply(&api, HOST, "echo", &[backend(1001)]);
    api.faults().down();
    let serve = Serve::start(&format!("--mode fixed --api {}", api.url())).await;
    let client = Client::start(serve.xds, HOST);
    serve.until("/readyz?verbose", 503, "[-]ingresses failed: syncing").await;
    serve.until("/readyz?verbose", 503, "no connection").await;
    api.faults().up();
    until_ready(&client, &[backend(1001)]).await;
    assert_eq!(client.stats().failed_tries, 0);
    assert_eq!(serve.get("/readyz").await.0, 200);
    api.faults().down();
    let text = serve.until("/readyz?verbose", 200, "no connection").await;
    assert!(text.contains("readyz check passed"), "what was ready stays so: {text}");
    assert_eq!(*client.config().borrow(), State::Ready(vec![backend(1001)]));
}
