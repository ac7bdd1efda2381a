//! Bodies recorded from a kube-apiserver v1.36.2: a set with the same checks in the same states says the same bytes.

use firstlight_ready::Spec;
use firstlight_ready::machine::Report as Said;
use firstlight_report::Audience;

use crate::set::Set;

#[test]
fn a_set_in_the_same_state_answers_as_the_api_server_did() {
    let table = [
        ("ready", include_str!("../recorded/readyz-starting.txt")),
        ("ready", include_str!("../recorded/readyz-passed.txt")),
        ("ready", include_str!("../recorded/readyz-shutdown.txt")),
        ("live", include_str!("../recorded/livez-passed.txt")),
        ("live", include_str!("../recorded/livez-failed.txt")),
    ];
    for (view, body) in table {
        assert_eq!(same_as(body).text_for(view, "verbose", Audience::Public), body);
    }
}

fn same_as(body: &str) -> Set {
    let mut set = Set::new();
    let checks = body.lines().filter(|line| line.starts_with('['));
    let checks: Vec<_> =
        checks.filter_map(|line| Some((line.get(..3)?, line[3..].split(' ').next()?))).collect();
    let gates = || checks.iter().filter(|(_, name)| *name != "shutdown");
    gates().for_each(|(_, name)| set.declare(Spec::new(name).in_live()));
    set.seal();
    for (sign, name) in gates() {
        set.say(name, if *sign == "[+]" { Said::Ready } else { Said::Failed("no".into()) });
    }
    if checks.contains(&("[-]", "shutdown")) {
        set.drain("SIGTERM");
    }
    set
}
