//! Laws: any path, query and `Accept` get an answer of a known status and of its own length, and HEAD the headers of GET.
#![no_main]

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use firstlight_http::{Body, Health, HealthService};
use firstlight_ready::{Gate, Readiness, Spec};
use http::{HeaderMap, HeaderValue, Request, Uri};
use http_body::Body as _;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use tower_service::Service;

struct Scene {
    _runtime: Runtime,
    _gates: [Gate; 2],
    services: [HealthService; 2],
}

thread_local! {
    static SCENE: RefCell<Scene> = RefCell::new(scene());
}

fn scene() -> Scene {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let entered = runtime.enter();
    let readiness = Readiness::new("orders").expect("a set");
    let db = readiness.register(Spec::new("db")).expect("a gate");
    let cache = readiness.register(Spec::new("a/b:c")).expect("a gate");
    readiness.seal().expect("sealed");
    db.ready();
    let health = Health::new(&readiness).with_page("/metrics", "text/plain", || "up 1\n".into());
    let services = [health.clone().service(), health.with_detail().service()];
    drop(entered);
    Scene { _runtime: runtime, _gates: [db, cache], services }
}

// The first line is the target, the rest the header.
fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (target, accept) = input.split_at(end);
    // What is no request at all the server has refused before.
    let Ok(uri) = Uri::from_maybe_shared(target.to_vec()) else { return };
    let Ok(accept) = HeaderValue::from_bytes(accept.get(1..).unwrap_or_default()) else { return };
    SCENE.with_borrow_mut(|scene| {
        let _entered = scene._runtime.enter();
        for service in &mut scene.services {
            let mut ask = |method| {
                let request = Request::builder().method(method).uri(uri.clone());
                let request = request.header("accept", &accept).body(()).expect("a request");
                let Ok(response) = now(service.call(request));
                let (parts, body) = response.into_parts();
                (parts.status.as_u16(), parts.headers, read(body))
            };
            let (status, headers, body) = ask("GET");
            assert!([200, 404, 503].contains(&status), "{status}");
            assert_eq!(length(&headers), body.len());
            let (of_head, its_headers, nothing) = ask("HEAD");
            assert_eq!((of_head, nothing.len()), (status, 0));
            assert!(its_headers.keys().eq(headers.keys()));
            // The name of a gate that there is not is found out only when it is asked for.
            let posted = ask("POST").0;
            assert!(posted == 405 || (posted, status) == (404, 404), "{posted} for {status}");
        }
    });
});

fn length(headers: &HeaderMap) -> usize {
    let length = headers.get("content-length").and_then(|value| value.to_str().ok());
    length.and_then(|text| text.parse().ok()).expect("a length")
}

fn read(body: Body) -> Vec<u8> {
    let (mut body, mut all) = (pin!(body), Vec::new());
    while let Poll::Ready(Some(frame)) =
        body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()))
    {
        let Ok::<_, Infallible>(frame) = frame;
        all.extend_from_slice(frame.data_ref().expect("data"));
    }
    all
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}
