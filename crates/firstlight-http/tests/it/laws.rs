//! Laws: whatever is asked gets an answer of a known status, and HEAD the headers of GET.

use firstlight_http::Health;
use http::{HeaderValue, Request, Uri};
use proptest::prelude::*;

use crate::it::answers::{call, read};
use crate::it::set::starting;

/// Bytes that stand in requests, near to what is answered.
fn target() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"/readyz".to_vec()),
        Just(b"/livez".to_vec()),
        Just(b"/db".to_vec()),
        Just(b"/".to_vec()),
        Just(b"?".to_vec()),
        Just(b"&exclude=".to_vec()),
        Just(b"%".to_vec()),
        Just(b"%64b".to_vec()),
        Just(b"..".to_vec()),
        Just(b"verbose".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn accept() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"application/json".to_vec()),
        Just(b"text/plain".to_vec()),
        Just(b";q=".to_vec()),
        Just(b"0.5".to_vec()),
        Just(b",".to_vec()),
        Just(b"*/*".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_request_gets_a_known_answer_and_head_the_headers_of_get(
        target in target(),
        accept in accept(),
        method in prop_oneof![3 => Just("GET"), 1 => Just("POST"), 1 => Just("BREW")],
        ready in any::<bool>(),
        detailed in any::<bool>(),
    ) {
        // What is no request at all the server has refused before.
        let Ok(uri) = Uri::from_maybe_shared(target) else { return Ok(()) };
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
        let _entered = runtime.enter();
        let (readiness, gate) = starting();
        if ready {
            gate.ready();
        }
        let health = Health::new(&readiness);
        let service = if detailed { health.with_detail() } else { health }.service();
        let request = |method: &str| {
            let mut request = Request::new(());
            *request.uri_mut() = uri.clone();
            *request.method_mut() = method.parse().expect("a method");
            if let Ok(accept) = HeaderValue::from_bytes(&accept) {
                request.headers_mut().insert("accept", accept);
            }
            request
        };
        let answer = read(call(&service, request(method)));
        prop_assert!([200, 404, 405, 503].contains(&answer.status), "{answer:?}");
        prop_assert_eq!(answer.header("cache-control"), Some("no-store"));
        prop_assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let (whole, head) = (read(call(&service, request("GET"))), read(call(&service, request("HEAD"))));
        prop_assert_eq!(whole.status, head.status);
        prop_assert_eq!(&whole.headers, &head.headers);
        prop_assert_eq!(whole.header("content-length"), Some(&*whole.body.len().to_string()));
        prop_assert_eq!(head.body, "");
    }
}
