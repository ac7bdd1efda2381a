//! What was told to the log while a test ran.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

pub(crate) type Fields = BTreeMap<&'static str, String>;

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(Level, Fields)>>>);

impl Log {
    /// Listens until the guard is dropped, in this thread.
    pub(crate) fn listen() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn events(&self) -> Vec<(Level, Fields)> {
        self.0.lock().expect("no panic").clone()
    }

    pub(crate) fn lines(&self) -> Vec<(Level, String)> {
        self.events().into_iter().map(|(level, all)| (level, all["message"].clone())).collect()
    }
}

impl<S: Subscriber> Layer<S> for Log {
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
        if event.metadata().target() == "firstlight_http" {
            let mut all = All(Fields::new());
            event.record(&mut all);
            self.0.lock().expect("no panic").push((*event.metadata().level(), all.0));
        }
    }
}
