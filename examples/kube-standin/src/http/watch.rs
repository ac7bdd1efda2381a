use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::event::{event, line};
use super::query::{Params, flag, number};
use super::{Server, answer, list};
use crate::faults::Fault;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::selector::Selector;
use crate::served::Seen;
use crate::store::Object;

/// How long a watch lasts when the client does not say, or says more.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Later than the end of any watch; so much can be added to any time.
const NEVER: Duration = Duration::from_secs(60 * 60);

/// Events written at once.
const BATCH: usize = 64;

/// Opens a watch.
pub(super) async fn open(
    server: Arc<Server>,
    kind: Kind,
    namespace: Option<String>,
    params: &Params,
) -> Result<Response, Refusal> {
    let plural = kind.plural.clone();
    if server.strikes(&plural, Fault::RefuseWatches) {
        return Err(Refusal::gone("a fault was asked for"));
    }
    let Ok(permit) = server.watches.clone().try_acquire_owned() else {
        return Err(Refusal::too_many("there are too many watches", 1));
    };
    let selector = list::selector(namespace, params)?;
    let bookmarks = flag("allowWatchBookmarks", params.allow_watch_bookmarks.as_deref())?;
    let send_initial = flag("sendInitialEvents", params.send_initial_events.as_deref())?;
    let version = number("resourceVersion", params.resource_version.as_deref())?;
    let lasts = match number("timeoutSeconds", params.timeout_seconds.as_deref())? {
        0 => LONGEST,
        seconds => Duration::from_secs(seconds).min(LONGEST),
    };
    let (mut cursor, mut initial) = (version, Vec::new());
    if version == 0 || send_initial {
        list::held(&server, &plural).await;
        (cursor, initial) = server.store.list(&kind, None)?;
        initial.retain(|object| selector.selects(object));
        // They are taken from the end.
        initial.reverse();
    }
    let now = Instant::now();
    let bookmark_every = server.settings.bookmark_every.min(NEVER);
    let watching = Watching {
        changed: server.store.changed(&kind)?,
        faults_changed: server.faults.changed(),
        selector,
        cursor,
        initial,
        marks_initial_end: send_initial && bookmarks,
        until: now + lasts,
        bookmark_every: bookmarks.then_some(bookmark_every),
        bookmark_at: now + bookmark_every,
        drop_at: None,
        spoiled: false,
        over: false,
        open: Open::new(server, kind, permit),
    };
    let lines = stream::unfold(watching, |mut watching| async {
        watching.next().await.map(|line| (line, watching))
    });
    Ok(answer::json(StatusCode::OK, Body::from_stream(lines)))
}

/// One open watch. It is a place in the history of its kind and reads on when its client does, so a slow client costs nothing: once
/// its place is no longer in the history, it is told so and the watch ends.
struct Watching {
    open: Open,
    selector: Selector,
    /// All up to this version was sent.
    cursor: u64,
    initial: Vec<Arc<Object>>,
    marks_initial_end: bool,
    changed: watch::Receiver<()>,
    faults_changed: watch::Receiver<()>,
    until: Instant,
    /// `None`: the client wants none.
    bookmark_every: Option<Duration>,
    bookmark_at: Instant,
    drop_at: Option<(Instant, CancellationToken)>,
    /// It had its line of garbage.
    spoiled: bool,
    over: bool,
}

