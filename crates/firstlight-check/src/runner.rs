use std::sync::Arc;

use firstlight_ready::Gate;
use tokio::sync::{Semaphore, watch};

use crate::events;
use crate::flight::Flight;
use crate::policy::Policy;
use crate::probe::Probe;
use crate::schedule::Schedule;

/// One check's task: pause, run, tell the gate, again.
///
/// It owns the gate: when it is dropped, whoever does that, the gate's handle is gone, and the gate closes.
pub(crate) struct Runner {
    pub(crate) gate: Gate,
    pub(crate) probe: Probe,
    pub(crate) policy: Policy,
    pub(crate) schedule: Schedule,
    pub(crate) flight: Arc<Flight>,
    pub(crate) ended: watch::Sender<u64>,
    /// Given out in the order of asking, so that no check starves.
    pub(crate) places: Arc<Semaphore>,
}

impl Runner {
    pub(crate) async fn run(mut self) {
        let mut pause = self.schedule.first();
        loop {
            self.flight.wait(pause).await;
            // Nobody closes it.
            let Ok(place) = self.places.acquire().await else { return };
            let began = self.flight.clock().now();
            self.flight.begin(began);
            let outcome = self.probe.ask(self.policy.timeout, self.flight.clock()).await;
            drop(place);
            let now = self.flight.clock().now();
            // The gate first: whoever waited for the result finds the gate as it says.
            outcome.tell(&self.gate);
            let landed = self.flight.end(&outcome, self.probe.left_behind(), now, &self.ended);
            if landed.changed {
                events::changed(self.flight.name(), &outcome, landed.failures, began, now);
            }
            pause = self.schedule.next(outcome.is_good());
        }
    }
}
