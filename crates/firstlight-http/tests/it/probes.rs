//! What is answered to whom.

use std::time::Duration;

use firstlight_http::Health;
use firstlight_ready::{LameDuck, Readiness, Reason, Spec};

use crate::it::answers::{Answer, call, get, read, request};
use crate::it::set::{ready, starting};

#[tokio::test]
async fn each_path_has_its_answer_and_no_other_path_has_one() {
    let (readiness, gate) = starting();
    let service = Health::new(&readiness).service();
    for (target, before, after) in [
        ("/livez", (200, "ok"), (200, "ok")),
        (
            "/readyz",
            (503, "[-]db failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n"),
            (200, "ok"),
        ),
        ("/startupz", (503, "[-]db failed: reason withheld\nstartupz check failed\n"), (200, "ok")),
        ("/readyz/db", (503, "internal server error: reason withheld\n"), (200, "ok")),
        ("/readyz/%64%62", (503, "internal server error: reason withheld\n"), (200, "ok")),
        ("/readyz/shutdown", (200, "ok"), (200, "ok")),
        (
            "/readyz?exclude=db&verbose",
            (200, "[+]db excluded: ok\n[+]shutdown ok\nreadyz check passed\n"),
            (200, "[+]db excluded: ok\n[+]shutdown ok\nreadyz check passed\n"),
        ),
        ("/readyz?exclude=x&exclude=db,y", (200, "ok"), (200, "ok")),
        ("/readyz/nobody", (404, "404 page not found\n"), (404, "404 page not found\n")),
        ("/", (404, "404 page not found\n"), (404, "404 page not found\n")),
        ("//readyz", (404, "404 page not found\n"), (404, "404 page not found\n")),
        ("/readyz/", (404, "404 page not found\n"), (404, "404 page not found\n")),
        ("/readyz/../livez", (404, "404 page not found\n"), (404, "404 page not found\n")),
        ("/healthz", (404, "404 page not found\n"), (404, "404 page not found\n")),
        ("/livez/db", (404, "404 page not found\n"), (404, "404 page not found\n")),
        ("http://orders:80/readyz?exclude=db", (200, "ok"), (200, "ok")),
    ] {
        let answered = |answer: &Answer| (answer.status, answer.body.clone());
        assert_eq!(answered(&get(&service, target)), (before.0, before.1.to_owned()), "{target}");
        if target == "/readyz/nobody" {
            continue;
        }
        let (other, other_gate) = starting();
        other_gate.ready();
        let other = Health::new(&other).service();
        assert_eq!(answered(&get(&other, target)), (after.0, after.1.to_owned()), "{target}");
    }
    gate.ready();
    assert_eq!(get(&service, "/readyz").body, "ok");
}

#[tokio::test]
async fn another_view_has_no_path() {
    let readiness = Readiness::new("orders").expect("a set");
    let gate = readiness.register(Spec::new("cache").views(["warm"])).expect("a gate");
    readiness.seal().expect("sealed");
    gate.ready();
    assert!(readiness.view("warm").expect("a view").is_ready());
    let service = Health::new(&readiness).service();
    assert_eq!(get(&service, "/warmz").status, 404);
}

#[tokio::test]
async fn nobody_may_keep_an_answer_or_guess_its_type() {
    let (readiness, _gate) = starting();
    let service = Health::new(&readiness).service();
    for (method, target) in [
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/nowhere"),
        ("PUT", "/readyz"),
        ("HEAD", "/"),
    ] {
        let answer = read(call(&service, request(method, target)));
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{method} {target}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {target}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    }
}

#[tokio::test(start_paused = true)]
async fn head_has_the_headers_of_get_and_no_body() {
    let (readiness, _gate) = starting();
    for service in
        [Health::new(&readiness).service(), Health::new(&readiness).with_detail().service()]
    {
        for target in ["/livez", "/readyz", "/readyz?verbose", "/readyz/db", "/readyz/x", "/"] {
            let whole = get(&service, target);
            let head = read(call(&service, request("HEAD", target)));
            assert_eq!(whole.header("content-length"), Some(&*whole.body.len().to_string()));
            assert_eq!((head.status, &head.headers), (whole.status, &whole.headers));
            assert_eq!(head.body, "", "{target}");
        }
    }
}

#[tokio::test]
async fn other_methods_are_told_which_are_allowed() {
    let (readiness, _gate) = ready();
    let service = Health::new(&readiness).service();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"] {
        let answer = read(call(&service, request(method, "/readyz")));
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
        assert_eq!(read(call(&service, request(method, "/nowhere"))).status, 404, "{method}");
    }
}

