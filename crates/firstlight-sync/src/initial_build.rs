use std::error::Error as StdError;

use thiserror::Error;

use crate::not_synced::NotSynced;
use crate::output::Publisher;
use crate::synced::Synced;
use crate::wait::Wait;

/// Builds and publishes the first output, exactly once, as soon as all is synced.
///
/// It does so also when nothing changed: an empty cluster gets an empty output, a follower the same as a
/// leader. Nothing that happens after the sync delays it. How long it waits at most is the wait's time-out.
///
/// # Errors
/// [`BuildError`]. Then nothing has been published by this call. A panic of `build` is the caller's.
///
/// # Cancel safety
/// Dropping the future drops the build under way; nothing is published.
///
/// # Examples
/// ```no_run
/// # async fn f(tracker: firstlight_sync::Tracker) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use firstlight_sync::{first_output, initial_build};
///
/// let (publisher, output) = first_output::<Vec<String>>("snapshot")?;
/// let wait = tracker.wait().with_timeout(Duration::from_secs(60));
/// let synced = initial_build(wait, &publisher, async |_| Ok::<_, String>(vec![])).await?;
/// println!("{}: serving {:?}", synced.verdict(), output.get()?);
/// # Ok(())
/// # }
/// ```
pub async fn initial_build<T, E, F>(
    wait: Wait,
    publisher: &Publisher<T>,
    build: impl FnOnce(Synced) -> F,
) -> Result<Synced, BuildError>
where
    F: Future<Output = Result<T, E>>,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    if publisher.version() > 0 {
        return Err(BuildError::Superseded);
    }
    let synced = wait.await.map_err(BuildError::NotSynced)?;
    let value = build(synced.clone()).await.map_err(|error| BuildError::Build(error.into()))?;
    match publisher.put(value, Some(0), synced.tracker()) {
        Ok(_) => Ok(synced),
        Err(_) => Err(BuildError::Superseded),
    }
}

/// Why there was no initial build, or why it was not published.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The wait failed; nothing was built.
    #[error(transparent)]
    NotSynced(NotSynced),
    /// The build failed.
    #[error("the initial build failed: {0}")]
    Build(#[source] Box<dyn StdError + Send + Sync>),
    /// Somebody else has published the first output.
    #[error("the first output has been published already")]
    Superseded,
}
