//! The deadline means it. Each row names the peer or pitfall that gets it wrong.

use std::time::Duration;

use firstlight_poll::{AttemptTimeout, Envelope, Failure, Fixed, Outcome, Verdict, Wait};
use tokio::time::{Instant, sleep};

use crate::target::{Target, ms, s};

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_its_deadline_whatever_its_attempts_do() {
    for (peer, timeout, interval, attempt) in [
        ("backon: total_delay of 2 s with attempts of 1 s ran 6.5 s", s(2), ms(100), s(1)),
        (
            "AWS waiter: one poll that hangs ran past a max_wait of 4 s",
            s(4),
            ms(200),
            Duration::MAX,
        ),
        ("tokio-retry2: a budget of 1 s ran 1.8 s", s(1), ms(300), ms(500)),
        ("tokio-retry2: std's clock made 4 001 attempts in a virtual hour", s(3600), s(1), ms(0)),
        ("AWS waiter: whole seconds made 4 s of 13 us and 2 polls", s(4), ms(200), ms(1)),
    ] {
        let began = Instant::now();
        let wait = Wait::local("it").with_timeout(timeout).with_schedule(Fixed::new(interval));
        let wait = wait.with_attempt_timeout(AttemptTimeout::fixed(Duration::MAX));
        let target = Target::never().answering_in(attempt.min(s(100_000)));
        let error = wait.until(|cx| target.check(cx)).await.expect_err(peer);
        let took = began.elapsed();
        assert_eq!(error.failure(), &Failure::Deadline, "{peer}");
        // It may end early by what an attempt needs, when none fits any more.
        assert!(took <= timeout + ms(1), "{peer}: {took:?}");
        assert!(took + attempt.min(timeout) * 2 + ms(25) >= timeout, "{peer}: {took:?}");
        let fit = timeout.as_millis() / (interval + attempt.min(timeout)).as_millis().max(1);
        assert!(
            error.report().attempts as u128 + 1 >= fit,
            "{peer}: {} polls",
            error.report().attempts
        );
        assert!(
            error.report().attempts as u128 <= fit + 2,
            "{peer}: {} polls",
            error.report().attempts
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_ready_just_before_the_deadline_is_seen() {
    // P6: k8s polls at the deadline or not at all.
    for (before, interval, answers_in) in [
        (ms(50), s(7), ms(0)),
        (ms(25), s(2), ms(0)),
        (ms(450), s(7), ms(200)),
        (ms(450), s(1), ms(200)),
    ] {
        let wait = Wait::local("it").with_timeout(s(10)).with_schedule(Fixed::new(interval));
        let wait = wait.with_attempt_timeout(AttemptTimeout::fixed(s(1)));
        let target = Target::ready_at(s(10) - before).answering_in(answers_in);
        let ready = wait.until(|cx| target.check(cx)).await.expect("a last poll");
        assert!(ready.report.elapsed <= s(10), "{:?}", ready.report);
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_without_time_to_finish() {
    let began = Instant::now();
    let wait =
        Wait::local("it").with_timeout(s(10)).with_attempt_timeout(AttemptTimeout::fixed(s(1)));
    let mut finished = 0;
    let mut started = 0;
    let error = wait.until(|_| {
        started += 1;
        assert!(began.elapsed() + ms(300) <= s(10), "began at {:?}", began.elapsed());
        let finished = &mut finished;
        *finished = started;
        async {
            sleep(ms(300)).await;
            Verdict::<()>::pending()
        }
    });
    let error = error.await.expect_err("never ready");
    assert_eq!((error.report().attempts, error.report().timeouts), (started, 0));
}

#[tokio::test(start_paused = true)]
async fn a_last_answer_that_was_slow_once_does_not_end_the_wait_early() {
    // One slow answer makes the reserve large; a quick one behind it makes it small again.
    let began = Instant::now();
    let wait =
        Wait::local("it").with_timeout(s(10)).with_attempt_timeout(AttemptTimeout::fixed(s(8)));
    let ready = wait.until(|cx| async move {
        if cx.attempt() == 2 {
            sleep(s(4)).await;
        }
        if began.elapsed() >= ms(9_900) { Verdict::Ready(()) } else { Verdict::pending() }
    });
    assert!(ready.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn zero_and_endless_time_outs_are_taken_at_their_word() {
    let ready =
        Wait::local("it").with_timeout(Duration::ZERO).until(|_| async { Verdict::Ready(1) }).await;
    assert_eq!(ready.expect("one look is allowed").report.attempts, 1);

    let pending = Wait::local("it")
        .with_timeout(Duration::ZERO)
        .until(|_| async { Verdict::<()>::pending() });
    let error = pending.await.expect_err("not ready");
    assert_eq!((error.failure(), error.report().attempts), (&Failure::Deadline, 1));

    let hung = Wait::local("it")
        .with_timeout(Duration::ZERO)
        .until(|_| std::future::pending::<Verdict<()>>());
    let error = hung.await.expect_err("hung");
    assert_eq!((error.report().timeouts, error.report().elapsed), (1, Duration::ZERO));

    let target = Target::ready_at(s(100_000));
    let ready = Wait::local("it").with_timeout(Duration::MAX).until(|cx| target.check(cx)).await;
    assert!(ready.expect("ready after a day").report.elapsed < s(100_000) + s(2));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_may_take_longer_the_longer_the_wait_has_lasted() {
    // P5: a fixed 15 s makes a target that hangs while it starts 9.7 s late. Here it hangs from 1 s to 6 s, then answers at once.
    let began = Instant::now();
    let wait = Wait::local("it").with_timeout(s(60));
    let ready = wait.until(|_| async move {
        match began.elapsed() {
            t if t < s(1) => Verdict::pending(),
            t if t < s(6) => std::future::pending().await,
            _ => Verdict::Ready(()),
        }
    });
    let report = ready.await.expect("ready").report;
    assert!(report.elapsed < s(6) + ms(1_300), "{report:#}");
    assert!(report.timeouts >= 5, "{report:#}");

    // And one that always needs 700 ms is seen although the first time-outs are shorter.
    let target = Target::ready_at(s(0)).answering_in(ms(700));
    let ready = Wait::local("it").with_timeout(s(60)).until(|cx| target.check(cx)).await;
    assert!(ready.expect("seen").report.timeouts > 0);
}

#[tokio::test(start_paused = true)]
async fn the_first_attempt_is_made_at_once_or_within_the_floor() {
    // k8s #118671: immediate=true did not run once.
    let target = Target::ready_at(Duration::ZERO);
    let report = Wait::local("it").until(|cx| target.check(cx)).await.expect("ready").report;
    assert_eq!((report.attempts, report.elapsed), (1, Duration::ZERO));
    // P14: a thousand replicas that start together must not ask in step.
    let mut firsts = Vec::new();
    for _ in 0..100 {
        let target = Target::ready_at(Duration::ZERO);
        firsts.push(
            Wait::remote("it").until(|cx| target.check(cx)).await.expect("ready").report.elapsed,
        );
    }
    // Paused time moves in milliseconds.
    assert!(firsts.iter().all(|first| *first <= ms(251)), "{firsts:?}");
    firsts.sort();
    firsts.dedup();
    assert!(firsts.len() > 30, "{firsts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_never_polled_differs_from_one_that_polled_and_failed() {
    let wait = Wait::remote("it").with_schedule(Envelope::remote().with_seed(1)).with_timeout(s(1));
    let never = wait
        .with_fail_fast(std::future::ready(()), "the child exited")
        .until(|_| async { Verdict::Ready(()) })
        .await
        .expect_err("failed fast");
    assert!(never.report().never_polled() && never.to_string().contains("never polled"), "{never}");
    assert_eq!(never.report().outcome, Outcome::FailedFast);

    let target = Target::never();
    let polled = Wait::local("it")
        .with_timeout(s(1))
        .until(|cx| target.check(cx))
        .await
        .expect_err("deadline");
    assert!(
        !polled.report().never_polled() && polled.to_string().contains("connection refused"),
        "{polled}"
    );
}

#[tokio::test]
async fn no_delay_does_not_touch_the_timer() {
    // backon and tokio-retry sleep a millisecond for a delay of zero: 20 000 attempts would take 20 s.
    let began = Instant::now();
    let wait = Wait::local("it").with_schedule(Fixed::new(Duration::ZERO)).with_timeout(s(60));
    let wait = wait.until(|cx| async move {
        if cx.attempt() < 20_000 { Verdict::pending() } else { Verdict::Ready(()) }
    });
    assert!(wait.await.is_ok());
    assert!(began.elapsed() < s(10), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_never_waits_still_lets_others_run() {
    let other = tokio::spawn(async { tokio::task::yield_now().await });
    let wait = Wait::local("it").with_schedule(Fixed::new(Duration::ZERO)).with_timeout(s(1));
    let waiting = tokio::spawn(wait.until(|_| async { Verdict::<()>::pending() }));
    other.await.expect("it got its turn");
    waiting.abort();
}

#[tokio::test(start_paused = true)]
async fn a_wait_does_not_give_up_before_its_deadline_and_says_what_it_last_saw() {
    for (peer, ready_at) in [
        ("backon: stops after 3 retries, 7 s, by default", s(60)),
        ("kube-runtime: the first watch error ends the wait", s(1)),
        ("AWS waiter: connection refused is a failure at once", s(3)),
        ("kubectl wait: what does not exist yet is an error (kubernetes/kubectl#1516)", s(8)),
    ] {
        let target = Target::ready_at(ready_at);
        let ended = Wait::remote("it").until(|cx| target.check(cx)).await;
        assert!(ended.is_ok(), "{peer}");
    }
    for peer in [
        "AWS waiter: ExceededMaxWait has no last error",
        "k8s wait: a time-out has no last error (OCPBUGS-17506)",
        "wait4x: only \"context deadline exceeded\"",
        "waitup: no reason in the time-out",
    ] {
        let target = Target::never();
        let error = Wait::local("it")
            .with_timeout(s(2))
            .until(|cx| target.check(cx))
            .await
            .expect_err(peer);
        assert!(
            error.to_string().contains("GET /readyz failed: connection refused"),
            "{peer}: {error}"
        );
    }
}
