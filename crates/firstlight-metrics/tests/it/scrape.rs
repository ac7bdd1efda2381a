//! A Prometheus recorder and what it renders, taken apart again.

use std::collections::BTreeMap;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// The recorder of one test.
pub(crate) struct Scrape {
    pub(crate) recorder: PrometheusRecorder,
    reader: Reader,
}

/// Reads what a recorder renders, from anywhere.
#[derive(Clone)]
pub(crate) struct Reader(PrometheusHandle);

/// A series as it was rendered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

impl Scrape {
    pub(crate) fn new() -> Self {
        Self::of(PrometheusBuilder::new())
    }

    pub(crate) fn of(builder: PrometheusBuilder) -> Self {
        let recorder = builder.build_recorder();
        Self { reader: Reader(recorder.handle()), recorder }
    }

    pub(crate) fn reader(&self) -> Reader {
        self.reader.clone()
    }
}

impl std::ops::Deref for Scrape {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Reader {
    pub(crate) fn text(&self) -> String {
        self.0.render()
    }

    pub(crate) fn series(&self) -> Vec<Series> {
        self.now().0
    }

    /// All that is rendered now.
    pub(crate) fn now(&self) -> Rendered {
        let text = self.text();
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Rendered(lines.map(parse).collect())
    }

    #[track_caller]
    pub(crate) fn find(&self, what: &str) -> Option<f64> {
        self.now().find(what)
    }

    #[track_caller]
    pub(crate) fn value(&self, what: &str) -> f64 {
        self.now().value(what)
    }
}

/// What was rendered at one time.
#[derive(Debug)]
pub(crate) struct Rendered(Vec<Series>);

impl Rendered {
    /// `firstlight_gate_open orders db`: the value of the series with these label values, in their order.
    #[track_caller]
    pub(crate) fn find(&self, what: &str) -> Option<f64> {
        let mut words = what.split(' ');
        let name = words.next().expect("a name");
        let values: Vec<&str> = words.collect();
        let mut found = self.0.iter().filter(|series| {
            let labels = series.labels.iter().map(|(_, value)| value.as_str());
            series.name == name && labels.eq(values.iter().copied())
        });
        let first = found.next();
        assert_eq!(found.next(), None, "{what} is there twice");
        first.map(|series| series.value)
    }

    #[track_caller]
    pub(crate) fn value(&self, what: &str) -> f64 {
        self.find(what).unwrap_or_else(|| panic!("no {what} in {:#?}", self.0))
    }

    /// All counters, by name and labels.
    pub(crate) fn counters(&self) -> BTreeMap<String, f64> {
        let counts = |series: &&Series| series.name.ends_with("_total");
        let key = |series: &Series| format!("{} {:?}", series.name, series.labels);
        self.0.iter().filter(counts).map(|series| (key(series), series.value)).collect()
    }
}

/// `name{key="value",...} number`; panics on a line that is none.
fn parse(line: &str) -> Series {
    let (series, value) = line.rsplit_once(' ').expect(line);
    let (name, mut rest) = series.split_once('{').expect(line);
    let mut labels = Vec::new();
    while rest != "}" {
        let (key, quoted) = rest.split_once("=\"").expect(line);
        let mut value = String::new();
        let mut chars = quoted.char_indices();
        let end = loop {
            match chars.next().expect(line) {
                (end, '"') => break end,
                (_, '\\') => value.push(match chars.next().expect(line).1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, other) => value.push(other),
            }
        };
        labels.push((key.trim_start_matches(',').to_owned(), value));
        rest = &quoted[end + 1..];
    }
    Series { name: name.to_owned(), labels, value: value.parse().expect(line) }
}
