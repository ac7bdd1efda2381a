//! The alert rules of the README: rules that Prometheus can read, over series that an instance really exports.

use std::collections::{BTreeMap, BTreeSet};

use yaml_serde::Value;

use crate::instance::Instance;

fn rules() -> Vec<Value> {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```yaml\n").expect("rules");
    let (yaml, _) = rest.split_once("```").expect("their end");
    let file: Value = yaml_serde::from_str(yaml).expect("YAML");
    let groups = file["groups"].as_sequence().expect("groups");
    assert!(groups.iter().all(|group| group["name"].is_string()));
    groups.iter().flat_map(|group| group["rules"].as_sequence().expect("rules").clone()).collect()
}

#[test]
fn every_rule_has_what_a_rule_needs() {
    let rules = rules();
    let names: Vec<_> = rules.iter().map(|rule| rule["alert"].as_str().expect("a name")).collect();
    for name in [
        "ContourNotReady",
        "ContourFollowerNotReady",
        "ContourConfigurationError",
        "ContourInputGone",
        "ContourNobodyLeads",
        "ContourTwoLead",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    for (rule, name) in rules.iter().zip(names) {
        let keys = rule.as_mapping().expect("a rule").keys().filter_map(Value::as_str);
        let known = ["alert", "expr", "for", "labels", "annotations"];
        assert!(keys.into_iter().all(|key| known.contains(&key)), "{name}");
        let severity = rule["labels"]["severity"].as_str().expect(name);
        assert!(["warning", "critical"].contains(&severity), "{name}");
        assert!(rule["annotations"]["summary"].is_string(), "{name}");
        let (number, unit) = rule["for"].as_str().expect(name).split_at_checked(1).expect(name);
        assert!(number.parse::<u32>().is_ok() && unit == "m", "{name}: minutes");
    }
}

/// Series with the values of their labels, as they are scraped.
type Series = BTreeMap<String, BTreeSet<(String, String)>>;

fn scraped(text: &str) -> Series {
    let mut series = Series::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, rest) = line.split_at(line.find(['{', ' ']).expect(line));
        let labels = series.entry(name.to_owned()).or_default();
        if let Some((inner, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            labels.extend(inner.split(',').map(|label| {
                let (label, value) = label.split_once('=').expect(line);
                (label.to_owned(), value.trim_matches('"').to_owned())
            }));
        }
    }
    series
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_asks_for_series_and_labels_that_an_instance_exports() {
    let it = Instance::start("--id a --mode fixed").await;
    it.until_leads(true).await;
    let (_, text) = it.get("/metrics").await;
    let series = scraped(&text);
    for name in ["contour_leader", "contour_configuration_state", "contour_input_up"] {
        assert!(text.contains(&format!("# HELP {name} ")), "{name} says what it is");
        assert!(text.contains(&format!("# TYPE {name} gauge")), "{name}");
    }
    for rule in rules() {
        let name = rule["alert"].as_str().expect("a name");
        let expr = rule["expr"].as_str().expect(name);
        for (open, close) in [('(', ')'), ('{', '}')] {
            assert_eq!(expr.matches(open).count(), expr.matches(close).count(), "{name}: {expr}");
        }
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        let begins = |at: usize| !expr[..at].ends_with(is_name);
        let all = ["firstlight_", "contour_"].into_iter().flat_map(|it| expr.match_indices(it));
        let found: Vec<_> = all.filter(|(at, _)| begins(*at)).map(|(at, _)| &expr[at..]).collect();
        assert!(!found.is_empty(), "{name}: {expr}");
        for metric in found {
            let end = metric.find(|c| !is_name(c)).unwrap_or(metric.len());
            let (metric, rest) = metric.split_at(end);
            let labels = series.get(metric).unwrap_or_else(|| panic!("{name}: no {metric}"));
            let Some((matchers, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
            else {
                continue;
            };
            for matcher in matchers.split(", ") {
                let (label, value) = matcher.split_once('=').expect(matcher);
                let wanted = (label.to_owned(), value.trim_matches('"').to_owned());
                assert!(labels.contains(&wanted), "{name}: {metric} has no {matcher}");
            }
        }
        // What a summary names must be a label that the expression keeps: of the series, or of the scrape.
        let summary = rule["annotations"]["summary"].as_str().expect(name);
        for (at, _) in summary.match_indices("$labels.") {
            let label = summary[at + 8..].split(' ').next().expect("a label");
            let known = ["job", "instance"].contains(&label)
                || series.values().flatten().any(|(known, _)| known == label);
            assert!(known, "{name}: {label}");
        }
    }
}
