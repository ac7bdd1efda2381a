use std::fmt;
use std::time::Duration;

/// A time as people read it: `350 ms`, `12.1 s`, `2 min 5 s`.
pub(crate) struct Human(pub(crate) Duration);

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0 => write!(f, "{} ms", self.0.as_millis()),
            1..60 => write!(f, "{}.{} s", seconds, self.0.subsec_millis() / 100),
            60..3_600 => write!(f, "{} min {} s", seconds / 60, seconds % 60),
            _ => write!(f, "{} h {} min", seconds / 3_600, seconds / 60 % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_unit_that_fits() {
        let table = [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (12_199, "12.1 s"),
            (125_000, "2 min 5 s"),
            (7_260_000, "2 h 1 min"),
        ];
        for (millis, text) in table {
            assert_eq!(Human(Duration::from_millis(millis)).to_string(), text);
        }
        assert_eq!(Human(Duration::MAX).to_string(), "5124095576030431 h 0 min");
    }
}
