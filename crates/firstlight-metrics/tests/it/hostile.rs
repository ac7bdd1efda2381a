//! Names that try to break out of their label.

use firstlight_cleanup::Janitor;
use firstlight_metrics::{CleanupMetrics, Collector, MAX_LABEL, ReadyMetrics};

use crate::scrape::Scrape;

#[test]
fn a_hostile_name_stays_in_its_label() {
    for name in [
        "a\"} 1\nfirstlight_injected_total{x=\"",
        "back\\slash",
        "new\nline\r\n# TYPE x counter",
        "{}=,",
        "\u{2028}\u{202e}é€",
        "",
    ] {
        let scrape = Scrape::new();
        let _here = metrics::set_default_local_recorder(&scrape.recorder);
        let _metrics = ReadyMetrics::new(name);
        let collector = Collector::new()
            .with_holds(name, Default::default)
            .with_janitor(CleanupMetrics::new(name), &Janitor::new("orders"));
        collector.collect();
        let series = scrape.series();
        assert!(series.len() > 40, "{name:?}");
        for series in series {
            assert!(crate::table::rows().contains_key(&series.name), "{name:?}: {series:?}");
            assert_eq!(series.labels[0].1, name, "{series:?}");
        }
    }
}

/// The exporter takes a backslash before a quote for an escape that is there already: another name, and still one label.
#[test]
fn a_name_that_looks_escaped_stays_in_its_label_as_well() {
    for name in ["\\\"", "\\\\\"", "\\", "x\\\"} 1\nfirstlight_injected_total{x=\""] {
        let scrape = Scrape::new();
        let _here = metrics::set_default_local_recorder(&scrape.recorder);
        let _metrics = ReadyMetrics::new(name);
        for series in scrape.series() {
            assert!(crate::table::rows().contains_key(&series.name), "{name:?}: {series:?}");
            assert!(series.labels.len() <= 2, "{name:?}: {series:?}");
        }
    }
}

#[test]
fn a_long_name_is_cut() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let _metrics = ReadyMetrics::new("é".repeat(1 << 20));
    assert!(scrape.series().iter().all(|series| series.labels[0].1 == "é".repeat(MAX_LABEL / 2)));
}
