//! What the client says on the wire, when it tries again, and what it refuses.

use std::time::Duration;

use ads::client::{Client, State, Stats};
use envoy_types::pb::envoy::config::core::v3::ConfigSource;
use envoy_types::pb::envoy::config::core::v3::HealthStatus;
use envoy_types::pb::envoy::config::listener::v3::Listener;
use envoy_types::pb::google::protobuf::{Any, UInt32Value};
use tokio::time::{Instant, sleep, timeout};

use crate::client_fake::{
    Fake, TARGET, World, any, cluster, endpoints, listener, listener_of, manager, routes, types,
};

#[tokio::test(start_paused = true)]
async fn every_response_is_acknowledged_with_its_nonce_and_version() {
    let (fake, client) = warm().await;
    fake.says(|world| world.eds = Some(vec![any(&endpoints("echo", &[&[3]]))]));
    sleep(Duration::from_secs(1)).await;
    let sent = fake.sent();
    assert_eq!(sent.len(), 8, "four types, twice");
    for response in &sent {
        let acks = fake.requests(&response.type_url);
        let ack = acks.iter().find(|request| request.response_nonce == response.nonce);
        let ack = ack.unwrap_or_else(|| panic!("no answer to {response:?}"));
        assert_eq!((&ack.version_info, &ack.error_detail), (&response.version_info, &None));
    }
    assert_eq!(client.stats(), Stats { streams: 1, responses: 8, ..Stats::default() });
}

