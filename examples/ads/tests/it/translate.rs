use ads::translate::{
    ENVOY, Inputs, Kind, MAX_ENDPOINTS, MAX_PATHS, Object, Options, Verdict, translate,
};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::Ingress;

use crate::translate_support::{
    CLASS, aged, first_path, ingress, of, path, rule, service, slice, told, verdict,
};

fn objects(
    ingresses: impl IntoIterator<Item = Ingress>,
    services: &[&str],
    slices: impl IntoIterator<Item = EndpointSlice>,
) -> Vec<Object> {
    let ingresses = ingresses.into_iter().map(Object::from);
    let services = services.iter().map(|name| Object::from(service(name)));
    ingresses.chain(services).chain(slices.into_iter().map(Object::from)).collect()
}

#[test]
fn an_ingress_with_its_service_and_endpoints_is_all_that_a_client_asks_for() {
    let translation = of(objects(
        [ingress("web", &["echo.local/ -> echo:80"])],
        &["echo"],
        [
            slice("echo-b", "echo", &["10.0.0.2", "!10.0.0.3"]),
            slice("echo-a", "echo", &["10.0.0.1"]),
        ],
    ));
    let expected = [
        "echo.local: echo.local",
        "echo.local [echo.local] / -> shop/echo:80",
        "shop/echo:80 = 10.0.0.1:8080 10.0.0.2:8080",
    ];
    assert_eq!(told(&translation), expected);
    assert!(translation.snapshot.unresolved().is_empty());
    assert!(translation.verdicts.values().all(|verdict| *verdict == Verdict::Relevant));
    assert_eq!(translation.verdicts.len(), 4);
}

#[test]
fn the_longest_prefix_comes_first_and_a_named_port_is_its_number() {
    let rules = ["a.b/ -> one:80", "a.b/pkg.Service/ -> two:grpc", "a.b/pkg -> one:grpc"];
    let translation = of(objects([ingress("web", &rules)], &["one", "two"], []));
    let expected = [
        "a.b: a.b",
        "a.b [a.b] /pkg.Service/ -> shop/two:80",
        "a.b [a.b] /pkg -> shop/one:80",
        "a.b [a.b] / -> shop/one:80",
        "shop/one:80 = ",
        "shop/two:80 = ",
    ];
    assert_eq!(told(&translation), expected);
}

/// projectcontour/contour#420: who asks for a service of no endpoints gets an answer, and is not kept waiting.
#[test]
fn a_service_without_a_ready_endpoint_is_there_and_empty() {
    let endpoints = slice("echo-a", "echo", &["!10.0.0.1"]);
    let translation = of(objects([ingress("web", &["a/ -> echo:80"])], &["echo"], [endpoints]));
    assert_eq!(told(&translation).last().expect("a line"), "shop/echo:80 = ");
    assert!(translation.snapshot.unresolved().is_empty());
}

/// kgateway-dev/kgateway#13868: one reference to nothing kept everything from everybody.
#[test]
fn a_missing_service_is_named_and_nothing_else_waits_for_it() {
    let mut elsewhere = service("elsewhere");
    elsewhere.spec.as_mut().expect("a spec").type_ = Some("ExternalName".to_owned());
    let rules = ["a/ -> echo:80", "a/gone -> gone:80", "b/ -> elsewhere:80", "c/ -> echo:http"];
    let mut all = objects([ingress("web", &rules)], &["echo"], [slice("e", "echo", &["10.0.0.1"])]);
    all.push(elsewhere.into());
    let translation = of(all);
    let missing: Vec<_> =
        translation.snapshot.unresolved().iter().map(|unresolved| unresolved.missing()).collect();
    assert_eq!(missing, ["shop/gone:80", "shop/elsewhere:80", "shop/echo:http"]);
    let told = told(&translation);
    for line in
        ["a [a] / -> shop/echo:80", "a [a] /gone -> shop/gone:80", "shop/echo:80 = 10.0.0.1:8080"]
    {
        assert!(told.iter().any(|told| told == line), "{line}: {told:?}");
    }
    let rejected = |reason: &str| Verdict::Rejected(reason.to_owned());
    let external = verdict(&translation, Kind::Service, "elsewhere");
    assert_eq!(external, rejected("an ExternalName has no endpoints"));
    let ingress = verdict(&translation, Kind::Ingress, "web");
    assert_eq!(ingress, rejected("service echo has no port http"), "a missing service is no fault");
}

#[test]
fn what_is_none_of_our_business_is_irrelevant_whatever_is_wrong_with_it() {
    let mut other = ingress("other", &["Bad Host/ -> nothing:0"]);
    other.spec.as_mut().expect("a spec").ingress_class_name = Some("theirs".to_owned());
    let mut unclassed = ingress("unclassed", &["b/ -> echo:80"]);
    unclassed.spec.as_mut().expect("a spec").ingress_class_name = None;
    let mut bare = ingress("bare", &[]);
    bare.spec = None;
    let mut nobodys = slice("nobodys", "x", &["no address"]);
    nobodys.metadata.labels = None;
    let translation = of(objects(
        [other, unclassed, bare],
        &["echo"],
        [slice("e", "echo", &["no address"]), nobodys],
    ));
    assert!(told(&translation).is_empty());
    let verdicts: Vec<_> = translation.verdicts.values().collect();
    assert_eq!(verdicts, [&Verdict::Irrelevant; 6]);
}

