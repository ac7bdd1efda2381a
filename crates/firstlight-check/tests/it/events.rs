//! One event for a change of result, none for a run.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use firstlight_check::{Health, Trouble};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::target::{Target, ms, s, set};

type Fields = BTreeMap<&'static str, String>;

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(Level, Fields)>>>);

impl<S: Subscriber> Layer<S> for Seen {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct All(Fields);
        impl Visit for All {
            fn record_str(&mut self, field: &Field, value: &str) {
                self.0.insert(field.name(), value.to_owned());
            }
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                self.0.insert(field.name(), format!("{value:?}"));
            }
        }
        if event.metadata().target() == "firstlight_check" {
            let mut all = All(Fields::new());
            event.record(&mut all);
            self.0.lock().expect("no panic").push((*event.metadata().level(), all.0));
        }
    }
}

fn seen() -> (Seen, DefaultGuard) {
    let seen = Seen::default();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(seen.clone()));
    (seen, guard)
}

#[tokio::test(start_paused = true)]
async fn each_change_is_one_event_with_its_times_and_a_run_is_none() {
    let (seen, _guard) = seen();
    let (_readiness, checks) = set();
    let db = Target::well().taking(ms(5));
    checks.add(db.check("db").every(s(1)).timeout(s(1))).expect("added");
    let script = [
        Ok(Health::Ready),
        Err(Trouble::new("refused")),
        Err(Trouble::new("401\nINFO forged")),
        Ok(Health::degraded("slow")),
        Ok(Health::Ready),
    ];
    for answer in script {
        db.answers(answer);
        for _ in 0..3 {
            checks.refresh("db", s(0)).await.expect("a result");
        }
    }
    tokio::time::sleep(s(100)).await;
    let seen = seen.0.lock().expect("no panic").clone();
    let told: Vec<_> = seen
        .iter()
        .map(|(level, all)| (*level, all["message"].as_str(), all["outcome"].as_str()))
        .collect();
    let expected = [
        (Level::INFO, "check db: ready", "ready"),
        (Level::WARN, "check db: not ready: refused", "not-ready"),
        (Level::INFO, "check db: degraded: slow", "degraded"),
        (Level::INFO, "check db: ready", "ready"),
    ];
    assert_eq!(told, expected);
    let trouble = &seen[1].1;
    assert_eq!((trouble["check"].as_str(), trouble["reason"].as_str()), ("db", "refused"));
    assert_eq!(trouble["failures"], "1");
    let ns = |name| trouble[name].parse::<u64>().expect("a number");
    let took = ns("end_ns") - ns("start_ns");
    assert!((5_000_000..7_000_000).contains(&took), "{took}");
    assert!(!seen[0].1.contains_key("reason"));
}
