//! The alert rules of the README: rules that Prometheus can read, over series that exist.

use yaml_serde::Value;

use crate::table::rows;

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
    assert!(rules.len() >= 5);
    for rule in rules {
        let keys: Vec<&str> =
            rule.as_mapping().expect("a rule").keys().filter_map(Value::as_str).collect();
        let known = ["alert", "expr", "for", "labels", "annotations"];
        assert!(keys.iter().all(|key| known.contains(key)), "{keys:?}");
        let name = rule["alert"].as_str().expect("a name");
        assert!(name.starts_with("Firstlight"), "{name}");
        assert!(
            ["warning", "critical"].contains(&rule["labels"]["severity"].as_str().expect(name)),
            "{name}"
        );
        assert!(rule["annotations"]["summary"].is_string(), "{name}");
        if let Some(time) = rule["for"].as_str() {
            let (number, unit) = time.split_at(time.len() - 1);
            assert!(
                number.parse::<u32>().is_ok() && ["s", "m", "h"].contains(&unit),
                "{name}: {time}"
            );
        }
    }
}

#[test]
fn every_rule_asks_for_series_and_labels_that_exist() {
    let rows = rows();
    for rule in rules() {
        let name = rule["alert"].as_str().expect("a name");
        let expr = rule["expr"].as_str().expect(name);
        for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
            assert_eq!(expr.matches(open).count(), expr.matches(close).count(), "{name}: {expr}");
        }
        let found: Vec<&str> =
            expr.match_indices("firstlight_").map(|(at, _)| &expr[at..]).collect();
        assert!(!found.is_empty(), "{name}: {expr}");
        for series in found {
            let end =
                series.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(series.len());
            let (series, rest) = series.split_at(end);
            let row = rows.get(series).unwrap_or_else(|| panic!("{name}: no {series}"));
            let Some((matchers, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
            else {
                continue;
            };
            for matcher in matchers.split(", ") {
                let (label, _) = matcher.split_once(['=', '!']).expect(matcher);
                assert!(row.has_label(label), "{name}: {series} has no label {label}");
            }
        }
        // What a summary names must be a label of the alert.
        let summary = rule["annotations"]["summary"].as_str().expect(name);
        for (at, _) in summary.match_indices("$labels.") {
            let label = summary[at + 8..].split(' ').next().expect("a label");
            assert!(rows.values().any(|row| row.has_label(label)), "{name}: {label}");
        }
    }
}