#[tokio::test]
async fn json_is_for_those_who_ask_for_it() {
    let (readiness, _gate) = starting();
    let service = Health::new(&readiness).service();
    for (accept, content_type, begin) in [
        ("application/json", "application/json", "{\"set\":\"orders\""),
        ("application/health+json", "application/health+json", "{\"status\":\"fail\""),
        ("application/json;q=x", "text/plain; charset=utf-8", "[-]db"),
        ("image/png", "text/plain; charset=utf-8", "[-]db"),
    ] {
        let mut request = request("GET", "/readyz");
        request.headers_mut().insert("accept", accept.parse().expect("a header"));
        let answer = read(call(&service, request));
        assert_eq!(answer.status, 503);
        assert_eq!(answer.header("content-type"), Some(content_type), "{accept}");
        assert!(answer.body.starts_with(begin), "{accept}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_failing_answer_says_when_to_ask_again_unless_the_end_has_begun() {
    let (readiness, _gate) = starting();
    let service = Health::new(&readiness).with_retry_after(Duration::from_millis(2_500)).service();
    let pause = |target| get(&service, target).header("retry-after").map(str::to_owned);
    for (target, expected) in [
        ("/readyz", Some("3")),
        ("/startupz", Some("3")),
        ("/readyz/db", Some("3")),
        ("/readyz?exclude=db", None),
        ("/readyz/nobody", None),
        ("/livez", None),
        ("/nowhere", None),
    ] {
        assert_eq!(pause(target).as_deref(), expected, "{target}");
    }
    let at_once = Health::new(&readiness).with_retry_after(Duration::ZERO).service();
    assert_eq!(get(&at_once, "/readyz").header("retry-after"), None);
    let never = Health::new(&readiness).with_retry_after(Duration::MAX).service();
    assert_eq!(get(&never, "/readyz").header("retry-after"), Some("86400"));
    readiness.drain("SIGTERM");
    for target in ["/readyz", "/startupz", "/readyz/db"] {
        assert_eq!((get(&service, target).status, pause(target)), (503, None), "{target}");
    }
}

#[tokio::test]
async fn the_failure_status_can_be_kubernetes_and_never_a_success() {
    let (readiness, _gate) = starting();
    for (asked, expected) in [(500, 500), (503, 503), (429, 429), (200, 503), (0, 503), (999, 503)]
    {
        let service = Health::new(&readiness).with_failure_status(asked).service();
        for target in ["/readyz", "/readyz/db"] {
            assert_eq!(get(&service, target).status, expected, "{asked}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reasons_are_withheld_unless_detail_is_switched_on() {
    let (readiness, gate) = starting();
    gate.not_ready("no route to 10.0.0.1 \u{fc}ber");
    tokio::time::advance(Duration::from_secs(12)).await;
    let public = get(&Health::new(&readiness).service(), "/readyz?verbose");
    assert!(!public.body.contains("10.0.0.1"), "{}", public.body);
    assert_eq!(public.header("x-not-ready"), None);
    let service = Health::new(&readiness).with_detail().service();
    let detailed = get(&service, "/readyz");
    assert!(detailed.body.contains("for 12.0 s"), "{}", detailed.body);
    assert!(detailed.body.contains("no route to 10.0.0.1"), "{}", detailed.body);
    let line = detailed.header("x-not-ready").expect("the causes");
    assert!(line.contains("db") && line.contains("10.0.0.1 ?ber"), "{line}");
    assert!(!get(&service, "/livez").headers.contains_key("x-not-ready"));
    gate.ready();
    assert!(!get(&service, "/readyz").headers.contains_key("x-not-ready"));
}

#[tokio::test]
async fn the_line_of_causes_is_bounded() {
    let readiness = Readiness::new("orders").expect("a set");
    let gates: Vec<_> = (0..60)
        .map(|at| {
            let gate = readiness.register(Spec::new(format!("gate-{at}"))).expect("a gate");
            gate.not_ready(Reason::new("\u{1f600}\r\nset-cookie: a=b".repeat(40)));
            gate
        })
        .collect();
    readiness.seal().expect("sealed");
    let answer = get(&Health::new(&readiness).with_detail().service(), "/readyz");
    let line = answer.header("x-not-ready").expect("the causes");
    assert_eq!(line.len(), 1_024);
    assert_eq!(gates.len(), 60);
}

#[tokio::test]
async fn a_set_that_is_empty_or_not_sealed_is_not_ready() {
    let readiness = Readiness::new("orders").expect("a set");
    let service = Health::new(&readiness).service();
    assert_eq!(
        get(&service, "/readyz").body,
        "[-]sealed failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n"
    );
    readiness.seal().expect("sealed");
    assert_eq!(
        get(&service, "/readyz").body,
        "[-]gates failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n"
    );
    assert_eq!((get(&service, "/startupz").status, get(&service, "/livez").status), (503, 200));
}

#[tokio::test]
async fn the_end_is_told_in_each_of_its_phases() {
    let (readiness, _gate) = ready();
    let service = Health::new(&readiness).service();
    let body = "[+]db ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n";
    let forever = LameDuck { seen: 0, max: Duration::MAX };
    let phases: [&dyn Fn(); 3] =
        [&|| readiness.drain_with("SIGTERM", forever), &|| readiness.cut("second signal"), &|| {
            readiness.stopped()
        }];
    for next in phases {
        next();
        let answer = get(&service, "/readyz");
        assert_eq!((answer.status, answer.body.as_str()), (503, body), "{}", readiness.phase());
        assert_eq!(get(&service, "/livez").status, 200);
    }
}

#[tokio::test]
async fn clones_see_every_change_at_once() {
    let (readiness, gate) = starting();
    let one = Health::new(&readiness).service();
    let other = one.clone();
    assert_eq!((get(&one, "/readyz").status, get(&other, "/readyz").status), (503, 503));
    gate.ready();
    assert_eq!((get(&other, "/readyz").status, get(&one, "/readyz").status), (200, 200));
}
