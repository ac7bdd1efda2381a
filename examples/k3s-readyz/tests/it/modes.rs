use std::fs;
use std::path::Path;
use std::time::Duration;

use k3s_readyz::recording::Transcript;
use k3s_readyz::replay::ReplayServer;
use k3s_readyz::{Error, K3sReadyz, Options};
use support::{Example, Mode, Outcome, Row, Stage, Value};
use tokio_util::sync::CancellationToken;

/// The README's table of keys is the contract of `--json`.
const README: &str = include_str!("../../README.md");

/// The default recording in real time, with the sentences of the README that the tour checks as well.
#[tokio::test]
async fn broken_knows_late_and_logs_each_poll_and_fixed_does_neither() {
    let (broken, fixed) = tokio::join!(
        rows(Mode::Broken, Options { ..default() }),
        rows(Mode::Fixed, Options { ..default() })
    );
    let [one, two] = &broken[..] else { panic!("two rows: {broken:?}") };
    let [fixed] = &fixed[..] else { panic!("one row: {fixed:?}") };
    K3sReadyz::check(&[one.clone(), two.clone(), fixed.clone()]).expect("as the README says");

    for (row, interval) in [(one, 1), (two, 2)] {
        // The last component starts at 0.8 s: it asks too early at 2.8 s, and again one interval later.
        assert!(late(row) >= Duration::from_millis(interval * 1000 - 700), "{row:?}");
        assert!(row.count("polls").unwrap() >= 4 * 3 / interval, "{row:?}");
        assert_eq!(row.value("last_item"), Some(&Value::Name(None)));
    }
    // A tenth of the 3 s that the start takes, the attempt under way, and much for a loaded machine.
    assert!(late(fixed) < Duration::from_millis(800), "{fixed:?}");
    let last = Some("poststarthook/rbac/bootstrap-roles".to_owned());
    assert_eq!(fixed.value("last_item"), Some(&Value::Name(last)));
    for row in [one, two, fixed] {
        let ready_at = row.seconds("ready_at").expect("the replay server knows");
        assert!(ready_at >= Duration::from_secs(3), "{row:?}");
        assert!(row.count("connections").unwrap() >= 4.min(row.count("polls").unwrap()), "{row:?}");
        assert_the_keys_of_the_readme(row);
    }
}

#[tokio::test]
async fn a_401_that_stays_is_fatal_when_fixed_and_lasts_to_the_deadline_when_broken() {
    let options = Options {
        scenario: Some("noanon-nocert".to_owned()),
        speed: 10.0,
        auth_grace: Duration::from_secs(1),
        deadline: Duration::from_secs(3),
        ..default()
    };
    let (broken, fixed) = tokio::join!(
        rows(Mode::Broken, options.clone()),
        rows(Mode::Fixed, Options { deadline: Duration::from_secs(60), ..options })
    );
    assert_eq!(fixed[0].outcome, Outcome::Fatal);
    assert!(fixed[0].seconds("ended_at").unwrap() >= Duration::from_secs(1), "{fixed:?}");
    assert!(broken.iter().all(|row| row.outcome == Outcome::Deadline), "{broken:?}");
    for row in broken.iter().chain(&fixed) {
        assert_eq!((row.seconds("ready_at"), row.seconds("lateness_max")), (None, None), "{row:?}");
        assert_the_keys_of_the_readme(row);
    }
}

#[tokio::test]
async fn with_a_certificate_the_failing_checks_are_seen_one_after_the_other() {
    for scenario in ["cert-rbac-fresh", "shutdown"] {
        let options = Options { scenario: Some(scenario.to_owned()), speed: 2.0, ..default() };
        let row = rows(Mode::Fixed, options).await.remove(0);
        assert_eq!(row.outcome, Outcome::Ready, "{row:?}");
        let last = Some("poststarthook/rbac/bootstrap-roles".to_owned());
        assert_eq!(row.value("last_item"), Some(&Value::Name(last)), "{row:?}");
    }
}

#[tokio::test]
async fn components_that_start_while_the_server_shuts_down_never_see_it_ready() {
    let options = Options {
        scenario: Some("shutdown".to_owned()),
        speed: 4.0,
        start_at: Duration::from_secs(5),
        deadline: Duration::from_secs(3),
        ..default()
    };
    let row = rows(Mode::Fixed, options).await.remove(0);
    assert_eq!(row.outcome, Outcome::Deadline, "{row:?}");
    assert!(row.seconds("ready_at").is_some(), "it had been ready: {row:?}");
    assert_eq!(row.value("last_item"), Some(&Value::Name(Some("shutdown".to_owned()))));
}

#[tokio::test]
async fn a_server_that_flaps_counts_as_ready_when_it_has_held() {
    let hold = Duration::from_secs(1);
    let options = Options { scenario: Some("flapping".to_owned()), hold, ..default() };
    let row = rows(Mode::Fixed, options).await.remove(0);
    assert_eq!(row.outcome, Outcome::Ready, "{row:?}");
    // The last time that it became ready was at 3 s of the recording.
    assert!(row.seconds("ended_at").unwrap() >= Duration::from_secs(4), "{row:?}");
    assert!(late(&row) >= hold, "{row:?}");
}

