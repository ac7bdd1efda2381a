use std::time::Duration;

/// The unit of all figures in one text or picture: the same everywhere, so that they can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Millis,
    Micros,
}

impl Unit {
    /// The unit in which the longest figure reads well.
    pub(crate) fn of(longest: Duration) -> Self {
        if longest >= Duration::from_secs(1) {
            Self::Seconds
        } else if longest >= Duration::from_millis(1) {
            Self::Millis
        } else {
            Self::Micros
        }
    }

    pub(crate) fn show(self, time: Duration) -> String {
        match self {
            Self::Seconds => format!("{:.3} s", time.as_secs_f64()),
            Self::Millis => format!("{:.2} ms", time.as_secs_f64() * 1e3),
            Self::Micros => format!("{:.1} µs", time.as_secs_f64() * 1e6),
        }
    }

    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Millis => "ms",
            Self::Micros => "µs",
        }
    }

    pub(crate) const fn nanos(self) -> f64 {
        match self {
            Self::Seconds => 1e9,
            Self::Millis => 1e6,
            Self::Micros => 1e3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_figure_chooses_the_unit() {
        for (longest, text) in [
            (Duration::ZERO, "0.0 µs"),
            (Duration::from_nanos(999_900), "999.9 µs"),
            (Duration::from_millis(1), "1.00 ms"),
            (Duration::from_micros(412_340), "412.34 ms"),
            (Duration::from_millis(1_840), "1.840 s"),
            (Duration::from_nanos(u64::MAX), "18446744073.710 s"),
        ] {
            assert_eq!(Unit::of(longest).show(longest), text);
        }
    }
}