#[tokio::test(start_paused = true)]
async fn it_asks_by_name_in_the_order_of_the_protocol_and_says_once_who_it_is() {
    let (fake, _client) = warm().await;
    sleep(Duration::from_secs(1)).await;
    let firsts = types().map(|url| fake.requests(&url).swap_remove(0));
    let names = firsts.each_ref().map(|request| request.resource_names.join(","));
    assert_eq!(names, [TARGET, "routes", "echo", "echo"]);
    assert!(firsts.iter().all(|first| first.version_info.is_empty()), "nothing is accepted yet");
    assert!(firsts.iter().all(|first| first.response_nonce.is_empty()));
    let said: Vec<_> = fake.all_requests().iter().map(|request| request.node.is_some()).collect();
    assert!(said[0] && !said[1..].contains(&true), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn after_a_reconnect_it_asks_with_its_last_versions_and_without_a_nonce() {
    let (fake, client) = warm().await;
    fake.says(|_| {});
    sleep(Duration::from_secs(1)).await;
    fake.forget_requests();
    fake.cut();
    sleep(Duration::from_secs(2)).await;
    for (url, name) in types().iter().zip([TARGET, "routes", "echo", "echo"]) {
        let first = fake.requests(url).swap_remove(0);
        assert_eq!(
            (first.version_info.as_str(), first.response_nonce.as_str()),
            ("v2", ""),
            "{url}"
        );
        assert_eq!(first.resource_names, [name], "{url}");
    }
    let said: Vec<_> = fake.all_requests().iter().map(|request| request.node.is_some()).collect();
    assert!(said[0] && !said[1..].contains(&true), "{said:?}");
    let stats = client.stats();
    assert_eq!((stats.streams, stats.reconnects, stats.flickers), (2, 1, 0));
    assert_eq!(stats.failed_tries, 0, "a stream that was of use is opened again at once");
}

#[tokio::test(start_paused = true)]
async fn what_is_invalid_is_refused_with_its_nonce_the_old_version_and_the_reason() {
    for (says, change, told) in invalid() {
        let (fake, client) = warm().await;
        sleep(Duration::from_secs(1)).await;
        fake.says(change);
        sleep(Duration::from_secs(1)).await;
        let refused = fake.all_requests();
        let refused = refused.iter().find(|request| request.error_detail.is_some());
        let refused = refused.unwrap_or_else(|| panic!("{says}: not refused"));
        let detail = refused.error_detail.as_ref().expect("found by it");
        assert!(detail.message.contains(told), "{says}: {}", detail.message);
        assert_eq!((detail.code, refused.version_info.as_str()), (3, "v1"), "{says}");
        let sent = fake.sent();
        let response = sent.iter().find(|response| response.nonce == refused.response_nonce);
        assert!(response.is_some_and(|response| response.type_url == refused.type_url), "{says}");
        assert_eq!((client.stats().nacks, client.stats().flickers), (1, 0), "{says}");
        assert_eq!(*client.config().borrow(), ready(&[1, 2]), "{says}: what is there is kept");
        fake.says(|world| world.eds = Some(vec![any(&endpoints("echo", &[&[9]]))]));
        sleep(Duration::from_secs(1)).await;
        assert_eq!(*client.config().borrow(), ready(&[9]), "{says}: what is valid again is taken");
    }
}

type Invalid = (&'static str, fn(&mut World), &'static str);

#[rustfmt::skip]
fn invalid() -> Vec<Invalid> {
    vec![
        ("garbage", |w| w.cds.as_mut().unwrap().push(garbage(&types()[2])), "cannot be decoded"),
        ("another type", |w| w.eds.as_mut().unwrap().push(any(&cluster("echo"))), "is of another type"),
        ("no name", |w| w.cds.as_mut().unwrap().push(any(&cluster(""))), "has no name"),
        ("twice", |w| w.cds = Some(vec![any(&cluster("echo")), any(&cluster("echo"))]), "is there twice"),
        ("a listener for Envoy", |w| w.lds = Some(vec![any(&Listener { name: TARGET.into(), ..Listener::default() })]), "has no api_listener"),
        ("a listener of another kind", |w| {
            let mut other = listener(TARGET, "routes");
            other.api_listener.as_mut().unwrap().api_listener = Some(any(&cluster("echo")));
            w.lds = Some(vec![any(&other)]);
        }, "is no HttpConnectionManager"),
        ("an inline route table", |w| {
            let mut inline = manager("routes");
            inline.route_specifier = None;
            w.lds = Some(vec![any(&listener_of(TARGET, &inline))]);
        }, "has no rds"),
        ("no router", |w| {
            let mut none = manager("routes");
            none.http_filters.clear();
            w.lds = Some(vec![any(&listener_of(TARGET, &none))]);
        }, "the last http filter is no router"),
        ("no name of a table", |w| w.lds = Some(vec![any(&listener(TARGET, ""))]), "rds has no name"),
        ("no domains", |w| {
            let mut table = routes("routes", &[("", "echo")]);
            table.virtual_hosts[0].domains.clear();
            w.rds = Some(vec![any(&table)]);
        }, "a virtual host has no domains"),
        ("no match", |w| {
            let mut table = routes("routes", &[("", "echo")]);
            table.virtual_hosts[0].routes[0].r#match = None;
            w.rds = Some(vec![any(&table)]);
        }, "a route has no match"),
        ("no action", |w| {
            let mut table = routes("routes", &[("", "echo")]);
            table.virtual_hosts[0].routes[0].action = None;
            w.rds = Some(vec![any(&table)]);
        }, "a route has no action"),
        ("no cluster", |w| w.rds = Some(vec![any(&routes("routes", &[("", "")]))]), "a route has no cluster"),
        ("endpoints from elsewhere", |w| {
            let mut elsewhere = cluster("echo");
            elsewhere.eds_cluster_config.as_mut().unwrap().eds_config = Some(ConfigSource::default());
            w.cds = Some(vec![any(&elsewhere)]);
        }, "neither ads nor self"),
        ("no eds", |w| {
            let mut none = cluster("echo");
            none.eds_cluster_config = None;
            w.cds = Some(vec![any(&none)]);
        }, "has no eds_cluster_config"),
        ("no locality message", |w| {
            let mut none = endpoints("echo", &[&[1]]);
            none.endpoints[0].locality = None;
            w.eds = Some(vec![any(&none)]);
        }, "a locality has no locality message"),
        ("no address", |w| {
            let mut none = endpoints("echo", &[&[1]]);
            none.endpoints[0].lb_endpoints[0].host_identifier = None;
            w.eds = Some(vec![any(&none)]);
        }, "an endpoint has no address"),
        ("no port", |w| w.eds = Some(vec![any(&endpoints("echo", &[&[65_536]]))]), "an endpoint's port is no port"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_bounded_and_the_rest_of_the_response_is_taken() {
    let (fake, client) = warm().await;
    fake.says(|world| {
        let mut all: Vec<Any> = (0..500).map(|_| garbage(&types()[3])).collect();
        all.push(any(&endpoints("echo", &[&[7]])));
        world.eds = Some(all);
    });
    sleep(Duration::from_secs(1)).await;
    let refused = fake.all_requests();
    let refused = refused.iter().find_map(|request| request.error_detail.as_ref());
    assert_eq!(refused.map(|detail| detail.message.chars().count()), Some(1024));
    assert_eq!(*client.config().borrow(), ready(&[7]), "gRPC takes what is valid, too");
}

#[tokio::test(start_paused = true)]
async fn endpoints_without_weight_and_those_that_are_not_healthy_are_not_used() {
    let (fake, client) = warm().await;
    fake.says(|world| {
        let mut some = endpoints("echo", &[&[1, 2, 3, 4], &[5], &[6]]);
        for (endpoint, status) in some.endpoints[0].lb_endpoints.iter_mut().zip([
            HealthStatus::Unknown,
            HealthStatus::Healthy,
            HealthStatus::Unhealthy,
            HealthStatus::Draining,
        ]) {
            endpoint.health_status = status.into();
        }
        some.endpoints[1].load_balancing_weight = Some(UInt32Value { value: 0 });
        some.endpoints[2].load_balancing_weight = None;
        world.eds = Some(vec![any(&some)]);
    });
    sleep(Duration::from_secs(1)).await;
    assert_eq!(*client.config().borrow(), ready(&[1, 2]));
}

/// kgateway #13868: one reference to what will never exist took the whole configuration with it.
#[tokio::test(start_paused = true)]
async fn a_cluster_that_does_not_exist_fails_its_own_route_and_no_other() {
    let (fake, client) = warm().await;
    fake.says(|world| {
        let to = [("/other", "other"), ("/", "echo")];
        world.rds = Some(vec![any(&routes("routes", &to))]);
        world.eds = Some(vec![any(&endpoints("echo", &[&[4]]))]);
    });
    sleep(Duration::from_secs(14)).await;
    assert_eq!(*client.config().borrow(), ready(&[1, 2]), "it may still come");
    sleep(Duration::from_secs(2)).await;
    assert_eq!(*client.config().borrow(), ready(&[4]));
    assert_eq!(client.stats().flickers, 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_is_let_go_of_and_asked_for_when_it_is_back() {
    let (fake, client) = warm().await;
    fake.says(|world| world.cds = Some(vec![]));
    sleep(Duration::from_secs(1)).await;
    let [.., cds, eds] = types();
    let last = |url: &str| fake.requests(url).pop().expect("asked").resource_names;
    assert_eq!((last(&cds), last(&eds)), (vec!["echo".to_owned()], vec![]));
    fake.says(|_| {});
    sleep(Duration::from_secs(1)).await;
    assert_eq!(last(&eds), ["echo"]);
    assert_eq!(*client.config().borrow(), ready(&[1, 2]));
    assert_eq!(client.stats().flickers, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_kept_waiting_by_silence_is_served_at_once_when_it_ends() {
    let fake = Fake::new();
    fake.says(|world| world.lds = None);
    let client = fake.client();
    sleep(Duration::from_secs(22)).await;
    assert!(matches!(*client.config().borrow(), State::Failed(_)), "15 s are over");
    fake.says(|_| {});
    let told = Instant::now();
    ready_again(&client).await;
    assert!(told.elapsed() < Duration::from_millis(50), "{:?}", told.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_of_use_and_ends_fails_nothing_that_may_still_come() {
    let fake = Fake::new();
    fake.says(|world| world.eds = None);
    let client = fake.client();
    for _ in 0..3 {
        sleep(Duration::from_secs(14)).await;
        fake.cut();
        assert_eq!(*client.config().borrow(), State::Waiting, "each stream has its own 15 s");
    }
    assert_eq!(client.stats().reconnects, 2);
}

#[tokio::test(start_paused = true)]
async fn refused_and_rejected_it_waits_longer_each_time_by_grpcs_rule() {
    for change in
        [(|world| world.down = true) as fn(&mut World), |world| world.rejects = Some("no")]
    {
        let fake = Fake::new();
        fake.says(change);
        let client = fake.client();
        sleep(Duration::from_secs(60)).await;
        let tries = fake.tries();
        let waits = tries.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64());
        let rule = std::iter::successors(Some(1.0), |wait| Some(wait * 1.6));
        let all = waits.zip(rule).inspect(|(wait, rule)| {
            assert!((rule * 0.79..=rule * 1.21).contains(wait), "{tries:?}");
        });
        let tried = all.count() + 1;
        assert!((7..=9).contains(&tried), "{tried}");
        assert_eq!(client.stats().failed_tries, tried as u64);
        fake.says(|_| {});
        ready_again(&client).await;
        // A response ends it: the next time it is tried at once, and after that the rule begins anew.
        sleep(Duration::from_secs(1)).await;
        fake.says(change);
        fake.cut();
        let began = Instant::now();
        sleep(Duration::from_secs(2)).await;
        let tries = fake.tries().into_iter().filter_map(|at| at.checked_duration_since(began));
        let tries: Vec<_> = tries.map(|after| after.as_secs_f64()).collect();
        assert_eq!(tries.len(), 2, "{tries:?}");
        assert!(tries[0] < 0.1 && (0.79..1.31).contains(&tries[1]), "{tries:?}");
        assert_eq!(*client.config().borrow(), ready(&[1, 2]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_the_handshake_is_given_up_after_20_s_and_tried_again() {
    let pipes = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let client = Client::start_with(
        {
            let pipes = std::sync::Arc::clone(&pipes);
            move || {
                let (near, far) = tokio::io::duplex(64 * 1024);
                pipes.lock().expect("not poisoned").push(far);
                std::future::ready(Ok(near))
            }
        },
        TARGET,
    );
    sleep(Duration::from_secs(19)).await;
    assert_eq!(*client.config().borrow(), State::Waiting);
    sleep(Duration::from_secs(5)).await;
    let State::Failed(why) = client.config().borrow().clone() else { panic!("it gave up") };
    assert_eq!(why, "LDS resource echo.local: the server does not answer");
    assert_eq!(pipes.lock().expect("not poisoned").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_says_is_bounded_and_cannot_write_lines() {
    let fake = Fake::new();
    let long: &'static str = Box::leak(format!("a\nb\u{1b}{}", "c".repeat(4000)).into_boxed_str());
    fake.says(|world| world.rejects = Some(long));
    let client = fake.client();
    sleep(Duration::from_millis(10)).await;
    let State::Failed(why) = client.config().borrow().clone() else { panic!("rejected") };
    assert!(why.len() < 600 && !why.contains(char::is_control), "{why:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_dropped_ends_its_stream() {
    let (fake, client) = warm().await;
    let mut config = client.config();
    config.mark_unchanged();
    drop(client);
    assert!(config.changed().await.is_err(), "nothing more comes");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(fake.ended(), 1);
}

/// Over a real socket, whose server accepts late: who is bound from the start refuses nobody.
#[tokio::test]
async fn over_a_socket_a_server_that_is_bound_and_accepts_late_costs_no_try() {
    let fake = Fake::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let client = Client::start(listener.local_addr().expect("bound"), TARGET);
    let mut config = client.config();
    let early = timeout(Duration::from_millis(100), config.changed()).await;
    assert!(early.is_err(), "nobody has answered");
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let service = fake.service();
    tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(service, incoming));
    ready_again(&client).await;
    assert_eq!(client.stats().failed_tries, 0);
}

#[tokio::test]
async fn over_a_socket_a_refused_client_fails_at_once_and_comes_back_by_itself() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let client = Client::start(address, TARGET);
    let mut config = client.config();
    let failed = config.wait_for(|state| matches!(state, State::Failed(_))).await;
    let State::Failed(why) = failed.expect("the client is held").clone() else { panic!("failed") };
    assert!(why.contains("refused"), "{why}");
    let listener = tokio::net::TcpListener::bind(address).await.expect("it was free");
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let service = Fake::new().service();
    tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(service, incoming));
    ready_again(&client).await;
    assert!(client.stats().failed_tries >= 1);
}

async fn warm() -> (Fake, Client) {
    let fake = Fake::new();
    let client = fake.client();
    ready_again(&client).await;
    (fake, client)
}

async fn ready_again(client: &Client) {
    let mut config = client.config();
    let there = config.wait_for(|state| matches!(state, State::Ready(_)));
    timeout(Duration::from_secs(120), there).await.expect("in time").expect("it is held");
}

fn ready(ports: &[u16]) -> State {
    State::Ready(ports.iter().map(|port| ([127, 0, 0, 1], *port).into()).collect())
}

/// Of the right type, and no message.
fn garbage(type_url: &str) -> Any {
    Any { type_url: type_url.to_owned(), value: vec![0xff; 3] }
}
