use firstlight_ready::{Name, Readiness, Snapshot};

use crate::answer::{Answer, HEALTH_JSON, JSON, TEXT};
use crate::audience::Audience;
use crate::query::Query;
use crate::report::Report;

/// As many different answers are kept.
const SLOTS: usize = 8;

/// Answers probes about one set: renders into buffers that it keeps, and only when something has changed.
///
/// * The public's answers are kept until the set's epoch moves: an unchanged one costs one atomic load and no
///   allocation. Eight are kept, by format, view and query; whoever asks for more has them rendered again.
/// * Detailed answers tell ages and progress, so they are made anew each time, but for a bare `ok`.
/// * Rendering allocates nothing once the buffers have grown, until there is more to tell than ever before.
///
/// One for each task that answers, or one behind a lock: no answer waits for anything.
#[derive(Debug)]
pub struct Renderer {
    readiness: Readiness,
    audience: Audience,
    failure_status: u16,
    release: Option<String>,
    endpoints: Vec<(Name, Name)>,
    snapshot: Option<Snapshot>,
    slots: Vec<Slot>,
    /// The slot that is given away next.
    oldest: usize,
    /// The answer about one check.
    check: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Kubernetes,
    Json,
    HealthJson,
}

/// An answer, and what it was the answer to.
#[derive(Debug)]
struct Slot {
    format: Format,
    view: Name,
    query: Query,
    /// `None` when it is not to be given out again.
    epoch: Option<u64>,
    passed: bool,
    body: Vec<u8>,
}

impl Renderer {
    /// Answers for a set, with 503 when it fails.
    pub fn new(readiness: Readiness, audience: Audience) -> Self {
        Self {
            readiness,
            audience,
            failure_status: 503,
            release: None,
            endpoints: Vec::new(),
            snapshot: None,
            slots: Vec::new(),
            oldest: 0,
            check: Vec::new(),
        }
    }

    /// Sets the status code of a failing answer. Default: 503; Kubernetes answers 500.
    ///
    /// What is not an error's code, 400 to 599, would tell a prober that all is well: it counts as 503.
    pub fn with_failure_status(mut self, status: u16) -> Self {
        self.failure_status = if (400..=599).contains(&status) { status } else { 503 };
        self
    }

    /// Sets the `releaseId` of `application/health+json`. Default: none.
    pub fn with_release(mut self, release: impl Into<String>) -> Self {
        self.release = Some(release.into());
        self
    }

    /// Sets the name in the last line of a view's text. Default: `readyz` for `ready`, and so on.
    ///
    /// For a service that has always been asked at `/healthz`. Of two for one view the last counts.
    pub fn with_endpoint(mut self, view: Name, endpoint: Name) -> Self {
        self.endpoints.retain(|(known, _)| *known != view);
        self.endpoints.push((view, endpoint));
        self
    }

    /// Answers in Kubernetes' text; see [`Report::kubernetes`].
    pub fn kubernetes(&mut self, view: &str, query: &Query) -> Answer<'_> {
        self.answer(Format::Kubernetes, view, query)
    }

    /// Answers in JSON; see [`Report::json`].
    pub fn json(&mut self, view: &str, query: &Query) -> Answer<'_> {
        self.answer(Format::Json, view, query)
    }

    /// Answers in `application/health+json`; see [`Report::health_json`].
    pub fn health_json(&mut self, view: &str, query: &Query) -> Answer<'_> {
        self.answer(Format::HealthJson, view, query)
    }

    /// Answers about one check of a view, as under `/readyz/db`; see [`Report::check`].
    pub fn check(&mut self, view: &str, name: &str) -> Answer<'_> {
        let snapshot = look(&self.readiness, &mut self.snapshot, self.audience);
        let query = Query::default();
        let report = Report::new(snapshot, view, &query, self.audience);
        match report.and_then(|report| report.check(name, &mut self.check)) {
            Some(passed) => Answer {
                status: if passed { 200 } else { self.failure_status },
                content_type: TEXT,
                body: &self.check,
            },
            None => not_found(),
        }
    }

    fn answer(&mut self, format: Format, view: &str, query: &Query) -> Answer<'_> {
        let Some(at) = self.refreshed(format, view, query) else { return not_found() };
        let Some(slot) = self.slots.get(at) else { return not_found() };
        Answer {
            status: if slot.passed { 200 } else { self.failure_status },
            content_type: format.content_type(),
            body: &slot.body,
        }
    }

    /// The slot that holds the answer of now; `None` when there is no such view.
    fn refreshed(&mut self, format: Format, view: &str, query: &Query) -> Option<usize> {
        let known =
            |slot: &Slot| slot.format == format && slot.view == *view && slot.query == *query;
        let found = self.slots.iter().position(known);
        let epoch = Some(self.readiness.epoch());
        if let Some(at) = found.filter(|at| self.slots[*at].epoch == epoch) {
            return Some(at);
        }
        let snapshot = look(&self.readiness, &mut self.snapshot, self.audience);
        let mut report = Report::new(snapshot, view, query, self.audience)?;
        if let Some((_, endpoint)) = self.endpoints.iter().find(|(known, _)| *known == *view) {
            report = report.with_endpoint(endpoint);
        }
        let at = match found {
            Some(at) => at,
            None => {
                let name = report.view.name.clone();
                place(&mut self.slots, &mut self.oldest, format, name, query)
            }
        };
        let slot = &mut self.slots[at];
        match format {
            Format::Kubernetes => report.kubernetes(&mut slot.body),
            Format::Json => report.json(&mut slot.body),
            Format::HealthJson => report.health_json(self.release.as_deref(), &mut slot.body),
        }
        slot.passed = report.passed();
        let lasts = self.audience == Audience::Public || slot.body == b"ok";
        slot.epoch = lasts.then_some(snapshot.epoch);
        Some(at)
    }
}

/// Takes the set's state of now: the snapshot at hand, if nothing but ages can have changed and nobody tells ages.
fn look<'a>(
    readiness: &Readiness,
    snapshot: &'a mut Option<Snapshot>,
    audience: Audience,
) -> &'a Snapshot {
    let epoch = readiness.epoch();
    let into = snapshot.get_or_insert_with(|| readiness.snapshot());
    if audience != Audience::Public || into.epoch != epoch {
        readiness.snapshot_into(into);
    }
    into
}

/// Makes room for an answer that is not kept yet; its buffer may be an older one's.
fn place(
    slots: &mut Vec<Slot>,
    oldest: &mut usize,
    format: Format,
    view: Name,
    query: &Query,
) -> usize {
    let query = query.clone();
    if slots.len() < SLOTS {
        slots.push(Slot { format, view, query, epoch: None, passed: false, body: Vec::new() });
        return slots.len() - 1;
    }
    let at = std::mem::replace(oldest, (*oldest + 1) % SLOTS);
    let body = std::mem::take(&mut slots[at].body);
    slots[at] = Slot { format, view, query, epoch: None, passed: false, body };
    at
}

fn not_found() -> Answer<'static> {
    Answer { status: 404, content_type: TEXT, body: b"404 page not found\n" }
}

impl Format {
    fn content_type(self) -> &'static str {
        match self {
            Self::Kubernetes => TEXT,
            Self::Json => JSON,
            Self::HealthJson => HEALTH_JSON,
        }
    }
}
