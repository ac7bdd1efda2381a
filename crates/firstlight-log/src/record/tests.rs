use std::error::Error;
use std::fmt;

use proptest::prelude::*;
use tracing::callsite::Callsite;
use tracing::field::{FieldSet, Visit, debug};
use tracing::metadata::Kind;

use super::*;

fn fields() -> &'static FieldSet {
    tracing::callsite! { name: "event", kind: Kind::EVENT, target: "record", level: tracing::Level::INFO, fields: message, a, b, c, d, e, f, g }
        .metadata()
        .fields()
}

struct Plain<'a>(&'a str);

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Failure {
    what: String,
    source: Option<Box<Failure>>,
}

impl Owned {
    fn record(&self, index: usize, encoder: &mut Encoder<'_>) {
        let field = &fields().iter().nth(index).expect("there are eight");
        match self {
            Self::I64(value) => encoder.record_i64(field, *value),
            Self::U64(value) => encoder.record_u64(field, *value),
            Self::I128(value) => encoder.record_i128(field, *value),
            Self::U128(value) => encoder.record_u128(field, *value),
            Self::F64(value) => encoder.record_f64(field, *value),
            Self::Bool(value) => encoder.record_bool(field, *value),
            Self::Str(value) => encoder.record_str(field, value),
            Self::Bytes(value) => encoder.record_bytes(field, value),
            Self::Debug(value) => encoder.record_debug(field, &Plain(value)),
            Self::Error(value) => {
                encoder.record_error(field, &Failure { what: value.clone(), source: None })
            }
        }
    }

    fn is(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::F64(own), Value::F64(value)) => own.to_bits() == value.to_bits(),
            (Self::I64(own), Value::I64(value)) => *own == value,
            (Self::U64(own), Value::U64(value)) => *own == value,
            (Self::I128(own), Value::I128(value)) => *own == value,
            (Self::U128(own), Value::U128(value)) => *own == value,
            (Self::Bool(own), Value::Bool(value)) => *own == value,
            (Self::Str(own), Value::Str(value))
            | (Self::Debug(own), Value::Debug(value))
            | (Self::Error(own), Value::Error(value)) => own == value,
            (Self::Bytes(own), Value::Bytes(value)) => own == value,
            _ => false,
        }
    }
}

fn any_value() -> impl Strategy<Value = Owned> {
    prop_oneof![
        any::<i64>().prop_map(Owned::I64),
        any::<u64>().prop_map(Owned::U64),
        any::<i128>().prop_map(Owned::I128),
        any::<u128>().prop_map(Owned::U128),
        any::<u64>().prop_map(|bits| Owned::F64(f64::from_bits(bits))),
        any::<bool>().prop_map(Owned::Bool),
        ".{0,40}".prop_map(Owned::Str),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Owned::Bytes),
        ".{0,40}".prop_map(Owned::Debug),
        ".{0,40}".prop_map(Owned::Error),
    ]
}

