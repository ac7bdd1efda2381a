//! Lines as they come from `tracing`, through the encoder.

use std::sync::{Arc, Mutex};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, field};

use super::support::{AT, JOURNALD, JSON, rendered};
use crate::line::{Line, Scopes};
use crate::record::{Encoder, Values};

const NO_LIMIT: usize = usize::MAX;

/// Keeps one span, and says what a line in it looks like.
#[derive(Default)]
struct Kept {
    span: Mutex<Option<(&'static Metadata<'static>, Vec<u8>)>>,
    lines: Mutex<Vec<[String; 2]>>,
}

impl Subscriber for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut bytes = Vec::new();
        span.record(&mut Encoder::new(&mut bytes, NO_LIMIT));
        *self.span.lock().unwrap() = Some((span.metadata(), bytes));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        if let Some((_, bytes)) = &mut *self.span.lock().unwrap() {
            values.record(&mut Encoder::new(bytes, NO_LIMIT));
        }
    }

    fn event(&self, event: &Event<'_>) {
        let mut values = Vec::new();
        event.record(&mut Encoder::new(&mut values, NO_LIMIT));
        let span = self.span.lock().unwrap();
        let (spans, bytes) = match &*span {
            Some((metadata, bytes)) => (vec![(*metadata, 0..bytes.len())], bytes.as_slice()),
            None => (Vec::new(), &[] as &[u8]),
        };
        let line = Line {
            at: AT,
            level: *event.metadata().level(),
            target: event.metadata().target(),
            values: Values::encoded(event.metadata().fields(), &values),
            scopes: Scopes::Encoded { spans: &spans, bytes },
        };
        self.lines.lock().unwrap().push([JOURNALD, JSON].map(|chosen| rendered(chosen, &line)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn lines(log: impl FnOnce()) -> Vec<[String; 2]> {
    let kept = Arc::new(Kept::default());
    tracing::subscriber::with_default(kept.clone(), log);
    let lines = kept.lines.lock().unwrap();
    lines.clone()
}

#[test]
fn every_kind_of_value_comes_through() {
    let lines = lines(|| {
        let error: &(dyn std::error::Error + 'static) = &std::io::Error::other("full");
        tracing::warn!(
            target: "t", a = -1, b = 2_u64, c = 1_i128 << 70, d = u128::MAX, e = 0.5, f = true,
            g = "x y", h = %"1 2", i = ?"q", error, j = &b"\x00\xff"[..], "said {}", 7
        );
    });
    assert_eq!(
        lines,
        [[
            "<4>WARN t: said 7 a=-1 b=2 c=1180591620717411303424 \
             d=340282366920938463463374607431768211455 e=0.5 f=true g=\"x y\" h=\"1 2\" i=\"q\" \
             error=full j=00ff",
            "{\"timestamp\":\"2026-11-21T19:44:03.123456Z\",\"level\":\"WARN\",\"fields\":{\
             \"message\":\"said 7\",\"a\":-1,\"b\":2,\"c\":\"1180591620717411303424\",\
             \"d\":\"340282366920938463463374607431768211455\",\"e\":0.5,\"f\":true,\"g\":\"x y\",\
             \"h\":\"1 2\",\"i\":\"\\\"q\\\"\",\"error\":\"full\",\"j\":\"00ff\"},\"target\":\"t\"}",
        ]]
    );
}

#[test]
fn values_recorded_later_and_out_of_order_have_their_names() {
    let lines = lines(|| {
        let span = tracing::info_span!("s", a = 1, b = field::Empty, c = field::Empty);
        span.record("c", 30).record("b", 20).record("c", 31).record("a", 2);
        tracing::info!(target: "t", "in");
    });
    assert_eq!(lines[0][0], "<6>INFO t: s{b=20 c=31 a=2}: in");
    assert!(lines[0][1].ends_with(r#""span":{"name":"s","b":20,"c":31,"a":2}}"#));
}

#[test]
fn bytes_that_no_encoder_wrote_end_the_values_and_panic_nowhere() {
    let kept = Kept::default();
    let kept = Arc::new(kept);
    tracing::subscriber::with_default(kept.clone(), || {
        let _span = tracing::info_span!("s", a = "text", b = 1);
    });
    let span = kept.span.lock().unwrap();
    let (metadata, bytes) = span.as_ref().unwrap();
    for end in 0..bytes.len() {
        for (at, flip) in [(end, 0xff), (0, 0x40), (end / 2, 0x07)] {
            let mut bytes = bytes[..end].to_vec();
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= flip;
            }
            assert!(Values::encoded(metadata.fields(), &bytes).iter().count() <= 2);
        }
    }
}
