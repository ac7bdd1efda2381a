//! Every message says who and what, in one line.

use std::time::Duration;

use firstlight_ready::{Cause, NameError, Readiness, Refused, Spec};

use crate::support::{open_set, s, sealed};

#[tokio::test(start_paused = true)]
async fn a_refusal_says_who_and_what() {
    let readiness = open_set();
    let message = |refused: Option<Refused>| refused.expect("refused").to_string();
    let nothing: [&str; 0] = [];
    let table = [
        (message(Readiness::new("").err()), "a name is empty"),
        (
            message(Readiness::builder("a").stages(["b c"]).build().err()),
            "the name \"b c\" has the character ' ': only visible ASCII without \"'\\,<>&?#% may stand in one",
        ),
        (message(readiness.claim("db").err()), "there is no gate \"db\" in orders"),
        (message(readiness.view("admin").err()), "there is no view \"admin\" in orders"),
        (message(readiness.wait_all(nothing).err()), "a wait for gates of orders names none"),
        (
            message(readiness.register(Spec::new("db").views(["live"])).err()),
            "gate db cannot be put into the view live by its name: use in_live",
        ),
    ];
    for (message, expected) in table {
        assert_eq!(message, expected);
    }
    assert!(readiness.snapshot().gates.is_empty(), "what was refused has changed nothing");
}

#[tokio::test(start_paused = true)]
async fn a_wait_says_what_it_waited_for_and_why_it_ended() {
    let names: Vec<_> = (0..10).map(|number| format!("g{number}")).collect();
    let readiness = open_set();
    let gates: Vec<_> = names.iter().map(|name| readiness.register(Spec::new(name))).collect();
    readiness.seal().expect("sealed");
    let many = readiness.wait_any(&names).expect("known").with_timeout(s(1)).await;
    let many = many.expect_err("pending");
    assert_eq!(
        many.to_string(),
        "any of the gates g0, g1, g2, g3, g4, g5, g6, g7 and 2 more of orders is not ready after 1.0 s, \
         which was its time: g0 pending for 1.0 s; g1 pending for 1.0 s; g2 pending for 1.0 s; g3 pending \
         for 1.0 s; g4 pending for 1.0 s; g5 pending for 1.0 s; g6 pending for 1.0 s; g7 pending for 1.0 s; \
         2 more"
    );
    drop(gates);
}

#[tokio::test(start_paused = true)]
async fn causes_are_words_for_a_sentence() {
    let table = [
        (Cause::Deadline, "which was its time"),
        (Cause::Failed, "and something has failed"),
        (Cause::Draining, "and the end has begun"),
    ];
    for (cause, words) in table {
        assert_eq!(cause.to_string(), words);
    }
    let (readiness, [_db]) = sealed([Spec::new("db")]);
    let stuck = readiness.wait().with_timeout(Duration::ZERO).await.expect_err("pending");
    assert_eq!(
        stuck.to_string(),
        "orders is not ready after 0 ms, which was its time: db pending for 0 ms"
    );
    assert!(matches!(Readiness::new("\n"), Err(Refused::Name(NameError::Character { .. }))));
}