fn encode(max_text: usize, record: impl FnOnce(&mut Encoder<'_>)) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, max_text);
    record(&mut encoder);
    let cut = encoder.cut();
    (bytes, cut)
}

/// The only value that is written, as text.
#[track_caller]
fn debugged(value: &dyn fmt::Debug, max_text: usize) -> (String, bool) {
    let field = fields().field("a").expect("it has an a");
    let (bytes, cut) = encode(max_text, |encoder| encoder.record_debug(&field, value));
    match Values::encoded(fields(), &bytes).get("a") {
        Some(Value::Debug(text)) => (text.to_owned(), cut),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_and_lent_and_written_again_the_same(values in prop::collection::vec(prop::option::of(any_value()), 8)) {
        let (bytes, cut) = encode(MAX_TEXT, |encoder| {
            values.iter().enumerate().for_each(|(index, value)| {
                if let Some(value) = value {
                    value.record(index, encoder);
                }
            });
        });
        prop_assert!(!cut);
        let read: Vec<_> = Values::encoded(fields(), &bytes).iter().collect();
        let mut left = read.into_iter();
        for (field, value) in fields().iter().zip(&values) {
            if let Some(value) = value {
                let (name, read) = left.next().expect("it was written");
                prop_assert_eq!(name, field.name());
                prop_assert!(value.is(read), "{:?} is {:?}", value, read);
            }
        }
        prop_assert!(left.next().is_none());
        let (again, _) = with_values(fields(), &bytes, |lent| encode(MAX_TEXT, |encoder| lent.record(encoder)));
        prop_assert_eq!(again, bytes);
    }

    #[test]
    fn bytes_that_nobody_wrote_are_read_without_a_panic(bytes in prop::collection::vec(prop_oneof![3 => 0_u8..12, 1 => any::<u8>()], 0..200)) {
        let values = Values::encoded(fields(), &bytes);
        prop_assert!(values.iter().count() <= bytes.len());
        let _ = values.without_origin().get("message");
        with_values(fields(), &bytes, |lent| drop(encode(16, |encoder| lent.record(encoder))));
    }

    #[test]
    fn a_text_of_any_length_is_cut_between_two_characters(text in "[aé€𝄞]{0,60}", max in 0_usize..80) {
        for owned in [Owned::Str(text.clone()), Owned::Debug(text.clone()), Owned::Error(text.clone())] {
            let (bytes, cut) = encode(max, |encoder| owned.record(1, encoder));
            let value = Values::encoded(fields(), &bytes).get("a").expect("it was written");
            let (Value::Str(kept) | Value::Debug(kept) | Value::Error(kept)) = value else { panic!("{value:?}") };
            prop_assert_eq!(cut, text.len() > max);
            let kept = if cut { kept.strip_suffix("…[cut]").expect("it says that it was cut") } else { kept };
            prop_assert!(text.starts_with(kept) && kept.len() <= max);
            prop_assert!(kept.len() + 4 > max.min(text.len()), "more was cut than had to be");
        }
    }
}

#[test]
fn an_error_is_told_with_its_sources_and_not_for_ever() {
    let mut failure = Failure { what: "0".to_owned(), source: None };
    for depth in 1..100 {
        failure = Failure { what: depth.to_string(), source: Some(Box::new(failure)) };
    }
    let field = fields().field("a").unwrap();
    let error: &(dyn Error + 'static) = &failure;
    let (bytes, _) = encode(MAX_TEXT, |encoder| encoder.record_error(&field, error));
    let Some(Value::Error(text)) = Values::encoded(fields(), &bytes).get("a") else { panic!() };
    assert!(text.starts_with("99: 98: 97: "), "{text}");
    assert_eq!(text.split(": ").count(), 17);
}

#[test]
fn a_debug_that_fails_or_panics_half_way_leaves_what_it_wrote_and_the_values_after_it() {
    struct Half(bool);
    impl fmt::Debug for Half {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            assert!(!self.0, "by intention");
            Err(fmt::Error)
        }
    }
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("by intention, the payload too");
        }
    }
    struct Payload;
    impl fmt::Debug for Payload {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            std::panic::panic_any(Bomb)
        }
    }
    assert_eq!(debugged(&Half(false), MAX_TEXT), ("half".to_owned(), false));
    assert_eq!(debugged(&Half(true), MAX_TEXT), ("half…[panicked]".to_owned(), false));
    assert_eq!(debugged(&Payload, MAX_TEXT), ("…[panicked]".to_owned(), false));
    let (bytes, _) = encode(MAX_TEXT, |encoder| {
        encoder.record_debug(&fields().field("a").unwrap(), &Half(true));
        encoder.record_u64(&fields().field("b").unwrap(), 7);
    });
    assert_eq!(Values::encoded(fields(), &bytes).get("b"), Some(Value::U64(7)));
}

#[test]
fn a_field_that_is_recorded_twice_has_its_last_value() {
    let field = fields().field("a").unwrap();
    let (bytes, _) = encode(MAX_TEXT, |encoder| {
        encoder.record_u64(&field, 1);
        encoder.record_str(&field, "two");
    });
    assert_eq!(Values::encoded(fields(), &bytes).get("a"), Some(Value::Str("two")));
    let (again, _) =
        with_values(fields(), &bytes, |lent| encode(MAX_TEXT, |encoder| lent.record(encoder)));
    assert_eq!(Values::encoded(fields(), &again).iter().count(), 1);
}

#[test]
fn a_text_of_a_mebibyte_is_cut_to_what_is_allowed_and_not_read_to_its_end() {
    struct Endless;
    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("more and ")?;
            }
        }
    }
    for value in [&Endless as &dyn fmt::Debug, &debug(Plain(&"x".repeat(1 << 20)))] {
        let (text, cut) = debugged(value, 8 * 1024);
        assert!(cut && text.len() == 8 * 1024 + "…[cut]".len() && text.ends_with("…[cut]"));
    }
}
