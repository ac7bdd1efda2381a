//! Nothing, nothing of ours, something, something wrong: four answers, and a fifth that is not an answer.

use firstlight_sync::{Cause, Feed, MAX_REJECTED, Tracker, Verdict};

use crate::support::{cause, one, verdict};

#[test]
fn what_the_items_were_makes_the_verdict() {
    type Story = fn(&Feed);
    let table: [(&str, Story, Verdict); 8] = [
        ("nothing", |_| {}, Verdict::Empty),
        ("one irrelevant", |pods| pods.item().irrelevant(), Verdict::OnlyIrrelevant),
        ("one relevant", |pods| pods.item().relevant(), Verdict::Configured),
        (
            "one of each",
            |pods| {
                pods.item().irrelevant();
                pods.item().relevant();
            },
            Verdict::Configured,
        ),
        ("one wrong", |pods| pods.item().rejected("no port"), Verdict::ConfigurationError),
        (
            "one wrong, one relevant",
            |pods| {
                pods.item().rejected("no port");
                pods.item().relevant();
            },
            Verdict::ConfigurationError,
        ),
        ("one abandoned", |pods| drop(pods.item()), Verdict::ConfigurationError),
        (
            "one relisted, then gone",
            |pods| {
                pods.relisted();
                pods.item().irrelevant();
            },
            Verdict::OnlyIrrelevant,
        ),
    ];
    for (story, tell, expected) in table {
        let (tracker, pods) = one();
        tell(&pods);
        pods.done().expect("once");
        assert_eq!(verdict(tracker.outcome()), expected, "{story}");
        assert_eq!(expected.is_degraded(), expected == Verdict::ConfigurationError);
        assert!(tracker.explain().contains(expected.as_str()), "{}", tracker.explain());
    }
}

#[test]
fn no_sources_are_an_error_and_not_an_empty_success() {
    let tracker = Tracker::builder("caches").build().expect("a good name");
    assert!(matches!(cause(tracker.outcome()), Cause::NoSources));
    assert!(!tracker.is_synced());
    assert_eq!(tracker.explain(), "caches is not synced after 0.0 s: it has no sources");
}

#[test]
fn no_sources_are_fine_for_who_says_so_and_still_not_called_empty() {
    let tracker = Tracker::builder("caches").allow_no_sources().build().expect("a good name");
    assert_eq!(verdict(tracker.outcome()), Verdict::NoSources);
    // With sources it changes nothing.
    let some = Tracker::builder("caches").allow_no_sources().source("pods").build();
    assert!(some.expect("good names").outcome().is_none());
}

#[test]
fn the_first_reasons_are_kept_and_the_rest_are_counted() {
    let (tracker, pods) = one();
    for i in 0..100 {
        pods.item().with_key(format_args!("default/{i}\n")).rejected("bad\nREADY=1");
    }
    drop(pods.item());
    pods.done().expect("once");
    let synced = tracker.outcome().expect("over").expect("synced");
    assert_eq!((synced.rejected(), synced.first_rejected().len()), (101, MAX_REJECTED));
    assert_eq!(synced.first_rejected()[3].to_string(), "pods default/3\\n: bad\\nREADY=1");
    assert_eq!(synced.sources()[0].rejected, 100);
    assert_eq!(synced.sources()[0].abandoned, 1);
    assert_eq!(synced.tracker(), "caches");
    assert!(synced.took() < std::time::Duration::from_secs(60));
}

#[test]
fn an_early_return_and_a_panic_count_as_finished_and_are_reported() {
    fn handle(pods: &Feed, key: &str) -> Option<()> {
        let item = pods.item().with_key(key);
        if key == "panics" {
            std::panic::resume_unwind(Box::new("a bug"));
        }
        let _port: u16 = key.parse().ok()?;
        item.relevant();
        Some(())
    }
    let (tracker, pods) = one();
    assert!(handle(&pods, "80").is_some());
    assert!(handle(&pods, "eighty").is_none());
    let handled = std::panic::AssertUnwindSafe(|| handle(&pods, "panics"));
    assert!(std::panic::catch_unwind(handled).is_err());
    pods.done().expect("once");
    let synced = tracker.outcome().expect("nothing hangs").expect("synced");
    assert_eq!(synced.sources()[0].abandoned, 2);
    let [returned, panicked] = synced.first_rejected() else { panic!("{synced:?}") };
    assert_eq!((returned.key.as_deref(), returned.panicking), (Some("eighty"), false));
    assert_eq!((panicked.key.as_deref(), panicked.panicking), (Some("panics"), true));
    assert!(panicked.to_string().starts_with("pods panics: abandoned in a panic, begun at "));
    assert!(returned.place.file().ends_with("verdicts.rs"));
}
