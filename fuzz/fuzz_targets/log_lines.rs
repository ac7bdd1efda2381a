//! Laws: whatever an event and the spans around it say, each sink writes one line for it; no line has a control character or a
//! mark that turns the direction of reading; a line of JSON is an object that says what was said; no secret is in any.
#![no_main]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arbitrary::Arbitrary;
use firstlight_log::{Color, Format, Scoped, Sink, boot_scoped};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// What is logged, around what.
#[derive(Debug, Arbitrary)]
struct Said<'a> {
    level: u8,
    message: &'a str,
    text: &'a str,
    secret: u64,
    bytes: &'a [u8],
    number: i64,
    wide: u128,
    float: f64,
    truth: Option<bool>,
    span: Option<(&'a str, &'a str)>,
    within: bool,
}

/// What a sink was given.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<u8>>>);

impl Write for Taken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Rig {
    log: Scoped,
    json: Taken,
    others: [Taken; 2],
}

impl Rig {
    fn new() -> Self {
        let log = boot_scoped();
        let (json, others) = (Taken::default(), [Taken::default(), Taken::default()]);
        let sink = |taken: &Taken, format| {
            Sink::writer(taken.clone()).with_format(format).with_color(Color::Never)
        };
        let sinks = [
            sink(&json, Format::Json),
            sink(&others[0], Format::Text),
            sink(&others[1], Format::Journald),
        ];
        log.set_sinks(sinks).expect("it is configured");
        Self { log, json, others }
    }

    fn lines(&self, taken: &Taken) -> Vec<String> {
        let bytes = std::mem::take(&mut *taken.0.lock().expect("no panic"));
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(text.is_empty() || text.ends_with('\n'));
        text.split_terminator('\n').map(str::to_owned).collect()
    }
}

thread_local! {
    static RIG: Rig = Rig::new();
}

const SECRET: &str = "918273645546372819";

fn say(said: &Said<'_>) {
    let Said { level, message, text, secret, bytes, number, wide, float, truth, .. } = *said;
    // The field's name tells that it is one; so many digits come by no other way.
    let password = format!("{SECRET}{secret}");
    let error = io::Error::other(text);
    macro_rules! event {
        ($level:ident) => {
            tracing::event!(
                tracing::Level::$level,
                password, text, debug = ?text, shown = %text, bytes, number, wide, float, truth,
                error = &error as &dyn std::error::Error,
                "{message}"
            )
        };
    }
    match level % 5 {
        0 => event!(ERROR),
        1 => event!(WARN),
        2 => event!(INFO),
        3 => event!(DEBUG),
        _ => event!(TRACE),
    }
}

/// What ends a line, drives a terminal, or hides or turns what one reads.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fuzz_target!(|all: Vec<Said<'_>>| {
    let all = &all[..all.len().min(16)];
    RIG.with(|rig| {
        for said in all {
            match said.span {
                Some((name, value)) => {
                    let span = tracing::info_span!(
                        "around",
                        name,
                        value,
                        token = SECRET,
                        late = tracing::field::Empty
                    );
                    span.record("late", value);
                    let inner = if said.within {
                        span.in_scope(|| tracing::debug_span!("within", value))
                    } else {
                        span
                    };
                    inner.in_scope(|| say(said));
                }
                None => say(said),
            }
        }
        rig.log.flush(Duration::from_secs(5)).expect("written");

        for taken in &rig.others {
            let lines = rig.lines(taken);
            assert_eq!(lines.len(), all.len());
            for line in lines {
                assert!(!line.contains(is_unfit) && !line.contains(SECRET), "{line:?}");
            }
        }
        let lines = rig.lines(&rig.json);
        assert_eq!(lines.len(), all.len());
        for (line, said) in lines.iter().zip(all) {
            assert!(!line.contains(is_unfit) && !line.contains(SECRET), "{line:?}");
            let object: Value = serde_json::from_str(line).expect("an object");
            let fields = &object["fields"];
            assert_eq!(fields["message"], said.message);
            for name in ["text", "shown", "error"] {
                assert_eq!(fields[name], said.text, "{name}");
            }
            assert_eq!(fields["debug"], format!("{:?}", said.text));
            assert_eq!(fields["number"], said.number);
            assert_eq!(fields["truth"].as_bool(), said.truth);
            assert_eq!(fields["password"], "[redacted]");
            let spans = object["spans"].as_array().map_or(0, Vec::len);
            assert_eq!(spans, said.span.map_or(0, |_| 1 + usize::from(said.within)));
            if let Some((name, value)) = said.span {
                let around = &object["spans"][0];
                assert_eq!((&around["field.name"], &around["late"]), (&name.into(), &value.into()));
            }
        }

        let captured = rig.log.take();
        let messages = captured.iter().map(|event| event.message.as_str());
        assert!(messages.eq(all.iter().map(|said| said.message)));
    });
});
