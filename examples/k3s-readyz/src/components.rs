use std::time::Duration;

use support::{Outcome, Value};
use tokio::time::Instant;

use crate::server::Server;

/// Who waits for the API server, and how long after the start each is ready to ask: K3s had four such callers.
///
/// None starts on a full second with the server: whether a poll at 3.000 s meets a server that is ready at 3.001 s is no property of an interval.
pub(crate) const COMPONENTS: [(&str, Duration); 4] = [
    ("cloud-controller", Duration::from_millis(60)),
    ("helm-controller", Duration::from_millis(190)),
    ("node-agent", Duration::from_millis(430)),
    ("addons", Duration::from_millis(800)),
];

/// How the wait of one component went.
#[derive(Debug, Clone)]
pub(crate) struct Waited {
    pub(crate) component: &'static str,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    pub(crate) outcome: Outcome,
}

impl Waited {
    /// How long after it could have known; `None` when it never knew, or nobody can say when it could.
    pub(crate) fn lateness(&self, server: &Server) -> Option<Duration> {
        if self.outcome != Outcome::Ready {
            return None;
        }
        let could_know = server.ready_before(self.ended)?.max(self.started);
        Some(self.ended.saturating_duration_since(could_know))
    }
}

/// The lateness of all together and of each, by key; all together only when each is known.
pub(crate) fn latenesses(waits: &[Waited], server: &Server) -> Vec<(String, Value)> {
    let each: Vec<Option<Duration>> = waits.iter().map(|wait| wait.lateness(server)).collect();
    let all: Option<Vec<Duration>> = each.iter().copied().collect();
    let max = all.as_ref().and_then(|all| all.iter().max().copied());
    let mean = all.as_ref().map(|all| all.iter().sum::<Duration>() / COMPONENTS.len() as u32);
    let mut values = vec![
        ("lateness_max".to_owned(), Value::Seconds(max)),
        ("lateness_mean".to_owned(), Value::Seconds(mean)),
    ];
    values.extend(
        waits
            .iter()
            .zip(each)
            .map(|(wait, late)| (format!("lateness_{}", wait.component), Value::Seconds(late))),
    );
    values
}
