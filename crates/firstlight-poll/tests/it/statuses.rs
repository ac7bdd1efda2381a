//! The wait as a stream.

use std::pin::pin;

use firstlight_poll::{Failure, StatusKind, Update, Verdict, Wait};
use futures_util::StreamExt;

use crate::target::{Target, ms, s};

#[tokio::test(start_paused = true)]
async fn each_attempt_is_an_item_and_the_end_is_the_last() {
    let target = Target::ready_at(s(1));
    let stream = Wait::local("it").statuses(|cx| target.check(cx));
    let items: Vec<_> = stream.collect().await;
    assert_eq!(items.len(), target.asked() as usize + 1);
    let (last, attempts) = items.split_last().expect("items");
    assert!(matches!(last, Update::Ended(Ok(ready)) if ready.report.attempts == target.asked()));
    let kinds: Vec<_> = attempts
        .iter()
        .map(|item| match item {
            Update::Status { status, .. } => status.kind(),
            Update::Ended(_) => panic!("the end comes last"),
        })
        .collect();
    assert!(kinds[..kinds.len() - 1].iter().all(|kind| *kind != StatusKind::Ready));
    assert_eq!(kinds.last(), Some(&StatusKind::Ready));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_without_an_attempt_is_one_item() {
    let wait = Wait::local("it").with_fail_fast(std::future::ready(()), "gone");
    let items: Vec<_> = wait.statuses(|_| async { Verdict::Ready(()) }).collect().await;
    assert_eq!(items.len(), 1);
    assert!(
        matches!(&items[0], Update::Ended(Err(error)) if error.failure() == &Failure::FailedFast("gone".into()))
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_next_loses_no_attempt() {
    let target = Target::ready_at(s(1)).answering_in(ms(30));
    let mut stream = pin!(Wait::local("it").statuses(|cx| target.check(cx)));
    let mut items = 0;
    loop {
        match tokio::time::timeout(ms(10), stream.next()).await {
            Ok(Some(_)) => items += 1,
            Ok(None) => break,
            Err(_) => {}
        }
    }
    assert_eq!(items, target.asked() + 1);
}
