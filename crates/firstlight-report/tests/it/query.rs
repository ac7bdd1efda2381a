use firstlight_report::{MAX_EXCLUSIONS, MAX_QUERY, Query};
use proptest::prelude::*;

#[test]
fn a_query_is_read_as_kubernetes_reads_it() {
    let table: &[(&str, bool, &[&str])] = &[
        ("", false, &[]),
        ("verbose", true, &[]),
        ("verbose=true", true, &[]),
        ("verbose=false", true, &[]),
        ("Verbose", false, &[]),
        ("verbos%65", true, &[]),
        ("&&verbose&", true, &[]),
        ("timeout=3s&x", false, &[]),
        ("exclude=db", false, &["db"]),
        ("exclude=db&verbose&exclude=cache", true, &["cache", "db"]),
        ("exclude=db&exclude=db", false, &["db"]),
        ("exclude=db,cache", false, &["cache", "db"]),
        ("exclude=db%2Ccache", false, &["cache", "db"]),
        ("exclude=poststarthook%2Frbac/roles", false, &["poststarthook/rbac/roles"]),
        ("exclude=a+b", false, &["a b"]),
        ("exclude=a=b", false, &["a=b"]),
        ("exclude", false, &[""]),
        ("exclude=", false, &[""]),
        ("exclude=db;verbose", false, &[]),
        ("exclude=%zz&verbose", true, &[]),
        ("exclude=%4&verbose", true, &[]),
        ("exclude=%&verbose", true, &[]),
        ("exclude=%+1&verbose", true, &[]),
        ("exclude=%ff", false, &["\u{fffd}"]),
        ("exclude=%0a%5B-%5Ddb", false, &["\n[-]db"]),
    ];
    for (text, verbose, exclusions) in table {
        let query = Query::parse(text);
        assert_eq!(query.is_verbose(), *verbose, "{text}");
        assert_eq!(query.exclusions(), *exclusions, "{text}");
        assert!(!query.is_cut(), "{text}");
    }
}

#[test]
fn a_query_without_end_is_cut_and_says_so() {
    let many: String = (0..100).map(|at| format!("exclude=gate-{at:03}&")).collect();
    let query = Query::parse(&many);
    assert_eq!(query.exclusions().len(), MAX_EXCLUSIONS);
    assert!(query.is_cut());

    let long = format!("verbose&exclude=db&x={}&exclude=cache", "y".repeat(MAX_QUERY));
    let query = Query::parse(&long);
    assert_eq!((query.is_verbose(), query.is_cut()), (true, true));
    assert_eq!(query.exclusions(), ["db"]);

    let query = Query::parse(&"é".repeat(MAX_QUERY));
    assert!(query.is_cut() && !query.is_verbose());
}

#[test]
fn half_a_name_never_stands_for_another() {
    // The first 128 bytes are a name that a gate may have.
    let query = Query::parse(&format!("exclude={}b", "a".repeat(128)));
    assert_eq!(query.exclusions(), [format!("{}…", "a".repeat(128))]);
    let query = Query::parse(&format!("exclude={}", "é".repeat(100)));
    assert_eq!(query.exclusions(), [format!("{}…", "é".repeat(64))]);
    // The end of what is read falls into a name.
    let query = Query::parse(&format!("x={}&exclude=db-2", "y".repeat(MAX_QUERY - 13)));
    assert!(query.is_cut() && query.exclusions().is_empty(), "{query:?}");
}

proptest! {
    #[test]
    fn any_text_is_a_query_of_bounded_size(text in ".{0,200}") {
        let query = Query::parse(&text);
        prop_assert!(query.exclusions().is_sorted());
        prop_assert!(query.exclusions().iter().all(|name| name.len() <= 131 && !name.contains(',')));
    }

    #[test]
    fn the_order_of_the_pairs_does_not_matter(pairs in prop::collection::vec("(verbose|exclude=[a-c%2,+]{0,6}|x)", 0..10)) {
        let backwards: Vec<_> = pairs.iter().rev().cloned().collect();
        prop_assert_eq!(Query::parse(&pairs.join("&")), Query::parse(&backwards.join("&")));
    }

    #[test]
    fn an_escaped_name_is_read_as_it_was(name in "[^,]{1,40}") {
        let escaped: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let query = Query::parse(&format!("verbose&exclude={escaped}"));
        prop_assume!(name.len() <= 128);
        prop_assert_eq!(query.exclusions(), [name]);
    }
}
