//! Laws: any text is a filter; written out it reads the same; a target has the level of its own rule or of its
//! parent's; a complaint points at its directive, is one line, and what it suggests is understood.
#![no_main]

use firstlight_log::Filter;
use libfuzzer_sys::fuzz_target;
use tracing::level_filters::LevelFilter;

fuzz_target!(|text: &str| {
    let (filter, complaints) = Filter::parse(text);
    assert!(complaints.len() <= 1001);
    for complaint in &complaints {
        let there = &text[complaint.position..];
        let shown = complaint.directive.split(['\\', '…']).next().unwrap_or_default();
        assert!(there.starts_with(shown) && !there.starts_with(','), "{complaint}");
        assert!(!complaint.to_string().contains(char::is_control), "{complaint}");
        if let Some(meant) = &complaint.suggestion {
            assert_eq!(Filter::parse(meant).1, [], "{complaint}");
        }
    }

    let written = filter.to_string();
    let directives: Vec<_> = written.split(',').collect();
    if directives.len() > 1000 || written.len() > 64 * 1024 {
        return;
    }
    assert_eq!(Filter::parse(&written), (filter.clone(), Vec::new()), "{written}");
    let mut max = directives[0].parse::<LevelFilter>().expect("a level");
    for directive in &directives[1..] {
        let (target, level) = directive.split_once('=').expect("a target and its level");
        let level: LevelFilter = level.parse().expect("a level");
        max = max.max(level);
        assert_eq!(filter.level_for(target), level, "{written}");
        assert_eq!(filter.level_for(&format!("{target}:::")), level, "{written}");
        let parent = target.rsplit_once("::").map_or("", |(parent, _)| parent);
        let beside = format!("{target}/");
        assert_eq!(filter.level_for(&beside), filter.level_for(parent), "{written}");
    }
    assert_eq!(filter.max_level(), max);
});
