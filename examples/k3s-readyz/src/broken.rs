//! What people write: a fixed interval, a generous time-out for a request, every error worth another try until the deadline.
//!
//! Each component has a loop of its own.

use std::time::Duration;

use firstlight_poll::{Status, Verdict};
use firstlight_probe::{Answer, HttpProbe};
use tokio::time::error::Elapsed;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// The constant of K3s, there for the sake of kubeadm.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Waits until the API server is ready; `polls` counts the attempts.
pub(crate) async fn wait_for_api_server(
    probe: &HttpProbe,
    poll_interval: Duration,
    deadline: Duration,
    polls: &mut u64,
) -> Result<Answer, Elapsed> {
    let polling = async {
        let mut ticks = interval(poll_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            *polls += 1;
            match probe.check_within(REQUEST_TIMEOUT).await {
                Verdict::Ready(answer) => return answer,
                not_ready => {
                    tracing::info!("Polling for API server readiness: {}", why(not_ready));
                }
            }
        }
    };
    timeout(deadline, polling).await
}

/// As client-go words it, whatever it is.
fn why(not_ready: Verdict<Answer>) -> String {
    match not_ready {
        Verdict::Ready(_) => "ready".to_owned(),
        Verdict::Pending(pending) => Status::from(pending).to_string(),
        Verdict::Overloaded(overload) => overload.detail().to_owned(),
        Verdict::Transient(fault) | Verdict::Fatal(fault) => fault.to_string(),
    }
}
