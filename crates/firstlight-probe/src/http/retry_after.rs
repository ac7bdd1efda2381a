use std::time::{Duration, SystemTime};

use crate::clock::wall_clock;

/// The longest time that is taken from a header: a day. The wait has its own, shorter limit.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads a `Retry-After`: seconds, or a date. A past date is 0; what is neither is nothing.
///
/// A date is held against the answer's own `Date`, when it has one: the clocks of two machines differ.
pub(crate) fn retry_after(value: &str, answered: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // Too many digits for a number are a long time, not garbage.
        let seconds = value.parse::<u64>().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let now = answered.and_then(|date| httpdate::parse_http_date(date).ok());
    let now = now.unwrap_or_else(wall_clock);
    Some(left(at, now))
}

fn left(at: SystemTime, now: SystemTime) -> Duration {
    at.duration_since(now).unwrap_or(Duration::ZERO).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_retry_after_is_read_and_bounded() {
        let answered = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let seconds = |s| Some(Duration::from_secs(s));
        for (value, expected) in [
            ("0", seconds(0)),
            ("120", seconds(120)),
            (" 7 ", seconds(7)),
            ("99999999999999999999999999", Some(LONGEST)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", seconds(10)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", seconds(10)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", seconds(0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(LONGEST)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("Sun, 99 Nov 1994 08:49:47 GMT", None),
        ] {
            assert_eq!(retry_after(value, answered), expected, "{value}");
        }
    }

    #[test]
    fn without_a_date_of_the_answer_the_own_clock_counts() {
        for answered in [None, Some("garbage")] {
            let past = retry_after("Sun, 06 Nov 1994 08:49:37 GMT", answered);
            assert_eq!(past, Some(Duration::ZERO));
            let future = retry_after("Fri, 31 Dec 9999 23:59:59 GMT", answered);
            assert_eq!(future, Some(LONGEST));
        }
    }
}
