//! The same with firstlight: one adaptive poll for all components, errors by class, a report at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use firstlight_poll::{
    Classifier, Disposition, ErrorClass, Grace, Ready, SharedPoll, Wait, WaitError,
};
use firstlight_probe::{Answer, HttpProbe};
use tokio_util::sync::CancellationToken;

/// What a program's own configuration says about the wait.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) across_a_network: bool,
    pub(crate) deadline: Duration,
    pub(crate) auth_grace: Duration,
    pub(crate) hold: Duration,
    pub(crate) shutdown: CancellationToken,
}

/// What is waited for, in logs and reports.
const NAME: &str = "API server readiness";

/// The one poll that all components share; `polls` counts the attempts.
pub(crate) fn api_server(
    probe: HttpProbe,
    settings: Settings,
    polls: Arc<AtomicU64>,
) -> SharedPoll<Answer> {
    let late_credentials = Disposition::Until(Grace::time(settings.auth_grace));
    let wait = if settings.across_a_network { Wait::remote(NAME) } else { Wait::local(NAME) };
    let wait = wait
        .with_timeout(settings.deadline)
        .with_hold(settings.hold)
        .with_classifier(Classifier::default().with(ErrorClass::Unauthorized, late_credentials))
        .with_cancellation(settings.shutdown);
    SharedPoll::new(wait, move |cx| {
        let (polls, attempt) = (Arc::clone(&polls), probe.check(cx));
        async move {
            polls.fetch_add(1, Ordering::Relaxed);
            attempt.await
        }
    })
}

/// Waits until the API server is ready.
pub(crate) async fn wait_for_api_server(
    api_server: &SharedPoll<Answer>,
) -> Result<Ready<Answer>, WaitError> {
    api_server.wait().await
}