#[test]
fn nothing_at_all_is_an_empty_snapshot() {
    let translation = of([]);
    assert!(told(&translation).is_empty() && translation.verdicts.is_empty());
    assert!(Inputs::default().is_empty());
}

#[test]
fn what_is_wrong_with_an_ingress_is_told_and_the_rest_of_it_served() {
    let long = "x".repeat(254);
    type Spoil<'a> = Box<dyn Fn(&mut Ingress) + 'a>;
    let host = |name: &'static str| -> Spoil<'_> { Box::new(|i| rule(i).host = Some(name.into())) };
    let prefix = |text: &'static str| -> Spoil<'_> {
        Box::new(move |i| first_path(i).path = Some(text.into()))
    };
    let kind = |text: &'static str| -> Spoil<'_> {
        Box::new(move |i| first_path(i).path_type = text.into())
    };
    let port = |service: &'static str, port: &'static str| -> Spoil<'_> {
        Box::new(move |i| *first_path(i) = path("/", service, port))
    };
    let cases: Vec<(&str, Spoil<'_>, &str)> = vec![
        ("none", Box::new(|i| rule(i).host = None), "a rule has no host"),
        ("empty", host(""), "a rule has no host"),
        ("wildcard", host("*.local"), "*.local is no host"),
        ("capitals", host("Echo.local"), "Echo.local is no host"),
        ("a line", host("a\nb"), "a\\nb is no host"),
        ("a dot", host("a..b"), "a..b is no host"),
        ("a dash", host("-a"), "-a is no host"),
        ("long", Box::new(|i| rule(i).host = Some(long.clone())), "... is no host"),
        ("no http", Box::new(|i| rule(i).http = None), "host bad has no paths"),
        ("exact", kind("Exact"), "host bad: path type Exact is not served"),
        ("nonsense", kind("a\tb"), "host bad: path type a\\tb is not served"),
        ("relative", prefix("a"), "host bad: a is no path"),
        ("a space", prefix("/ /"), "host bad: / / is no path"),
        ("resource", Box::new(|i| first_path(i).backend.service = None), "goes to no service"),
        ("a name", port("a.b", "80"), "host bad: a.b is no service"),
        ("zero", port("echo", "0"), "service echo is named without one good port"),
        ("negative", port("echo", "-1"), "service echo is named without one good port"),
        ("too large", port("echo", "65536"), "service echo is named without one good port"),
        ("port name", port("echo", "GRPC"), "service echo is named without one good port"),
        ("no such number", port("echo", "81"), "service echo has no port 81"),
        ("no such name", port("echo", "http"), "service echo has no port http"),
    ];
    for (name, spoil, told_as) in cases {
        let mut broken = ingress("web", &["bad/ -> echo:80", "good/ -> echo:80"]);
        spoil(&mut broken);
        let translation = of(objects([broken], &["echo"], []));
        match verdict(&translation, Kind::Ingress, "web") {
            Verdict::Rejected(reason) => assert!(reason.contains(told_as), "{name}: {reason}"),
            other => panic!("{name}: {other}"),
        }
        let good = told(&translation).contains(&"good [good] / -> shop/echo:80".to_owned());
        assert!(good, "{name}: the rest is served");
    }
    let no_rules = of(objects([ingress("web", &[])], &[], []));
    let verdict = verdict(&no_rules, Kind::Ingress, "web");
    assert_eq!(verdict.to_string(), "rejected: it has no rules");
}

#[test]
fn what_is_wrong_with_a_slice_is_told_and_the_rest_of_it_served() {
    type Spoil = fn(&mut EndpointSlice);
    let cases: [(&str, Spoil, &str, &str); 6] = [
        ("fqdn", |s| s.address_type = "FQDN".into(), "addresses of type FQDN are not served", ""),
        (
            "no address",
            |s| s.endpoints.as_mut().expect("some")[0].addresses = vec!["nowhere".into()],
            "nowhere is no address",
            "10.0.0.2:8080",
        ),
        (
            "no number",
            |s| s.ports.as_mut().expect("ports")[0].port = None,
            "a port has no good number",
            "",
        ),
        (
            "too large a number",
            |s| s.ports.as_mut().expect("ports")[0].port = Some(70_000),
            "a port has no good number",
            "",
        ),
        ("no endpoints", |s| s.endpoints = None, "", ""),
        (
            "another port",
            |s| s.ports.as_mut().expect("ports")[0].name = Some("http".into()),
            "",
            "",
        ),
    ];
    for (name, spoil, reason, addresses) in cases {
        let mut broken = slice("e", "echo", &["10.0.0.1", "10.0.0.2"]);
        spoil(&mut broken);
        let translation = of(objects([ingress("web", &["a/ -> echo:80"])], &["echo"], [broken]));
        let expected = match reason {
            "" => Verdict::Relevant,
            reason => Verdict::Rejected(reason.to_owned()),
        };
        assert_eq!(verdict(&translation, Kind::EndpointSlice, "e"), expected, "{name}");
        let last = format!("shop/echo:80 = {addresses}");
        assert_eq!(told(&translation).last(), Some(&last), "{name}");
    }
}

