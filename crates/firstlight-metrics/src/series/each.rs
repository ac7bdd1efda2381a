use super::{Counter, Family, Gauge};

/// One series for each of a few label values, known from the start.
#[derive(Debug)]
pub(crate) struct Each<V, S>(Vec<(V, S)>);

impl<V: Copy + PartialEq> Each<V, Counter> {
    /// Counters of one owner, one for each value.
    pub(crate) fn counters(
        family: &Family,
        owner: &str,
        values: &[V],
        name: impl Fn(V) -> &'static str,
    ) -> Self {
        Self(
            values
                .iter()
                .map(|value| (*value, Counter::new(family, &[owner, name(*value)])))
                .collect(),
        )
    }

    pub(crate) fn export(&self) {
        self.0.iter().for_each(|(_, counter)| counter.export());
    }
}

impl<V: Copy + PartialEq> Each<V, Gauge> {
    /// Gauges of one owner without a value yet, one for each value.
    pub(crate) fn gauges(
        family: &Family,
        owner: &str,
        values: &[V],
        name: impl Fn(V) -> &'static str,
    ) -> Self {
        Self(
            values
                .iter()
                .map(|value| (*value, Gauge::absent(family, &[owner, name(*value)])))
                .collect(),
        )
    }

    pub(crate) fn export(&self) {
        self.0.iter().for_each(|(_, gauge)| gauge.export());
    }
}

impl<V: Copy + PartialEq, S> Each<V, S> {
    /// The series of this value; `None` for one that came into the world after this crate.
    pub(crate) fn of(&self, value: V) -> Option<&S> {
        self.0.iter().find(|(known, _)| *known == value).map(|(_, series)| series)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (V, &S)> {
        self.0.iter().map(|(value, series)| (*value, series))
    }
}
