//! Laws: any text is a query of bounded size; the order of its pairs does not matter; written anew it reads the same.
#![no_main]

use firstlight_report::{MAX_EXCLUSIONS, Query};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let query = Query::parse(text);
    assert!(query.exclusions().is_sorted());
    assert!(query.exclusions().len() <= MAX_EXCLUSIONS);
    assert!(query.exclusions().iter().all(|name| name.len() <= 131 && !name.contains(',')));
    if query.is_cut() {
        return;
    }
    let backwards: Vec<_> = text.split('&').rev().collect();
    assert_eq!(Query::parse(&backwards.join("&")), query);

    let mut anew = String::from(if query.is_verbose() { "verbose" } else { "" });
    for name in query.exclusions().iter().filter(|name| !name.ends_with('…')) {
        let escaped: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        anew.push_str(&format!("&exclude={escaped}"));
    }
    let whole = query.exclusions().iter().all(|name| !name.ends_with('…'));
    assert!(!whole || Query::parse(&anew) == query, "{anew}");
});