#[tokio::test]
async fn a_server_by_url_is_asked_with_the_given_credentials_and_keeps_its_secrets() {
    let recorded = Transcript::built_in().and_then(|all| all.recording(Some("cert-rbac-fresh")));
    let server = ReplayServer::start(recorded.expect("there"), 4.0).expect("starts");
    let file = |name: &str, text: &str| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, text).expect("written");
        Some(path)
    };
    let (certificate, key) = server.credentials().identity_pem();
    let options = Options {
        url: Some(server.url().to_owned()),
        ca: file("ca.pem", server.credentials().ca_pem()),
        cert: file("cert.pem", certificate),
        key: file("key.pem", key),
        ..default()
    };
    for mode in Mode::ALL {
        for row in rows(mode, options.clone()).await {
            assert_eq!(row.outcome, Outcome::Ready, "{row:?}");
            assert_eq!((row.seconds("ready_at"), row.seconds("lateness_max")), (None, None));
            assert_eq!(row.count("connections"), None, "{row:?}");
            assert!(row.count("polls").unwrap() >= 1, "{row:?}");
            assert_the_keys_of_the_readme(&row);
        }
    }
}

/// K3s waits 15 s for one request: a TLS handshake that hangs is one poll, not one a second.
#[tokio::test]
async fn a_broken_component_sits_out_a_handshake_that_hangs() {
    let options = Options { scenario: Some("etcd-late-cert".to_owned()), speed: 4.0, ..default() };
    let rows = rows(Mode::Broken, options).await;
    // It hangs until 2.56 s, then answers 500 until 3.15 s: three polls of each.
    assert!(rows[0].count("polls").unwrap() <= 14, "{:?}", rows[0]);
    assert!(rows.iter().all(|row| row.outcome == Outcome::Ready), "{rows:?}");
}

#[tokio::test]
async fn a_token_is_sent_to_a_server_by_url() {
    let file = std::env::temp_dir().join(format!("k3s-readyz-token-{}", std::process::id()));
    fs::write(&file, "tok-1\n").expect("written");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let url = format!("http://{}/readyz", listener.local_addr().expect("bound"));
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("asked");
        let mut request = vec![0; 4096];
        let read =
            tokio::io::AsyncReadExt::read(&mut stream, &mut request).await.expect("a request");
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await.expect("answers");
        String::from_utf8_lossy(&request[..read]).to_ascii_lowercase()
    });
    let options = Options { url: Some(url), token: Some(file.clone()), ..default() };
    let row = rows(Mode::Fixed, options).await.remove(0);
    fs::remove_file(file).expect("removed");
    assert_eq!(row.outcome, Outcome::Ready, "{row:?}");
    let request = server.await.expect("no panic");
    assert!(request.contains("authorization: bearer tok-1"), "{request}");
}

#[tokio::test]
async fn an_interrupted_run_tells_what_it_measured_so_far() {
    for mode in Mode::ALL {
        let interrupt = CancellationToken::new();
        let stage = Stage::new(interrupt.clone()).with_quiet_logs();
        let options = Options { scenario: Some("etcd-late-cert".to_owned()), ..default() };
        let run = K3sReadyz::run(mode, &options, &stage);
        tokio::pin!(run);
        let a_moment = Duration::from_secs(1);
        tokio::time::timeout(a_moment, &mut run).await.expect_err("it takes 12 s");
        interrupt.cancel();
        let rows = run.await.expect("rows");
        // Of two variants the second is not begun.
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].outcome, Outcome::Interrupted);
        assert!(rows[0].count("polls").unwrap() >= 4, "{rows:?}");
    }
}

#[tokio::test]
async fn options_that_ask_for_nothing_that_exists_are_usage_errors() {
    let stage = Stage::new(CancellationToken::new()).with_quiet_logs();
    for options in [
        Options { scenario: Some("nosuch".to_owned()), ..default() },
        Options { transcript: Some("/nosuch/file".into()), ..default() },
        Options { url: Some("ftp://host/".to_owned()), ..default() },
        Options {
            url: Some("https://host/".to_owned()),
            ca: Some("/nosuch/ca".into()),
            ..default()
        },
    ] {
        let error = k3s_readyz::run(Mode::Fixed, &options, &stage).await.unwrap_err();
        assert!(!matches!(error, Error::Replay(_)), "{error:?}");
        assert_eq!(support::RunError::from(error).exit(), 3, "{options:?}");
    }
}

fn default() -> Options {
    support::defaults::<K3sReadyz>()
}

async fn rows(mode: Mode, options: Options) -> Vec<Row> {
    let stage = Stage::new(CancellationToken::new()).with_quiet_logs();
    K3sReadyz::run(mode, &options, &stage).await.expect("rows")
}

fn late(row: &Row) -> Duration {
    row.seconds("lateness_max").unwrap_or_else(|| panic!("{row:?}"))
}

#[track_caller]
fn assert_the_keys_of_the_readme(row: &Row) {
    let documented: Vec<&str> = README
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter(|(_, rest)| ["s |", "count |", "name |"].iter().any(|unit| rest.starts_with(unit)))
        .map(|(key, _)| key)
        .collect();
    assert_eq!(row.values().map(|(key, _)| key).collect::<Vec<_>>(), documented);
}
