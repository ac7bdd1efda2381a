use metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit};

/// The longest label value, in bytes; what is longer is cut.
pub const MAX_LABEL: usize = 128;

/// For recorders that filter by where a metric comes from.
pub(super) const METADATA: Metadata<'static> =
    Metadata::new("firstlight_metrics", Level::INFO, Some("firstlight_metrics"));

/// Series of one name, one type, one unit and one set of labels.
#[derive(Debug)]
pub(crate) struct Family {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) labels: &'static [&'static str],
    pub(super) help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
}

impl Family {
    /// The key of the series with these label values, in the order of the family's labels.
    pub(super) fn key(&self, values: &[&str]) -> Key {
        let label = |(key, value): (&&'static str, &&str)| Label::new(*key, cut(value).to_owned());
        let labels: Vec<Label> = self.labels.iter().zip(values).map(label).collect();
        Key::from_parts(self.name, labels)
    }

    fn describe(&self, recorder: &dyn Recorder) {
        let name = KeyName::from_const_str(self.name);
        // An exporter that adds units to names finds this one there already.
        let unit = self.name.ends_with("_seconds").then_some(Unit::Seconds);
        let help = SharedString::const_str(self.help);
        match self.kind {
            Kind::Counter => recorder.describe_counter(name, unit, help),
            Kind::Gauge => recorder.describe_gauge(name, unit, help),
        }
    }
}

/// Says what these families are; again with each collect, since a recorder may have come.
pub(crate) fn describe(families: &[&Family]) {
    metrics::with_recorder(|recorder| families.iter().for_each(|family| family.describe(recorder)));
}

fn cut(value: &str) -> &str {
    let end = (0..=MAX_LABEL.min(value.len())).rev().find(|at| value.is_char_boundary(*at));
    value.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_value_is_cut_between_characters() {
        for (value, length) in [
            (String::new(), 0),
            ("x".repeat(128), 128),
            ("x".repeat(129), 128),
            ("é".repeat(99), 128),
            ("€".repeat(99), 126),
        ] {
            assert_eq!(cut(&value).len(), length, "{value}");
        }
    }
}
