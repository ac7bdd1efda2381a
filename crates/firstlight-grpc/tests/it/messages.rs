//! Why a service is not added, in words.

use firstlight_grpc::{HealthService, MAX_SERVICE_NAME, MAX_SERVICES, ServiceError};

use crate::support::Set;

#[tokio::test]
async fn each_refusal_says_who_and_what() {
    let set = Set::new();
    let health = set.health();
    let other = Set::new();
    let cases = [
        ("", set.view("own"), "service \"\" was added before"),
        ("a.B", set.view("ready"), "service \"a.B\" was added before"),
        (
            &"x".repeat(MAX_SERVICE_NAME + 1),
            set.view("own"),
            "a service name of 1025 bytes is longer than 1024: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...",
        ),
        ("a.C", other.view("own"), "service \"a.C\" has the view own of another set than orders"),
    ];
    for (service, view, message) in cases {
        let refused = health.add_service(service, view).expect_err("refused");
        assert_eq!(refused.to_string(), message);
    }
    for number in 2..MAX_SERVICES {
        health.add_service(format!("s{number}"), set.view("own")).expect("added");
    }
    let refused = health.with_service("a.C", set.view("own")).expect_err("refused");
    let message = "service \"a.C\" is one more than the 1024 that there can be";
    assert_eq!(refused.to_string(), message);
    assert!(matches!(refused, ServiceError::TooMany { .. }));
}

#[tokio::test]
async fn a_name_is_any_text_and_a_refusal_is_one_bounded_line() {
    let set = Set::new();
    let long = "\u{7}é\n".repeat(250);
    let health = HealthService::new(&set.readiness);
    for name in ["größe", "a b", "two\nlines", " ", long.as_str()] {
        health.add_service(name, set.view("own")).expect("added");
        let refused = health.add_service(name, set.view("own")).expect_err("refused").to_string();
        assert!(refused.len() < 1024 && !refused.contains(char::is_control), "{refused:?}");
    }
}