impl Watching {
    /// The next lines; `None` at the end, an error where the connection is to break.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        while !self.over {
            self.changed.mark_unchanged();
            self.faults_changed.mark_unchanged();
            // Before what there is to say: a watch to which something happens all the time ends, too.
            if self.is_to_break() {
                self.over = true;
                return Some(Err(io::Error::other("a fault was asked for")));
            }
            if self.until <= Instant::now() {
                self.over = true;
                let said_all = self.initial.is_empty() && !self.marks_initial_end;
                let bookmarks = self.bookmark_every.is_some() && said_all;
                return bookmarks.then(|| Ok(self.bookmark(&json!({})).into()));
            }
            if let Some(lines) = self.ready() {
                return Some(Ok(lines.into()));
            }
            let drop_at = self.drop_at.clone();
            tokio::select! {
                biased;
                () = self.open.server.stop.cancelled() => self.over = true,
                // The sender is gone: so is the kind.
                changed = self.changed.changed() => self.over = changed.is_err(),
                _ = self.faults_changed.changed() => {}
                () = broken_off(drop_at) => {}
                () = tokio::time::sleep_until(self.until) => {}
                () = tokio::time::sleep_until(self.bookmark_at), if self.bookmark_every.is_some() => {
                    self.bookmark_at = Instant::now() + self.bookmark_every.unwrap_or(LONGEST);
                    return Some(Ok(self.bookmark(&json!({})).into()));
                }
            }
        }
        None
    }

    /// Whether a fault says that it breaks off now.
    fn is_to_break(&mut self) -> bool {
        if self.drop_at.as_ref().is_some_and(|(_, cleared)| cleared.is_cancelled()) {
            self.drop_at = None;
        }
        self.drop_at.as_ref().is_some_and(|(at, _)| *at <= Instant::now())
    }

    /// The lines that can be written now.
    fn ready(&mut self) -> Option<String> {
        let (server, plural) = (&self.open.server, &self.open.kind.plural);
        if self.drop_at.is_none() {
            let every = |fault| match fault {
                Fault::DropWatches(every) => Some(every),
                _ => None,
            };
            let struck = server.strike(plural, every);
            self.drop_at =
                struck.map(|(every, cleared)| (Instant::now() + every.min(NEVER), cleared));
        }
        if server.strikes(plural, Fault::ExpireWatches) {
            return Some(self.end(&Refusal::gone("a fault was asked for")));
        }
        if !self.spoiled && server.strikes(plural, Fault::GarbageWatches) {
            self.spoiled = true;
            return Some("{\"type\":\"ADDED\",\"object\":{\"kind\"}}garbage{{\n".to_owned());
        }
        if !self.initial.is_empty() {
            let rest = self.initial.len().saturating_sub(BATCH);
            let batch = self.initial.drain(rest..).rev();
            return Some(batch.map(|object| line("ADDED", &object.value)).collect());
        }
        if self.marks_initial_end {
            self.marks_initial_end = false;
            return Some(self.bookmark(&json!({"k8s.io/initial-events-end": "true"})));
        }
        self.events()
    }

    /// What has happened since the cursor and is selected; `None` when nothing has.
    fn events(&mut self) -> Option<String> {
        loop {
            let changes = self.open.server.store.changes_after(&self.open.kind, self.cursor, BATCH);
            let (reached, changes) = match changes {
                Ok(changes) => changes,
                Err(refusal) => return Some(self.end(&refusal)),
            };
            self.cursor = reached;
            if changes.is_empty() {
                return None;
            }
            let lines: String = changes.iter().filter_map(|c| event(&self.selector, c)).collect();
            if !lines.is_empty() {
                return Some(lines);
            }
        }
    }

    fn end(&mut self, refusal: &Refusal) -> String {
        self.over = true;
        line("ERROR", &refusal.to_status())
    }

    fn bookmark(&self, annotations: &Value) -> String {
        let kind = &self.open.kind;
        let object = json!({
            "kind": kind.kind,
            "apiVersion": kind.api_version(),
            "metadata": {
                "resourceVersion": self.cursor.to_string(),
                "creationTimestamp": null,
                "annotations": annotations,
            },
        });
        line("BOOKMARK", &object)
    }
}

/// Counts a watch as open while it is there.
struct Open {
    server: Arc<Server>,
    kind: Kind,
    _permit: OwnedSemaphorePermit,
}

impl Open {
    fn new(server: Arc<Server>, kind: Kind, permit: OwnedSemaphorePermit) -> Self {
        server.served.saw(&kind.plural, Seen::Watch);
        Self { server, kind, _permit: permit }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.server.served.saw(&self.kind.plural, Seen::WatchEnded);
    }
}

/// Returns when a watch is to break off, or the fault that says so is cleared; never when there is none.
async fn broken_off(at: Option<(Instant, CancellationToken)>) {
    let Some((at, cleared)) = at else { return std::future::pending().await };
    let _ = tokio::time::timeout_at(at, cleared.cancelled()).await;
}
