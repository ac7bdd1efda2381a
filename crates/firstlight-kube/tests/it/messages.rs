//! What a gate says of an error: who, what, bounded, one line, and no secret.

use firstlight_ready::MAX_REASON;
use kube::core::Status;
use kube::core::response::StatusDetails;
use kube::runtime::watcher::Error;

use crate::support::{Rig, Told, list_failed, status, watch_error, watch_failed};

/// Says what the gate says of this error.
fn said(told: Told) -> String {
    let mut rig = Rig::new();
    rig.tell([told]);
    let reason = rig.gate().reason.expect("a reason").to_string();
    assert!(reason.len() <= MAX_REASON, "{reason}");
    assert!(!reason.contains(char::is_control), "{reason:?}");
    reason
}

fn list(error: kube::Error) -> Told {
    Err(Error::InitialListFailed(error))
}

/// The error of an answer that is not this.
fn json(answer: &str) -> kube::Error {
    kube::Error::SerdeError(serde_json::from_str::<Status>(answer).expect_err("it does not parse"))
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_trouble_has_its_words() {
    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    let reset = kube::Error::ReadEvents(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    for (told, words) in [
        (list_failed(400, "bad selector"), "list: 400 refused: bad selector"),
        (list_failed(401, ""), "list: 401 unauthorized"),
        (watch_failed(403, "pods is forbidden"), "watch: 403 forbidden: pods is forbidden"),
        (list_failed(404, ""), "list: 404 no such resource (is its CRD installed?)"),
        (watch_error(410, "too old"), "watch: 410 gone: too old"),
        (list_failed(429, "slow"), "list: 429 too many requests: slow"),
        (list_failed(500, "boom"), "list: 500 the API server has failed: boom"),
        (watch_error(0, "odd"), "watch: an error without a code: odd"),
        (list(kube::Error::Service(Box::new(refused))), "list: no connection: connection refused"),
        (Err(Error::WatchFailed(reset)), "watch: no connection: connection reset"),
        (list(json("<html>")), "list: the answer is no JSON, at line 1 column 1"),
        (list(json("{")), "list: the answer is no JSON, at line 1 column 1"),
        (list(kube::Error::TlsRequired), "list: TLS required but no TLS stack selected"),
        (list(kube::Error::LinesCodecMaxLineLengthExceeded), "list: the request cannot be made"),
        (
            Err(Error::NoResourceVersion),
            "list: no resourceVersion: this resource cannot be watched",
        ),
    ] {
        assert_eq!(said(told), words);
    }
}

#[tokio::test(start_paused = true)]
async fn how_long_to_wait_is_said_before_a_long_message() {
    let details = StatusDetails {
        name: String::new(),
        group: String::new(),
        kind: String::new(),
        uid: String::new(),
        causes: Vec::new(),
        retry_after_seconds: 5,
    };
    let answer = status(429, &"x".repeat(1000)).with_details(details);
    let reason = said(list(kube::Error::Api(answer.boxed())));
    assert!(reason.starts_with("list: 429 too many requests, retry after 5 s: xxx"), "{reason}");
    assert!(reason.ends_with("..."), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_message_cannot_break_the_line() {
    let reason = said(list_failed(502, "<html>\r\n\u{1b}[31mgate\u{202e}way</html>\n"));
    assert_eq!(reason, "list: 502 the API server has failed: <html>   [31mgate way</html>");
}

/// What an object's values, a credential plugin or a proxy's URL hold must not be in a reason.
#[tokio::test(start_paused = true)]
async fn no_secret_of_the_client_is_in_a_reason() {
    let secret = "hunter2";
    let plugin = || kube::client::AuthError::AuthExec(format!("the plugin printed {secret}"));
    let proxy = format!("http://user:{secret}@proxy:3128");
    for told in [
        list(json(&format!("{{\"code\": \"{secret}\"}}"))),
        list(kube::Error::Auth(plugin())),
        list(kube::Error::Service(Box::new(plugin()))),
        list(kube::Error::ProxyProtocolUnsupported {
            proxy_url: Box::new(proxy.parse().expect("a URL")),
        }),
    ] {
        let reason = said(told);
        assert!(!reason.contains(secret), "{reason}");
    }
    let credentials = said(list(kube::Error::Service(Box::new(plugin()))));
    assert_eq!(credentials, "list: no credentials: the client could not get them");
}
