use std::future::pending;
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, DrainReport, Failure, Janitor, Settings};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{Log, SECOND, Told, swept};

fn hang(_: Attempt) -> std::future::Pending<()> {
    pending()
}

/// A drain with one of each kind of row, at whole seconds.
async fn drained() -> (DrainReport, u32) {
    let janitor = Janitor::with(Settings::new("orders").with_concurrency(1));
    let claim = janitor.claim("dp1");
    let line = line!();
    let armed = janitor.track(Cleanup::once("armed", hang).with_key("lease")).unwrap();
    let run = janitor.scope(Cleanup::once("failed", |_| async { Err::<(), _>("refused") })).run();
    let first = Cleanup::once("running", hang).with_claim(&claim).with_deadline(Duration::MAX);
    drop(janitor.scope(first));
    let _ = run.await;
    sleep(SECOND).await;
    let mut doubtful = janitor.scope(Cleanup::once("waiting", hang));
    let cancelled =
        tokio::time::timeout(SECOND, doubtful.commit(pending::<Result<(), ()>>())).await;
    assert!(cancelled.is_err());
    drop(doubtful);
    let report = janitor.drain(Duration::ZERO).await;
    let _ = armed.disarm();
    (report, line)
}

/// Without the digits of seconds that timers do not promise.
fn rounded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('.') {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        rest = if digits > 0 {
            out.push('#');
            &after[digits..]
        } else {
            after
        };
    }
    out + rest
}

#[tokio::test(start_paused = true)]
async fn a_report_reads_well() {
    let (report, line) = drained().await;
    let file = file!();
    let at = |after: u32| format!("(made at {file}:{}:", line + after);
    let lines: Vec<_> = report.to_string().lines().map(rounded).collect();
    let expected = [
        "orders: drained in 0.# s, 0 completed, 3 left".to_owned(),
        format!("  waiting lost for 0.# s, dropped, in doubt {}", at(7)),
        format!("  running [dp1] interrupted for 2.# s, attempt 1, dropped {}", at(3)),
        format!("  armed [lease] armed for 2.# s {}", at(1)),
    ];
    assert_eq!(lines.len(), expected.len(), "{report}");
    for (line, expected) in lines.iter().zip(&expected) {
        // The column is rustc's business.
        assert!(line.starts_with(&rounded(expected)), "{line}\n{expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_in_json_is_one_line_of_a_fixed_shape() {
    let (report, line) = drained().await;
    let text = report.to_json();
    assert_eq!(text.lines().count(), 1);
    let mut value: Value = serde_json::from_str(&text).unwrap();
    assert!(value["took_s"].as_f64().is_some_and(|took| took < 0.1));
    value["took_s"] = json!(0);
    for (row, age) in value["unfinished"].as_array_mut().unwrap().iter_mut().zip([0.0, 2.0, 2.0]) {
        let found = row["age_s"].as_f64().unwrap();
        assert!((age..age + 0.1).contains(&found), "{row}");
        row["age_s"] = json!(age);
        let place = row["place"].as_str().unwrap().strip_prefix(file!()).unwrap().to_owned();
        row["place"] = json!(place[1..].split(':').next().unwrap().parse::<u32>().unwrap() - line);
    }
    let expected = json!({
        "janitor": "orders", "took_s": 0, "completed": 0, "left": 3,
        "unfinished": [
            {
                "name": "waiting", "key": null, "epoch": null, "place": 7, "age_s": 0.0, "attempts": 0,
                "last_error": null, "state": "lost", "reason": "dropped", "certainty": "maybe"
            },
            {
                "name": "running", "key": "dp1", "epoch": 1, "place": 3, "age_s": 2.0, "attempts": 1,
                "last_error": null, "state": "interrupted", "reason": "dropped", "certainty": "yes"
            },
            {
                "name": "armed", "key": "lease", "epoch": null, "place": 1, "age_s": 2.0, "attempts": 0,
                "last_error": null, "state": "armed", "reason": null, "certainty": "yes"
            }
        ]
    });
    assert_eq!(value, expected);
}

#[tokio::test(start_paused = true)]
async fn nobodys_text_begins_a_line_or_is_endless() {
    const EVIL: &str = "x\nclean: 0 left\r\u{1b}[2J\u{85}\u{2028}\u{2029}\u{202e}\u{2066}y";
    let (log, _guard) = Log::start();
    let (settings, swept) = swept(EVIL);
    let notices = Told::new();
    let told = notices.clone();
    let settings = settings.with_warn_after(SECOND).with_queue(2).with_observer(move |notice| {
        told.push(format!("{:?}", notice.what));
    });
    let janitor = Janitor::with(settings);
    let long = || "é".repeat(10_000);
    let evil = || Cleanup::once(EVIL, |_| async { Err::<(), _>(EVIL) }).with_key(EVIL);
    drop(janitor.scope(evil().with_sync(|_| panic!("{EVIL}"))));
    let fatal = |_| async { Err::<(), _>(Failure::fatal("é".repeat(10_000))) };
    drop(janitor.scope(Cleanup::once("long", fatal).with_key(long())));
    drop(janitor.scope(evil()));
    let armed = janitor.track(evil()).unwrap();
    sleep(SECOND * 2).await;
    let mut texts = vec![janitor.inventory().to_string(), janitor.inventory().to_json()];
    let refused = janitor.drain(Duration::ZERO).await;
    assert_eq!(refused.left, 1);
    texts.push(refused.to_json());
    texts.push(refused.to_string().replacen("\n  ", "", 1));
    texts.push(janitor.track(evil()).unwrap_err().to_string());
    drop(armed);
    for row in swept.all() {
        texts.push(row.to_string());
        assert!(row.last_error.as_ref().is_none_or(|error| error.len() <= 512), "{row}");
        assert!(row.to_string().len() < 1_000, "{row}");
    }
    assert_eq!(swept.all().len(), 4);
    texts.extend(log.lines().into_iter().map(|line| line.message));
    texts.extend(log.lines().into_iter().filter_map(|line| line.fields.get("error").cloned()));
    texts.extend(log.lines().into_iter().filter_map(|line| line.fields.get("key").cloned()));
    assert!(log.with("is armed for").len() == 1 && log.with("overflows").len() == 1);
    let unfit = |c: char| c.is_control() || "\u{2028}\u{2029}\u{202e}\u{2066}".contains(c);
    texts[0] = texts[0].replacen("\n  ", "", 1);
    for text in texts.iter().filter(|text| !text.starts_with('{')) {
        assert!(!text.contains(unfit), "{text:?}");
    }
    for text in texts.iter().filter(|text| text.starts_with('{')) {
        assert_eq!(text.lines().count(), 1);
        assert!(serde_json::from_str::<Value>(text).is_ok(), "{text}");
    }
}
