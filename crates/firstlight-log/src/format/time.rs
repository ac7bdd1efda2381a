use std::time::Duration;

/// The last second of the year 9999: RFC 3339 has no later years.
const LAST_SECOND: u64 = 253_402_300_799;

const DAY: u64 = 86_400;

/// Appends a time since the Unix epoch in RFC 3339, in UTC and with microseconds; later than the
/// year 9999 is its last microsecond.
pub(super) fn write(at: Duration, out: &mut Vec<u8>) {
    let (seconds, micros) = match at.as_secs() {
        seconds if seconds > LAST_SECOND => (LAST_SECOND, 999_999),
        seconds => (seconds, at.subsec_micros()),
    };
    let (year, month, day) = civil(seconds / DAY);
    let second = (seconds % DAY) as u32;
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    two(&mut text, 0, year / 100);
    two(&mut text, 2, year % 100);
    two(&mut text, 5, month);
    two(&mut text, 8, day);
    two(&mut text, 11, second / 3_600);
    two(&mut text, 14, second / 60 % 60);
    two(&mut text, 17, second % 60);
    two(&mut text, 20, micros / 10_000);
    two(&mut text, 22, micros / 100 % 100);
    two(&mut text, 24, micros % 100);
    out.extend_from_slice(&text);
}

fn two(text: &mut [u8; 27], at: usize, number: u32) {
    text[at] = b'0' + (number / 10) as u8;
    text[at + 1] = b'0' + (number % 10) as u8;
}

/// Year, month and day of a day since the epoch, in the Gregorian calendar.
///
/// Years begin in March here, so that the leap day is a year's last, and eras are the 400 years
/// after which the calendar repeats.
fn civil(days: u64) -> (u32, u32, u32) {
    const TO_MARCH_OF_YEAR_0: u64 = 719_468;
    const ERA: u64 = 146_097;
    let days = days + TO_MARCH_OF_YEAR_0;
    let (era, day_of_era) = ((days / ERA) as u32, (days % ERA) as u32);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March on have 31, 30, 31, 30 and 31 days, five of them 153.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u32::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_what_humantime_says() {
        // The days of 400 years, after which the calendar repeats, then hours and days of all years.
        let days = (0..146_097).map(|day| day * DAY + DAY - 1);
        let times = (0..=LAST_SECOND).step_by(1_999_993);
        for seconds in days.chain(times).chain([LAST_SECOND, LAST_SECOND - 1]) {
            let at = Duration::new(seconds, (seconds % 1_000_000) as u32 * 1_000 + 999);
            let mut found = Vec::new();
            write(at, &mut found);
            let expected = humantime::format_rfc3339_micros(std::time::UNIX_EPOCH + at).to_string();
            assert_eq!(String::from_utf8_lossy(&found), expected);
        }
    }

    #[test]
    fn a_time_after_the_year_9999_is_its_last_microsecond() {
        for at in [Duration::from_secs(LAST_SECOND + 1), Duration::MAX] {
            let mut found = Vec::new();
            write(at, &mut found);
            assert_eq!(String::from_utf8_lossy(&found), "9999-12-31T23:59:59.999999Z");
        }
    }
}
