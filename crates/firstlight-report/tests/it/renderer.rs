use firstlight_ready::{Gate, Name, Readiness, Spec};
use firstlight_report::{Answer, Audience, HEALTH_JSON, JSON, Query, Renderer, TEXT};

/// A sealed set with one gate.
fn set() -> (Readiness, Gate) {
    let readiness = Readiness::new("orders").expect("a set");
    let gate = readiness.register(Spec::new("db")).expect("a gate");
    readiness.seal().expect("sealed");
    (readiness, gate)
}

fn text(answer: Answer<'_>) -> (u16, String) {
    (answer.status, String::from_utf8(answer.body.to_vec()).expect("UTF-8"))
}

fn plain(renderer: &mut Renderer) -> (u16, String) {
    text(renderer.kubernetes("ready", &Query::default()))
}

const FAILED: &str = "[-]db failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n";

#[tokio::test(start_paused = true)]
async fn an_answer_follows_the_set() {
    let (readiness, db) = set();
    let mut renderer = Renderer::new(readiness.clone(), Audience::Public);
    assert_eq!(plain(&mut renderer), (503, FAILED.into()));
    db.ready();
    assert_eq!(plain(&mut renderer), (200, "ok".into()));
    assert_eq!(plain(&mut renderer), (200, "ok".into()));
    readiness.drain("SIGTERM");
    let drained = "[+]db ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n";
    assert_eq!(plain(&mut renderer), (503, drained.into()));
}

#[tokio::test(start_paused = true)]
async fn each_format_has_its_type_and_all_have_the_headers() {
    let (readiness, db) = set();
    db.ready();
    let mut renderer = Renderer::new(readiness, Audience::Public).with_release("1.2.3");
    let query = Query::default();
    let answer = renderer.kubernetes("ready", &query);
    assert!(answer.passed());
    assert_eq!(
        answer.headers(),
        [
            ("cache-control", "no-cache, private"),
            ("content-type", "text/plain; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
        ]
    );
    assert_eq!(answer.content_type, TEXT);
    assert_eq!(renderer.json("ready", &query).content_type, JSON);
    let answer = renderer.health_json("ready", &query);
    assert_eq!(answer.content_type, HEALTH_JSON);
    assert!(text(answer).1.contains("\"releaseId\":\"1.2.3\""));
}

#[tokio::test(start_paused = true)]
async fn a_failing_answer_has_the_status_that_was_set_and_never_a_success() {
    for (asked, status) in
        [(500, 500), (429, 429), (599, 599), (200, 503), (304, 503), (0, 503), (600, 503)]
    {
        let (readiness, _db) = set();
        let mut renderer = Renderer::new(readiness, Audience::Public).with_failure_status(asked);
        let query = Query::default();
        assert_eq!(renderer.kubernetes("ready", &query).status, status);
        assert_eq!(renderer.json("ready", &query).status, status);
        assert_eq!(renderer.health_json("ready", &query).status, status);
        assert_eq!(renderer.check("ready", "db").status, status);
        assert_eq!(renderer.kubernetes("live", &query).status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn what_there_is_not_is_not_found() {
    let (readiness, _db) = set();
    let mut renderer = Renderer::new(readiness, Audience::Public);
    let query = Query::default();
    let not_found = (404, "404 page not found\n".to_owned());
    for view in ["", "nobody", "readyz", "ready/"] {
        assert_eq!(text(renderer.kubernetes(view, &query)), not_found);
        assert_eq!(text(renderer.json(view, &query)), not_found);
        assert_eq!(text(renderer.check(view, "db")), not_found);
    }
    assert_eq!(text(renderer.check("ready", "cache")), not_found);
    assert_eq!(text(renderer.check("live", "db")), not_found);
}

#[tokio::test(start_paused = true)]
async fn one_check_is_answered_alone() {
    let (readiness, db) = set();
    let mut renderer = Renderer::new(readiness.clone(), Audience::Public);
    let withheld = "internal server error: reason withheld\n";
    assert_eq!(text(renderer.check("ready", "db")), (503, withheld.into()));
    db.ready();
    assert_eq!(text(renderer.check("ready", "db")), (200, "ok".into()));
    assert_eq!(text(renderer.check("ready", "shutdown")), (200, "ok".into()));
    readiness.drain("SIGTERM");
    assert_eq!(text(renderer.check("ready", "shutdown")), (503, withheld.into()));
    let mut detailed = Renderer::new(readiness, Audience::Detailed);
    let told = "internal server error: draining: SIGTERM\n";
    assert_eq!(text(detailed.check("ready", "shutdown")), (503, told.into()));
}

#[tokio::test(start_paused = true)]
async fn a_detailed_answer_is_as_old_as_the_question() {
    let (readiness, db) = set();
    let mut renderer = Renderer::new(readiness, Audience::Detailed);
    let starts = |renderer: &mut Renderer, start: &str| {
        let (_, body) = plain(renderer);
        assert!(body.starts_with(start), "{body}");
    };
    db.syncing("connecting");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    starts(&mut renderer, "[-]db failed: syncing for 3.0 s, at ");
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    starts(&mut renderer, "[-]db failed: syncing for 7.0 s, at ");
    // No transition, and yet another line.
    db.progress(3, 5);
    starts(&mut renderer, "[-]db failed: syncing 3/5 for 7.0 s, at ");
    db.ready();
    assert_eq!(plain(&mut renderer), (200, "ok".into()));
}

#[tokio::test(start_paused = true)]
async fn more_different_questions_than_are_kept_are_answered_all_the_same() {
    let (readiness, db) = set();
    let mut renderer = Renderer::new(readiness, Audience::Public);
    for round in 0..3 {
        for at in 0..30 {
            let query = Query::parse(&format!("verbose&exclude=x{at}"));
            let (status, body) = text(renderer.kubernetes("ready", &query));
            assert!(body.contains(&format!("no matches for \"x{at}\"\n")), "{body}");
            assert_eq!(status, if round < 2 { 503 } else { 200 });
        }
        if round == 1 {
            db.ready();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_line_names_the_endpoint_that_was_set() {
    let (readiness, _db) = set();
    let name = |name| Name::new(name).expect("a name");
    let mut renderer = Renderer::new(readiness, Audience::Public)
        .with_endpoint(name("ready"), name("health"))
        .with_endpoint(name("ready"), name("healthz"));
    assert!(plain(&mut renderer).1.ends_with("\nhealthz check failed\n"));
    let live = text(renderer.kubernetes("live", &Query::parse("verbose")));
    assert_eq!(live.1, "livez check passed\n");
}

#[test]
fn a_renderer_can_be_kept_behind_a_lock() {
    fn sent<T: Send>() {}
    sent::<Renderer>();
    sent::<Query>();
}
