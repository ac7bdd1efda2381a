//! What is logged: values of all kinds, their own code, secrets, and bytes that mean harm.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use firstlight_log::{Boot, Format, Redaction, Settings, boot};
use tracing::field::Empty;
use tracing::{error, info, info_span, warn};

use super::alone::alone;
use super::lines::Lines;

/// A `Debug` that logs while an event of its own is written down, early and late.
#[test]
fn l3_a_debug_that_logs_is_heard_and_its_event_after_it() {
    alone(|| {
        struct Chatty;
        impl fmt::Debug for Chatty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let span = info_span!("inside");
                span.in_scope(|| info!(deep = ?Deep, "from within"));
                f.write_str("chatty")
            }
        }
        struct Deep;
        impl fmt::Debug for Deep {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                warn!("from deep within");
                f.write_str("deep")
            }
        }
        let log = boot();
        let lines = Lines::default();
        info!(value = ?Chatty, "early");
        let span = info_span!("span", value = ?Chatty, later = Empty);
        span.record("later", tracing::field::debug(Chatty));
        log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        span.in_scope(|| info!(value = ?Chatty, "late"));
        let within = ["from deep within", "from within"];
        let expected = [&within[..], &["early"], &within, &within, &within, &["late"]].concat();
        assert_eq!(lines.messages(&log), expected);
        let last = lines.json(&log).pop().unwrap();
        assert_eq!(
            (&last["fields"]["value"], &last["span"]["later"]),
            (&"chatty".into(), &"chatty".into())
        );
    });
}

#[test]
fn a_debug_that_panics_costs_its_own_text_and_nothing_else() {
    alone(|| {
        struct Bad;
        impl fmt::Debug for Bad {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                panic!("by intention")
            }
        }
        let log = Boot::new().with_flush_timeout(Duration::ZERO).boot();
        let lines = Lines::default();
        log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        let span = info_span!("span", value = ?Bad, x = 1);
        span.in_scope(|| info!(value = ?Bad, number = 7, "{:?}", Bad));
        thread::scope(|scope| scope.spawn(|| error!("others go on")).join().unwrap());
        let lines = lines.json(&log);
        assert_eq!(lines.len(), 2);
        let half = "half…[panicked]";
        assert_eq!(
            lines[0]["fields"],
            serde_json::json!({"message": half, "value": half, "number": 7})
        );
        assert_eq!(lines[0]["span"], serde_json::json!({"name": "span", "value": half, "x": 1}));
    });
}

#[test]
fn l3_records_of_log_are_told_with_their_own_targets_and_filtered_by_them() {
    alone(|| {
        let log = boot();
        // What is borrowed is gone when it is told.
        let target = String::from("hyper::client");
        log::warn!(target: &target, "by {}", String::from("log"));
        log::info!(target: &target, "not wanted");
        drop(target);
        let lines = Lines::default();
        log.configure(
            Settings::new().with_filter("info,hyper=warn").with_sink(lines.sink(Format::Json)),
        )
        .unwrap();
        log::warn!(target: "hyper::client", "late");
        log::info!(target: "hyper::client", "late, not wanted");
        let lines = lines.json(&log);
        assert_eq!(lines.len(), 2);
        for (line, message) in lines.iter().zip(["by log", "late"]) {
            assert_eq!(line["target"], "hyper::client");
            assert_eq!(line["fields"], serde_json::json!({ "message": message }));
        }
    });
}

