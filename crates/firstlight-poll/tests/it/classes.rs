//! What errors mean, and for how long.

use std::time::Duration;

use firstlight_poll::{
    Classifier, Disposition, ErrorClass, Failure, Fixed, Grace, Overload, Verdict, Wait, WaitError,
};
use tokio::time::Instant;

use crate::target::{ms, s};

/// Waits for something that answers by this script; returns when and how it ended.
async fn ended(
    classifier: Classifier,
    at: impl Fn(Duration) -> Verdict<()>,
) -> (Duration, Result<(), WaitError>) {
    let began = Instant::now();
    let wait = Wait::local("it").with_timeout(s(120)).with_classifier(classifier);
    let ended = wait.until(|_| std::future::ready(at(began.elapsed()))).await;
    (began.elapsed(), ended.map(|_| ()))
}

fn error(class: ErrorClass) -> Verdict<()> {
    Verdict::transient(class, format!("GET /readyz failed: {class}"))
}

#[tokio::test(start_paused = true)]
async fn unauthorized_for_ever_ends_in_a_clear_error_after_its_grace() {
    let (took, result) = ended(Classifier::default(), |_| error(ErrorClass::Unauthorized)).await;
    let failure = result.expect_err("401 for ever");
    assert!(took >= s(10) && took <= s(11), "{took:?}");
    assert!(
        matches!(failure.failure(), Failure::Fatal(fault) if fault.class() == ErrorClass::Unauthorized)
    );
    assert!(failure.to_string().ends_with("; fatal: unauthorized"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn what_looks_fatal_while_a_server_starts_is_waited_for() {
    // P11: rancher/rke#527 (403), kubectl wait (404), k3s#57 (x509), a headless service's name.
    for (class, lasting) in [
        (ErrorClass::Forbidden, s(59)),
        (ErrorClass::Unauthorized, s(9)),
        (ErrorClass::NotFound, s(9)),
        (ErrorClass::TlsUntrusted, s(9)),
        (ErrorClass::NameLookup, s(110)),
        (ErrorClass::Refused, s(110)),
    ] {
        let ready = |t| if t < lasting { error(class) } else { Verdict::Ready(()) };
        let (_, result) = ended(Classifier::default(), ready).await;
        assert!(result.is_ok(), "{class}: {result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_wait_repairs_ends_it_at_once() {
    for class in [ErrorClass::TlsExpired, ErrorClass::Redirect, ErrorClass::Config] {
        let (took, result) = ended(Classifier::default(), |_| error(class)).await;
        assert!(result.is_err() && took == Duration::ZERO, "{class} {took:?}");
    }
    let (took, result) =
        ended(Classifier::all_transient(), |_| Verdict::fatal(ErrorClass::Other, "gone")).await;
    assert!(
        result.is_err() && took == Duration::ZERO,
        "a probe's own fatal is not for the classifier"
    );
}

#[tokio::test(start_paused = true)]
async fn another_answer_ends_a_grace_and_a_time_out_does_not() {
    let unauthorized_but = |other: fn() -> Verdict<()>| {
        move |t: Duration| if t.as_secs() == 6 { other() } else { error(ErrorClass::Unauthorized) }
    };
    for (other, from, to) in [
        ((|| error(ErrorClass::Timeout)) as fn() -> Verdict<()>, s(10), s(12)),
        (|| error(ErrorClass::Refused), s(17), s(20)),
        (Verdict::pending, s(17), s(20)),
        (|| Verdict::Overloaded(Overload::new("429")), s(17), s(20)),
    ] {
        let (took, result) = ended(Classifier::default(), unauthorized_but(other)).await;
        assert!(result.is_err() && took >= from && took <= to, "{:?}: {took:?}", other());
    }
}

#[tokio::test(start_paused = true)]
async fn a_grace_by_count_ends_with_that_attempt() {
    let table = Classifier::default()
        .with(ErrorClass::Unauthorized, Disposition::Until(Grace::attempts(3)));
    let wait = Wait::local("it").with_classifier(table).with_schedule(Fixed::new(ms(10)));
    let error = wait
        .until(|_| std::future::ready(error(ErrorClass::Unauthorized)))
        .await
        .expect_err("fatal");
    assert_eq!(error.report().attempts, 3);
}

#[tokio::test(start_paused = true)]
async fn time_outs_can_be_given_a_grace_as_any_class() {
    let table =
        Classifier::default().with(ErrorClass::Timeout, Disposition::Until(Grace::attempts(2)));
    let hung =
        Wait::local("it").with_classifier(table).until(|_| std::future::pending::<Verdict<()>>());
    let error = hung.await.expect_err("hung");
    assert!(
        matches!(error.failure(), Failure::Fatal(fault) if fault.class() == ErrorClass::Timeout),
        "{error}"
    );
    assert_eq!(error.report().timeouts, 2);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_up_to_a_maximum_and_the_deadline() {
    // P12: a header may be zero, past, huge or hostile.
    let overloaded = |after: Duration| {
        move |_| {
            std::future::ready(Verdict::<()>::Overloaded(
                Overload::new("429").with_retry_after(after),
            ))
        }
    };
    for (asked, longest, timeout, polls) in [
        (s(10), s(30), s(35), 5),         // 0, 10, 20, 30, and the last chance
        (s(10), s(2), s(9), 6),           // 0, 2, 4, 6, 8, and the last chance
        (Duration::MAX, s(30), s(35), 3), // 0, 30, and the last chance
        (Duration::MAX, Duration::MAX, s(35), 2), // 0 and the last chance
    ] {
        let wait = Wait::local("it").with_timeout(timeout).with_longest_retry_after(longest);
        let error = wait.until(overloaded(asked)).await.expect_err("overloaded for ever");
        assert_eq!(error.report().attempts, polls, "{asked:?} {longest:?}");
        assert!(error.report().elapsed <= timeout);
    }
    // A constant zero or one does not make the schedule faster than it is.
    let wait = Wait::local("it").with_timeout(s(10));
    let error = wait.until(overloaded(Duration::ZERO)).await.expect_err("overloaded for ever");
    assert!(error.report().attempts < 50, "{}", error.report().attempts);
}
