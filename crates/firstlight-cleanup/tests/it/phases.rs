use std::future::pending;
use std::time::Duration;

use firstlight_cleanup::{Cleanup, Janitor, Outcome, Settings};
use tokio::time::{Instant, sleep};

use crate::support::{SECOND, Told, assert_near};

const HOUR: Duration = Duration::from_secs(3_600);

/// Clean-ups that note when they begin, and take so long.
struct Notes {
    janitor: Janitor,
    began: Instant,
    begun: Told<(&'static str, Duration)>,
}

impl Notes {
    fn new(settings: Settings) -> Self {
        Self { janitor: Janitor::with(settings), began: Instant::now(), begun: Told::new() }
    }

    /// Drops one that names its phase, and waits for its phase.
    fn leave(&self, name: &'static str, phase: &'static str, takes: Duration) {
        let (began, begun) = (self.began, self.begun.clone());
        let cleanup = Cleanup::once(name, move |_| {
            begun.push((name, began.elapsed()));
            sleep(takes)
        });
        drop(self.janitor.scope(cleanup.with_phase(phase).with_deadline(Duration::MAX)));
    }

    #[track_caller]
    fn assert_begun(&self, expected: &[(&str, Duration)]) {
        let begun = self.begun.all();
        assert_eq!(begun.len(), expected.len(), "{begun:?}");
        for (name, time) in expected {
            let found = begun.iter().find(|(begun, _)| begun == name);
            assert_near(found.unwrap().1, *time);
        }
    }
}

fn three() -> Settings {
    Settings::new("test").with_phase("a", 1).with_phase("b", 2).with_phase("c", 1)
}

#[tokio::test(start_paused = true)]
async fn phases_share_the_time_that_is_left_by_weight() {
    let hour = HOUR;
    let nothing = Duration::ZERO;
    // How long each takes; when each begins, of 8 s.
    let cases = [
        ([hour, hour, hour], [0.0, 2.0, 6.0], 8.0, 3),
        ([SECOND, hour, hour], [0.0, 1.0, 1.0 + 7.0 * 2.0 / 3.0], 8.0, 2),
        ([hour, nothing, hour], [0.0, 2.0, 2.0], 8.0, 2),
        ([nothing, nothing, SECOND * 7], [0.0, 0.0, 0.0], 7.0, 0),
        ([SECOND * 3, nothing, nothing], [0.0, 2.0, 2.0], 3.0, 0),
    ];
    for (takes, begins, took, left) in cases {
        let notes = Notes::new(three());
        // Handed in with the last first: the order of the phases is not that of the drops.
        for (name, takes) in ["a", "b", "c"].into_iter().zip(takes).rev() {
            notes.leave(name, name, takes);
        }
        let report = notes.janitor.drain(SECOND * 8).await;
        let begins = begins.map(Duration::from_secs_f64);
        notes.assert_begun(&[("a", begins[0]), ("b", begins[1]), ("c", begins[2])]);
        assert_near(report.took, Duration::from_secs_f64(took));
        assert_eq!(report.left, left, "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_phase_of_weight_zero_counts_as_one() {
    let notes = Notes::new(Settings::new("test").with_phase("a", 0).with_phase("b", 3));
    notes.leave("a", "a", HOUR);
    notes.leave("b", "b", HOUR);
    let _ = notes.janitor.drain(SECOND * 4).await;
    notes.assert_begun(&[("a", Duration::ZERO), ("b", SECOND)]);
}

#[tokio::test(start_paused = true)]
async fn what_names_no_phase_or_an_unknown_one_belongs_to_the_last() {
    let notes = Notes::new(three());
    notes.leave("first", "a", HOUR);
    notes.leave("unknown", "z", Duration::ZERO);
    let (began, begun) = (notes.began, notes.begun.clone());
    drop(notes.janitor.scope(Cleanup::once("none", move |_| {
        begun.push(("none", began.elapsed()));
        async {}
    })));
    let _ = notes.janitor.drain(SECOND * 8).await;
    // The second is settled at once, so the third begins when the first has had its share.
    notes.assert_begun(&[("first", Duration::ZERO), ("unknown", SECOND * 2), ("none", SECOND * 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_name_twice_is_the_first_and_beyond_eight_it_is_the_eighth() {
    let names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let settings = Settings::new("test").with_phase("0", 1);
    let settings = names.iter().fold(settings, |settings, name| settings.with_phase(name, 1));
    let notes = Notes::new(settings);
    for name in names {
        notes.leave(name, name, HOUR);
    }
    let _ = notes.janitor.drain(SECOND * 8).await;
    let begun = notes.begun.all();
    let of = |name: &str| begun.iter().find(|(begun, _)| *begun == name).unwrap().1.as_secs();
    // The second of the name 0 is a phase of its own that nothing belongs to: it leaves its share to the others.
    let seconds: Vec<_> = names.iter().map(|name| of(name)).collect();
    assert_eq!(seconds, [0, 1, 2, 3, 4, 5, 6, 6, 6, 6], "{begun:?}");
}

#[tokio::test(start_paused = true)]
async fn an_armed_guard_holds_its_phase_for_its_share_at_most() {
    for (armed, begins) in [(SECOND, SECOND), (HOUR, SECOND * 4)] {
        let notes = Notes::new(Settings::new("test").with_phase("a", 1).with_phase("b", 1));
        let cleanup = Cleanup::once("armed", |_| async {}).with_phase("a");
        let guard = notes.janitor.track(cleanup).unwrap();
        notes.leave("b", "b", Duration::ZERO);
        let other = Cleanup::once("of the last phase", |_| pending::<()>());
        let other = notes.janitor.track(other).unwrap();
        let dropping = tokio::spawn(async move {
            sleep(armed).await;
            drop(guard);
        });
        let report = notes.janitor.drain(SECOND * 8).await;
        notes.assert_begun(&[("b", begins)]);
        assert_eq!(report.left, if armed == HOUR { 2 } else { 1 }, "{report}");
        dropping.abort();
        drop(other);
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_late_for_its_phase_is_begun_at_once() {
    let notes = Notes::new(three());
    notes.leave("long", "b", SECOND * 3);
    let dropping = async {
        sleep(SECOND).await;
        notes.leave("late", "a", Duration::ZERO);
        notes.leave("early", "c", Duration::ZERO);
    };
    let (report, ()) = tokio::join!(notes.janitor.drain(SECOND * 9), dropping);
    assert!(report.is_clean(), "{report}");
    notes.assert_begun(&[("long", Duration::ZERO), ("late", SECOND), ("early", SECOND * 3)]);
}

#[tokio::test(start_paused = true)]
async fn the_order_of_a_key_goes_before_the_order_of_phases() {
    let notes = Notes::new(Settings::new("test").with_phase("a", 1).with_phase("b", 1));
    let begun = |name: &'static str, phase| {
        let (began, begun) = (notes.began, notes.begun.clone());
        let cleanup = Cleanup::once(name, move |_| {
            begun.push((name, began.elapsed()));
            async {}
        });
        let cleanup = cleanup.with_delay(HOUR).with_key("k").with_phase(phase);
        drop(notes.janitor.scope(cleanup));
    };
    begun("first of its key", "b");
    begun("second", "a");
    let report = notes.janitor.drain(SECOND * 8).await;
    assert!(report.is_clean(), "{report}");
    // Neither is held up: the later phase's is begun with the one that waits for it.
    notes.assert_begun(&[("first of its key", Duration::ZERO), ("second", Duration::ZERO)]);
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_phase_does_not_use_up_the_deadline() {
    let notes = Notes::new(Settings::new("test").with_phase("a", 9).with_phase("b", 1));
    notes.leave("long", "a", SECOND * 60);
    let mut runs = Vec::new();
    for key in ["k", "k", "other"] {
        let cleanup = Cleanup::once("short", |_| sleep(SECOND)).with_key(key).with_phase("b");
        runs.push(notes.janitor.scope(cleanup.with_deadline(SECOND * 3)).run());
    }
    let late = Cleanup::once("late", |_| sleep(SECOND * 4)).with_phase("b");
    runs.push(notes.janitor.scope(late.with_deadline(SECOND * 3)).run());
    let began = Instant::now();
    // All are held at once: with nothing to do before the drain, they would have begun.
    let report = notes.janitor.drain(SECOND * 100).await;
    assert_near(began.elapsed(), SECOND * 63);
    let mut outcomes = Vec::new();
    for run in runs {
        outcomes.push(run.await);
    }
    let expected = [Outcome::Completed, Outcome::Completed, Outcome::Completed, Outcome::TimedOut];
    assert_eq!(outcomes, expected, "{report}");
}