#[test]
fn l3_values_of_every_type_and_as_many_as_the_macros_take_are_the_same_early_and_late() {
    alone(|| {
        let say = || {
            let error = std::io::Error::other("broken");
            let (bytes, error) = (&b"\x00\xffab"[..], &error as &(dyn std::error::Error + 'static));
            info!(
                a = i64::MIN, b = u64::MAX, c = i128::MIN, d = u128::MAX, e = f64::NAN, f = f64::MIN_POSITIVE, g = true, h = "text\n\u{1b}[31m",
                i = ?Some("x"), j = %"shown", k = bytes, l = error, m = Empty, n = Some(1), o = None::<u32>, p = 'c'.to_string(),
                q1 = 1, q2 = 2, q3 = 3, q4 = 4, q5 = 5, q6 = 6, q7 = 7, q8 = 8, q9 = 9, q10 = 10, q11 = 11, q12 = 12, q13 = 13,
                q14 = 14, q15 = 15, "many"
            );
        };
        let log = boot();
        let (json, text) = (Lines::default(), Lines::default());
        say();
        log.configure(
            Settings::new().with_sink(json.sink(Format::Json)).with_sink(text.sink(Format::Text)),
        )
        .unwrap();
        say();
        let lines = json.json(&log);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["fields"], lines[1]["fields"]);
        assert_eq!(lines[0]["fields"].as_object().unwrap().len(), 30);
        let own: Vec<_> =
            text.read(&log).into_iter().filter(|line| line.contains("many")).collect();
        let values = |line: &String| line.split_once("many").unwrap().1.to_owned();
        assert_eq!(own.len(), 2, "no line is forged");
        assert_eq!(values(&own[0]), values(&own[1]));
    });
}

#[test]
fn two_hundred_fields_are_kept_early_and_late() {
    alone(|| {
        macro_rules! say {
            ($($name:ident)*) => {{
                fn say() {
                    info!($($name = stringify!($name),)* "many");
                }
                say
            }};
        }
        let say = say!(
            a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 d0 d1 d2 d3 d4 d5 d6 d7 d8 d9
            e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 g0 g1 g2 g3 g4 g5 g6 g7 g8 g9 h0 h1 h2 h3 h4 h5 h6 h7 h8 h9
            i0 i1 i2 i3 i4 i5 i6 i7 i8 i9 j0 j1 j2 j3 j4 j5 j6 j7 j8 j9 k0 k1 k2 k3 k4 k5 k6 k7 k8 k9 l0 l1 l2 l3 l4 l5 l6 l7 l8 l9
            m0 m1 m2 m3 m4 m5 m6 m7 m8 m9 n0 n1 n2 n3 n4 n5 n6 n7 n8 n9 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 p0 p1 p2 p3 p4 p5 p6 p7 p8 p9
            q0 q1 q2 q3 q4 q5 q6 q7 q8 q9 r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 s0 s1 s2 s3 s4 s5 s6 s7 s8 s9 t0 t1 t2 t3 t4 t5 t6 t7 t8 t9
        );
        let log = boot();
        say();
        let lines = Lines::default();
        log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        say();
        let lines = lines.json(&log);
        assert_eq!(lines.len(), 2);
        for line in lines {
            let fields = line["fields"].as_object().unwrap();
            assert_eq!(fields.len(), 201);
            assert!(fields.iter().all(|(name, value)| name == "message" || name == value));
        }
    });
}

#[test]
fn l4_what_must_not_be_written_is_not_in_early_lines_nor_on_stderr() {
    let err = alone(|| {
        let log = Boot::new().with_redaction(Redaction::default().with_name("iban")).boot();
        info_span!("login", token = "hunter2")
            .in_scope(|| info!(password = "hunter2", iban = "hunter2", user = "anna", "early"));
        // It goes to stderr, before anybody has said what must not.
        thread::spawn(|| panic!("by intention")).join().unwrap_err();
        info_span!("login", token = "hunter2")
            .in_scope(|| info!(password = "hunter2", iban = "hunter2", "fallen"));
        log.configure(Settings::new()).unwrap();
        info!(iban = "hunter2", "late");
    });
    assert!(["early", "fallen", "late", "anna"].iter().all(|text| err.contains(text)), "{err}");
    assert!(err.contains("[redacted]") && !err.contains("hunter2"), "{err}");
}

#[test]
fn l4_early_lines_are_redacted_by_what_is_set_later() {
    alone(|| {
        let log = boot();
        let _span = info_span!("login", iban = "hunter2").entered();
        info!(iban = "hunter2", password = "hunter2", "early");
        let lines = Lines::default();
        let redaction = Redaction::none().with_name("iban");
        log.configure(
            Settings::new().with_sink(lines.sink(Format::Json)).with_redaction(redaction),
        )
        .unwrap();
        let line = &lines.json(&log)[0];
        assert_eq!(
            (&line["fields"]["iban"], &line["span"]["iban"]),
            (&"[redacted]".into(), &"[redacted]".into())
        );
        assert_eq!(line["fields"]["password"], "hunter2", "what is set later is what holds");
    });
}

#[test]
fn a_message_of_a_mebibyte_and_one_of_bytes_forge_no_line() {
    alone(|| {
        let say = || {
            info!("{}", "é".repeat(1 << 19));
            let forged = "x\n{\"level\":\"ERROR\"}\r\n2026-01-01T00:00:00Z ERROR forged: yes\u{1b}[2J\u{202e}";
            info!(value = forged, bytes = &b"\x00\n\x1b[2J\xff"[..], "{forged}");
        };
        let log = boot();
        say();
        let (json, text) = (Lines::default(), Lines::default());
        let big = |lines: &Lines, format| lines.sink(format).with_capacity(16 << 20);
        log.configure(
            Settings::new().with_sink(big(&json, Format::Json)).with_sink(big(&text, Format::Text)),
        )
        .unwrap();
        say();
        let lines = json.json(&log);
        let lengths: Vec<_> =
            lines.iter().map(|line| line["fields"]["message"].as_str().unwrap().len()).collect();
        assert_eq!((lines.len(), lengths[0], lengths[2]), (4, 8 * 1024 + "…[cut]".len(), 1 << 20));
        assert_eq!(lines[1]["fields"], lines[3]["fields"]);
        for line in text.read(&log) {
            assert!(
                !line.contains(|c: char| c.is_control() || c == '\u{202e}')
                    && !line.starts_with("2026-01-01T00:00:00Z ERROR forged"),
                "{line}"
            );
        }
        assert_eq!(text.read(&log).iter().filter(|line| line.contains("forged")).count(), 2);
    });
}

#[test]
fn no_lock_of_ours_is_held_while_a_value_of_the_users_is_written_or_dropped() {
    alone(|| {
        /// Logs, opens spans and changes the logger, wherever it is called.
        struct Wild(#[expect(dead_code, reason = "it is counted")] Arc<()>);
        impl Wild {
            fn run(&self) {
                let log = firstlight_log::logger().expect("it is booted");
                drop(log.stats());
                drop(log.set_filter("info"));
                let _ = log.flush(Duration::ZERO);
                let span = info_span!("wild").entered();
                info!("wild");
                drop(span);
            }
        }
        impl fmt::Debug for Wild {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.run();
                f.write_str("wild")
            }
        }
        impl Drop for Wild {
            fn drop(&mut self) {
                self.run();
            }
        }
        let log = boot();
        let held = Arc::new(());
        let say = || {
            info!(value = ?Wild(Arc::clone(&held)), "event");
            let span = info_span!("span", value = ?Wild(Arc::clone(&held)), more = Empty);
            span.record("more", tracing::field::debug(Wild(Arc::clone(&held))));
            drop(span);
        };
        say();
        let lines = Lines::default();
        log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        say();
        assert_eq!(Arc::strong_count(&held), 1);
        assert_eq!(lines.messages(&log).iter().filter(|message| *message == "event").count(), 2);
        assert_eq!(lines.messages(&log).iter().filter(|message| *message == "wild").count(), 12);
    });
}
