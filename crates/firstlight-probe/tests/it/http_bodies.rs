//! A body that should say how the target is: what is made of one that says no, and of one that cannot be understood.

use firstlight_probe::BodyKind;

use super::support::{Server, answer, check};

const DOWN: &str = r#"{"status":"DOWN","components":{"db":{"status":"DOWN"}}}"#;

#[tokio::test]
async fn a_secret_that_is_a_word_of_the_protocol_changes_no_verdict() {
    let server = Server::answering(answer("200 OK", &[], DOWN)).await;
    let down = "pending 0/1 [db] GET / answered 200, and that it is not ready";
    let probe = server.probe("/").with_header("x-want", "status").expect("header");
    assert_eq!(check(&probe).await, down);
    let found = check(&server.probe("/?keys=status")).await;
    assert!(found.starts_with("pending 0/1 [db] "), "{found}");
    let list = "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n";
    let server = Server::answering(answer("500 E", &[], list)).await;
    let probe = server.probe("/").with_header("x-tenant", "failed").expect("header");
    assert_eq!(check(&probe).await, "pending 1/2 [etcd] GET / failed: 500");
}

#[tokio::test]
async fn a_body_that_cannot_be_understood_is_ready_only_where_none_was_asked_for() {
    const LOST: &str = "protocol: GET / answered 200, and its body is no such health answer";
    const CUT: &str =
        "protocol: GET / answered 200, and its body is no such health answer within the 40 bytes";
    use BodyKind::{Actuator, Auto, HealthJson, Kubernetes};
    let long = format!("{}{}", &DOWN[..16], &" ".repeat(100));
    let list = "[+]ping ok\n[+]etcd ok\n[+]informer-sync ok\n[+]log ok\nreadyz check passed\n";
    for (kind, body, expected) in [
        (HealthJson, "<html>starting</html>", LOST),
        (Actuator, "<html>starting</html>", LOST),
        (Kubernetes, "<html>starting</html>", LOST),
        (HealthJson, "", LOST),
        (Actuator, "", LOST),
        (Kubernetes, "", LOST),
        (HealthJson, "ok", LOST),
        (Kubernetes, "ok", "ready"),
        (Kubernetes, " OK \r\n", "ready"),
        (Kubernetes, "[+]ping ok\n", "ready"),
        (Kubernetes, DOWN, LOST),
        (Actuator, &long, CUT),
        (HealthJson, &long, CUT),
        (Auto, &long, CUT),
        // The part that was not read may hold the one that fails.
        (Kubernetes, list, CUT),
        (Auto, list, "ready"),
        (Kubernetes, "[+]ping ok\n[-]etcd failed\n", "pending 1/2 [etcd] "),
        (Auto, "[+]ping ok\n[-]etcd failed\n", "pending 1/2 [etcd] "),
        (Auto, "<html>starting</html>", "ready"),
        (Auto, r#"{"version":1}"#, "ready"),
        (Auto, "", "ready"),
        // At the limit and yet whole.
        (Actuator, r#"{"status":"UP","groups":["liveness","x"]}"#, CUT),
        (Actuator, r#"{"status":"UP","groups":["liveness",""]}"#, "ready"),
    ] {
        let server = Server::answering(answer("200 OK", &[], body)).await;
        let found = check(&server.probe("/").with_body(kind).with_max_body(40)).await;
        assert!(found.starts_with(expected), "{kind:?} {body}: {found}");
    }
}
