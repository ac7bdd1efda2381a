use std::time::Duration;

use http::HeaderValue;

/// The longest that anybody is sent away for.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Whole seconds, rounded up, at most a day; none at 0.
pub(crate) fn retry_after(pause: Duration) -> Option<HeaderValue> {
    let pause = pause.min(LONGEST);
    let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
    (seconds > 0).then(|| HeaderValue::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_told_in_whole_seconds_and_never_as_zero() {
        let told = |pause| retry_after(pause).map(|value| value.to_str().unwrap_or("").to_owned());
        for (pause, expected) in [
            (Duration::ZERO, None),
            (Duration::from_nanos(1), Some("1")),
            (Duration::from_secs(1), Some("1")),
            (Duration::from_millis(1_001), Some("2")),
            (LONGEST, Some("86400")),
            (Duration::MAX, Some("86400")),
        ] {
            assert_eq!(told(pause).as_deref(), expected, "{pause:?}");
        }
    }
}
