use std::time::Duration;

use k3s_readyz::Error;
use k3s_readyz::recording::{Answer, Recording, Transcript};

#[test]
fn every_built_in_scenario_is_there_and_starts_with_a_refusal() {
    let built_in = Transcript::built_in().expect("valid");
    let recorded =
        ["anon-rbac-fresh", "cert-rbac-fresh", "noanon-nocert", "etcd-late-cert", "shutdown"];
    let made = ["flapping", "etcd-lost"];
    assert_eq!(built_in.names().collect::<Vec<_>>(), [&recorded[..], &made[..]].concat());
    for name in recorded.into_iter().chain(made) {
        let Recording { states, note, .. } = built_in.recording(Some(name)).expect("there");
        assert_eq!(states[0].from, Duration::ZERO, "{name}");
        assert_eq!(states[0].answer, Answer::Refused, "{name}");
        assert_eq!(states[1].answer, Answer::Stalled, "{name}");
        assert_eq!(note.starts_with("MADE"), made.contains(&name), "{name}");
    }
}

#[test]
fn the_default_recording_goes_from_refused_to_ready_as_it_was_recorded() {
    let recording = Transcript::built_in().and_then(|all| all.recording(None)).expect("there");
    assert_eq!(recording.name, "anon-rbac-fresh");
    let told: Vec<String> = recording
        .states
        .iter()
        .map(|state| match &state.answer {
            Answer::Http(reply) => format!("{} {}", state.from.as_millis(), reply.status.as_u16()),
            other => format!("{} {other:?}", state.from.as_millis()),
        })
        .collect();
    assert_eq!(told, ["0 Refused", "250 Stalled", "1257 403", "2651 500", "3000 200"]);
}

#[test]
fn an_unknown_scenario_is_an_error_that_lists_the_known_ones() {
    let error = Transcript::built_in().and_then(|all| all.recording(Some("nosuch"))).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::UnknownScenario { .. }), "{text}");
    assert!(text.contains("anon-rbac-fresh") && text.contains("etcd-lost"), "{text}");
}

#[test]
fn a_malformed_transcript_is_a_typed_error_that_says_where() {
    let scenario = |runs: &str| {
        format!(r#"{{"scenarios":[{{"name":"x","endpoints":{{"readyz":[{runs}]}}}}]}}"#)
    };
    for (text, expected) in [
        (String::new(), "not a transcript"),
        ("[]".into(), "not a transcript"),
        (r#"{"scenarios":[{"name":"x"}]}"#.into(), "not a transcript"),
        (scenario(r#"{"first_ms":0,"kind":"sideways"}"#), "not a transcript"),
        (scenario(r#"{"first_ms":"soon","kind":"refused"}"#), "not a transcript"),
        (scenario(""), r#"scenario "x" has no runs"#),
        (
            scenario(r#"{"first_ms":-1,"kind":"refused"}"#),
            r#"scenario "x", run 1: first_ms is no time"#,
        ),
        (
            scenario(r#"{"first_ms":1e300,"kind":"refused"}"#),
            r#"scenario "x", run 1: first_ms is no time"#,
        ),
        (
            scenario(r#"{"first_ms":0,"kind":"http"}"#),
            r#"scenario "x", run 1: kind is http and there is no status from 200 to 599"#,
        ),
        (
            scenario(r#"{"first_ms":0,"kind":"http","status":99}"#),
            r#"scenario "x", run 1: kind is http and there is no status from 200 to 599"#,
        ),
        (
            scenario(
                r#"{"first_ms":0,"kind":"http","status":200,"headers":{"content-type":"a\nb"}}"#,
            ),
            r#"scenario "x", run 1: content-type is no header"#,
        ),
        (
            scenario(
                r#"{"first_ms":5,"kind":"refused"},{"first_ms":9,"kind":"refused"},{"first_ms":8,"kind":"refused"}"#,
            ),
            r#"scenario "x", run 3: begins before the last"#,
        ),
    ] {
        let error = Transcript::parse(&text).and_then(|all| all.recording(None)).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}
