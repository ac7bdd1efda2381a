use firstlight_ready::{GateState, Readiness};
use metrics::{describe_gauge, gauge};
use tokio::sync::watch;

use crate::election::Leadership;
use crate::inputs::INPUTS;
use crate::{Finding, Plane};

/// What is told by metrics of this example's own, beside those of firstlight: the operator's alerts are made of both.
pub(crate) struct Told {
    readiness: Readiness,
    finding: watch::Receiver<Option<Finding>>,
    leadership: watch::Receiver<Leadership>,
}

impl Told {
    pub(crate) fn new(plane: &Plane, leadership: watch::Receiver<Leadership>) -> Self {
        describe_gauge!("contour_leader", "Whether this instance leads now: 1 or 0.");
        describe_gauge!(
            "contour_configuration_state",
            "Whether this is what the newest build came to: 1 or 0."
        );
        describe_gauge!(
            "contour_objects_rejected",
            "Objects that are ours and wrong, as of the newest build."
        );
        describe_gauge!(
            "contour_input_up",
            "Whether this kind of objects was read, and its watch is well: 1 or 0."
        );
        Self { readiness: plane.readiness.clone(), finding: plane.finding.clone(), leadership }
    }

    /// Sets them as it is now.
    pub(crate) fn collect(&self) {
        gauge!("contour_leader").set(number(self.leadership.borrow().leads));
        let (state, rejected) = {
            let finding = self.finding.borrow();
            let rejected = match &*finding {
                Some(Finding::ConfigurationError(wrong, _)) => *wrong,
                _ => 0,
            };
            (finding.as_ref().map_or(Finding::UNKNOWN, Finding::as_str), rejected)
        };
        for name in Finding::STATES {
            gauge!("contour_configuration_state", "state" => name).set(number(name == state));
        }
        gauge!("contour_objects_rejected").set(rejected as f64);
        let snapshot = self.readiness.snapshot();
        for (input, gate) in
            INPUTS.into_iter().filter_map(|name| Some((name, snapshot.gate(name)?)))
        {
            // Degraded is open, and has trouble.
            let is_up = matches!(gate.state, GateState::Ready | GateState::ReadyEmpty);
            gauge!("contour_input_up", "input" => input).set(number(is_up));
        }
    }
}

fn number(is: bool) -> f64 {
    f64::from(u8::from(is))
}
