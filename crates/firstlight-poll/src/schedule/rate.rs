use std::fmt;

/// A share of the time elapsed, or of an interval.
///
/// 10 % of the time waited so far, say. Held as a fixed-point number, so that a schedule has no floating
/// point. From 0 to 1 000 %; more counts as 1 000 %.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u64);

/// The binary places of the fixed-point number.
const PLACES: u32 = 32;

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// All of it: 100 %.
    pub const ONE: Self = Self(1 << PLACES);

    /// Takes so many hundredths.
    pub const fn percent(percent: u32) -> Self {
        Self::per_mille(percent.saturating_mul(10))
    }

    /// Takes so many thousandths.
    pub const fn per_mille(per_mille: u32) -> Self {
        let per_mille = if per_mille > 10_000 { 10_000 } else { per_mille };
        Self(((per_mille as u64) << PLACES) / 1_000)
    }

    /// This share of so many nanoseconds, rounded down.
    #[inline]
    pub(crate) const fn of(self, nanos: u64) -> u64 {
        let share = (nanos as u128 * self.0 as u128) >> PLACES;
        if share > u64::MAX as u128 { u64::MAX } else { share as u64 }
    }

    pub(crate) const fn min(self, other: Self) -> Self {
        if self.0 < other.0 { self } else { other }
    }

    /// As a number, for words and bounds; never for a schedule.
    pub(crate) fn as_f64(self) -> f64 {
        self.0 as f64 / (1u64 << PLACES) as f64
    }

    /// What is left of 100 % after a random share of this rate is taken away; `draw` is the die.
    #[inline]
    pub(crate) const fn shrink(self, draw: u64) -> Self {
        Self(Self::ONE.0.saturating_sub(((draw >> PLACES) * self.0) >> PLACES))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded to the thousandths that constructors take.
        write!(f, "{} %", (self.as_f64() * 1000.0).round() / 10.0)
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;

    #[test]
    fn a_share_is_exact_within_a_nanosecond_and_never_rounded_up() {
        assert_eq!(Rate::percent(100).of(12_345), 12_345);
        assert_eq!(Rate::percent(0).of(u64::MAX), 0);
        assert_eq!(Rate::percent(200).of(u64::MAX), u64::MAX);
        assert_eq!(Rate::percent(u32::MAX), Rate::percent(1000));
        let hour = 3_600_000_000_000;
        let share = Rate::percent(10).of(hour);
        assert!(share <= hour / 10 && share >= hour / 10 - 900, "{share}");
    }

    #[test]
    fn shrinking_keeps_at_least_what_the_rate_leaves_and_at_most_all() {
        let rate = Rate::percent(20);
        assert_eq!(rate.shrink(0), Rate::ONE);
        assert!(rate.shrink(u64::MAX) >= Rate::percent(80));
    }

    #[test]
    fn it_is_shown_in_percent() {
        assert_eq!(Rate::per_mille(25).to_string(), "2.5 %");
        assert_eq!(Rate::percent(10).to_string(), "10 %");
    }
}