#[test]
fn of_two_with_one_host_the_older_has_it_and_of_one_age_the_first_by_name() {
    for (older, younger, owner) in [
        (aged(ingress("z", &["a/ -> old:80"]), 1), aged(ingress("b", &["a/ -> new:80"]), 2), "z"),
        (aged(ingress("b", &["a/ -> old:80"]), 1), aged(ingress("z", &["a/ -> new:80"]), 1), "b"),
        (aged(ingress("z", &["a/ -> old:80"]), 1), ingress("b", &["a/ -> new:80"]), "z"),
    ] {
        let loser = younger.metadata.name.clone().expect("a name");
        let translation = of(objects([younger, older], &["old", "new"], []));
        assert_eq!(told(&translation)[1..], ["a [a] / -> shop/old:80", "shop/old:80 = "]);
        let reason = format!("host a is that of shop/{owner}, which is older");
        assert_eq!(verdict(&translation, Kind::Ingress, &loser), Verdict::Rejected(reason));
        assert_eq!(verdict(&translation, Kind::Ingress, owner), Verdict::Relevant);
    }
}

#[test]
fn envoy_gets_one_socket_with_all_hosts_and_grpc_one_listener_each() {
    let options = Options {
        envoy: Some(([127, 0, 0, 1], 9000).into()),
        fallback: Some("b".to_owned()),
        ..Options::new(CLASS)
    };
    let all = objects([ingress("web", &["a/ -> echo:80", "b/ -> echo:80"])], &["echo"], []);
    let translation = translate(&all.into_iter().collect(), &options);
    let expected = [
        "*: *",
        "a: a",
        "b: b",
        "* [a a:*] / -> shop/echo:80",
        "* [b b:* *] / -> shop/echo:80",
        "a [a] / -> shop/echo:80",
        "b [b] / -> shop/echo:80",
        "shop/echo:80 = ",
    ];
    let mut lines = told(&translation);
    assert_eq!(lines.remove(0), "* at 127.0.0.1:9000: *");
    assert_eq!(lines, expected[1..]);
    assert_eq!(ENVOY, "*");
    let nothing = translate(&Inputs::default(), &options);
    assert_eq!(nothing.snapshot.listeners().count(), 0, "no hosts, no socket");
}

#[test]
fn more_paths_and_endpoints_than_there_may_be_are_left_out_and_told() {
    let rules: Vec<_> = (0..=MAX_PATHS).map(|n| format!("a/{n:04} -> echo:80")).collect();
    let rules: Vec<_> = rules.iter().map(String::as_str).collect();
    let addresses: Vec<_> =
        (0..=MAX_ENDPOINTS).map(|n| format!("10.0.{}.{}", n / 256, n % 256)).collect();
    let addresses: Vec<_> = addresses.iter().map(String::as_str).collect();
    let endpoints = slice("e", "echo", &addresses);
    let translation = of(objects([ingress("web", &rules)], &["echo"], [endpoints]));
    let count = |lines: &[String], part: &str| lines.iter().filter(|l| l.contains(part)).count();
    assert_eq!(count(&told(&translation), " -> "), MAX_PATHS);
    let snapshot = &translation.snapshot;
    assert_eq!(snapshot.endpoints().next().expect("endpoints").addresses.len(), MAX_ENDPOINTS);
    for (kind, name, reason) in [
        (Kind::Ingress, "web", "host a: there are more than 256 paths"),
        (Kind::EndpointSlice, "e", "there are more than 4096 endpoints"),
    ] {
        assert_eq!(verdict(&translation, kind, name), Verdict::Rejected(reason.to_owned()));
    }
}

/// projectcontour/contour#6743: as many as users have, and each of them is in the output.
#[test]
fn eight_thousand_ingresses_are_all_there() {
    let ingresses = (0..8000).map(|n| {
        let (name, rule) = (format!("web-{n}"), format!("host-{n}.local/ -> echo-{}:80", n % 100));
        ingress(&name, &[&rule])
    });
    let services: Vec<_> = (0..100).map(|n| format!("echo-{n}")).collect();
    let services: Vec<_> = services.iter().map(String::as_str).collect();
    let translation = of(objects(ingresses, &services, []));
    assert_eq!(translation.snapshot.listeners().count(), 8000);
    assert_eq!(translation.snapshot.clusters().count(), 100);
    assert!(translation.verdicts.values().all(|verdict| *verdict == Verdict::Relevant));
}
