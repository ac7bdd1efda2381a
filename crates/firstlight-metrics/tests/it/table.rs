//! The table of the documentation and what is exported say the same.

use std::collections::{BTreeMap, BTreeSet};

use firstlight_cleanup::Janitor;
use firstlight_metrics::{CleanupMetrics, Collector, ReadyMetrics};
use firstlight_ready::{Readiness, Spec};
use firstlight_sync::first_output;
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::scrape::Scrape;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    kind: String,
    labels: Vec<String>,
    meaning: String,
}

/// The table, as it stands in the documentation.
pub(crate) fn rows() -> BTreeMap<String, Row> {
    let table =
        include_str!("../../src/families.md").lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, meaning] = cells[..] else { panic!("{line}") };
        let labels = labels.split(", ").map(|label| label.trim_matches('`').to_owned()).collect();
        let row = Row { kind: kind.to_owned(), labels, meaning: meaning.to_owned() };
        (name.trim_matches('`').to_owned(), row)
    };
    table.map(row).collect()
}

impl Row {
    pub(crate) fn has_label(&self, label: &str) -> bool {
        self.labels.iter().any(|known| known == label)
    }
}

/// A life in which everything happens that has a time of its own.
async fn live(scrape: &Scrape) {
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let metrics = ReadyMetrics::new("orders");
    let values = metrics.values();
    let readiness = Readiness::builder("orders").observer(metrics).build().expect("a set");
    let (publisher, output) = first_output("snapshot").expect("an output");
    let collector = Collector::new()
        .with_set(values, &readiness)
        .with_output(&output)
        .with_holds("ads", Default::default)
        .with_janitor(CleanupMetrics::new("orders"), &Janitor::new("orders"));
    let db = readiness.register(Spec::new("db")).expect("a gate");
    readiness.seal().expect("sealed");
    db.ready();
    publisher.publish(());
    readiness.cut("enough");
    readiness.stopped();
    collector.collect();
}

#[tokio::test]
async fn every_row_is_exported_with_its_type_labels_and_help_and_nothing_else_is() {
    let scrape = Scrape::new();
    live(&scrape).await;
    let text = scrape.text();
    let mut exported: BTreeMap<String, Row> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' '))
        {
            let row = Row { kind: kind.to_owned(), labels: Vec::new(), meaning: String::new() };
            assert_eq!(exported.insert(name.to_owned(), row), None, "{name} twice");
        }
    }
    for line in text.lines() {
        if let Some((name, help)) =
            line.strip_prefix("# HELP ").and_then(|line| line.split_once(' '))
        {
            exported.get_mut(name).expect("a type").meaning = help.to_owned();
        }
    }
    for series in scrape.series() {
        let row = exported.get_mut(&series.name).expect("a type");
        let labels: Vec<String> = series.labels.iter().map(|(key, _)| key.clone()).collect();
        assert!(
            row.labels.is_empty() || row.labels == labels,
            "{series:?} differs from its family"
        );
        row.labels = labels;
    }
    assert_eq!(exported, rows(), "{text}");
}

#[test]
fn the_names_keep_to_the_prometheus_conventions() {
    assert!(rows().len() > 20, "the table is read");
    for (name, row) in rows() {
        assert!(name.starts_with("firstlight_"), "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        assert_eq!(
            row.kind == "counter",
            name.ends_with("_total"),
            "{name}: counters end in _total"
        );
        for taken in ["_sum", "_count", "_bucket", "_created", "_info"] {
            assert!(!name.ends_with(taken), "{name}: taken by histograms and others");
        }
        for unit in ["_ms", "milli", "micro", "nano", "minute", "gauge", "counter"] {
            assert!(!name.contains(unit), "{name}: base units, and no types in names");
        }
        for timed in ["time_to", "pending_seconds", "phase_seconds"] {
            assert!(!name.contains(timed) || name.ends_with("_seconds"), "{name}");
        }
        for label in &row.labels {
            assert!(
                !["le", "quantile", "job", "instance", "name"].contains(&label.as_str()),
                "{name}: {label}"
            );
        }
        assert!(row.labels.len() <= 2, "{name}: two labels at most");
        assert!(row.meaning.ends_with('.') && row.meaning.len() <= 120, "{name}");
    }
}

#[tokio::test]
async fn an_exporter_that_adds_units_and_suffixes_finds_them_there_already() {
    let scrape = Scrape::of(PrometheusBuilder::new().with_recommended_naming(true));
    live(&scrape).await;
    let names: BTreeSet<String> = scrape.series().into_iter().map(|series| series.name).collect();
    assert_eq!(names, rows().into_keys().collect());
}

#[tokio::test]
async fn no_series_is_there_twice() {
    let scrape = Scrape::new();
    live(&scrape).await;
    let series = scrape.series();
    for (at, one) in series.iter().enumerate() {
        let same = |other: &&crate::scrape::Series| {
            (&other.name, &other.labels) == (&one.name, &one.labels)
        };
        assert_eq!(series.iter().filter(same).count(), 1, "{one:?} at {at}");
    }
    assert!(series.len() > 40);
}
