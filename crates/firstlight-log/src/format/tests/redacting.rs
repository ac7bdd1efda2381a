use super::support::{JOURNALD, JSON, line, rendered, rendered_with, scope};
use crate::format::Redaction;
use crate::record::Value::{self, Bool, Bytes, Debug, Error, F64, Str, U64};

#[test]
fn names_of_secrets_hide_values_of_every_type() {
    let values: [Value<'_>; 7] = [
        Str("hunter2"),
        Debug("hunter2"),
        Error("hunter2"),
        U64(20_022),
        F64(20_022.5),
        Bytes(b"hunter2"),
        Bool(true),
    ];
    for value in values {
        let fields = [("password", value)];
        let scopes = [scope("s", &fields)];
        let line = line(&fields, &scopes);
        assert_eq!(
            rendered(JOURNALD, &line),
            "<6>INFO app::net: s{password=[redacted]}: password=[redacted]"
        );
        assert!(rendered(JSON, &line).contains(r#"{"password":"[redacted]"}"#));
    }
}

#[test]
fn a_name_is_known_in_capitals_and_with_other_signs_within() {
    let cases = [
        ("password", true),
        ("PASSWORD", true),
        ("db_password_old", true),
        ("passwd", true),
        ("ssh-passphrase", true),
        ("client.secret", true),
        ("token", true),
        ("X-Auth-Token", true),
        ("http.request.header.authorization", true),
        ("apikey", true),
        ("X-API-Key", true),
        ("accessKey", true),
        ("private_key", true),
        ("credentials", true),
        ("set_cookie", true),
        ("session-id", true),
        ("bearer", true),
        ("signing_key", true),
        // A Kelvin sign, whose small letter is a plain k.
        ("to\u{212a}en", true),
        ("mot_de_passe_token_é", true),
        ("pass", false),
        ("tok", false),
        ("message", false),
        ("status", false),
        ("session", false),
        ("key", false),
        ("toke", false),
        ("nekot_drowssap", false),
        ("clé", false),
        ("", false),
    ];
    for (name, hidden) in cases {
        let fields = [(name, Str("hunter2"))];
        let found = !rendered(JSON, &line(&fields, &[])).contains("hunter2");
        assert_eq!(found, hidden, "{name}");
    }
}

#[test]
fn names_can_be_added_and_none_are_hidden_on_request() {
    let fields = [("IBAN", Str("a")), ("token", Str("b")), ("Größe", Str("c"))];
    let line = line(&fields, &[]);
    let added = || Redaction::none().with_name("_i-ban").with_name("GRÖSSE").with_name("größe");
    let cases = [
        (Redaction::none(), "IBAN=a token=b Größe=c"),
        (Redaction::default(), "IBAN=a token=[redacted] Größe=c"),
        (added(), "IBAN=[redacted] token=b Größe=[redacted]"),
        // A name with nothing to go by hides nothing, and not everything.
        (Redaction::none().with_name("").with_name("-_"), "IBAN=a token=b Größe=c"),
        (Redaction::none().with_name("i"), "IBAN=[redacted] token=b Größe=c"),
    ];
    for (redaction, expected) in cases {
        let shown = format!("{redaction:?}");
        let found = rendered_with(JOURNALD, redaction, &line);
        assert_eq!(found, format!("<6>INFO app::net: {expected}"), "{shown}");
    }
}

#[test]
fn a_rule_reads_every_text_and_nothing_that_a_name_has_hidden() {
    let redaction = Redaction::default().with_rule(|field, text| {
        assert_ne!(field, "token");
        text.contains("4111").then(|| text.replace("4111", "****"))
    });
    let fields = [
        ("message", Debug("paid with 4111")),
        ("card", Str("4111 x")),
        ("shown", Debug("Card(4111)")),
        ("error", Error("no 4111")),
        ("number", U64(4111)),
        ("token", Str("4111")),
    ];
    let span_fields = [("card", Str("4111"))];
    let scopes = [scope("4111", &span_fields)];
    assert_eq!(
        rendered_with(JOURNALD, redaction, &line(&fields, &scopes)),
        "<6>INFO app::net: 4111{card=****}: paid with **** card=\"**** x\" shown=Card(****) \
         error=\"no ****\" number=4111 token=[redacted]"
    );
}

#[test]
fn rules_read_what_the_one_before_has_left_and_what_they_write_is_escaped() {
    let redaction = Redaction::none()
        .with_rule(|_, text| Some(text.replace('a', "b")))
        .with_rule(|field, _| (field == "untouched").then(String::new))
        .with_rule(|_, text| Some(text.replace('b', "\n\u{1b}")));
    let fields = [("message", Str("a"))];
    assert_eq!(
        rendered_with(JOURNALD, redaction, &line(&fields, &[])),
        r"<6>INFO app::net: \n\u{1b}"
    );
}

#[test]
fn a_rule_that_panics_hides_the_text_and_harms_nothing() {
    struct Worse;
    impl Drop for Worse {
        fn drop(&mut self) {
            std::panic::panic_any(Self);
        }
    }

    let fields = [("message", Str("hunter2")), ("n", U64(1))];
    let line = line(&fields, &[]);
    let panics = Redaction::none().with_rule(|_, _| panic!("hunter2"));
    let throws = Redaction::none().with_rule(|_, _| std::panic::panic_any(Worse));
    let by_name = || Redaction::none().with_rule(|field, _| panic!("of {field}"));
    for redaction in [panics, throws, by_name().with_rule(|_, text| Some(text.to_owned()))] {
        assert_eq!(rendered_with(JOURNALD, redaction, &line), "<6>INFO app::net: [redacted] n=1");
    }
}

#[test]
fn what_a_rule_writes_is_bounded() {
    let redaction = Redaction::none().with_rule(|_, _| Some("é".repeat(1 << 20)));
    let fields = [("message", Str("x"))];
    let length = rendered_with(JOURNALD, redaction, &line(&fields, &[])).len();
    assert_eq!(length, "<6>INFO app::net: ".len() + (1 << 20));
}
