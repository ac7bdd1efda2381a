//! Nobody has configured: everything goes to stderr, and says so.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use firstlight_clock::started_at;
use tracing::{Level, Metadata};

use super::early::{Early, Taken};
use super::hand_over::{Told, tell};
use super::passage::{Bearer, PATIENCE, Phase};
use super::spans::Change;
use super::thread::{Replaying, is_replaying};
use super::written::WrittenScope;
use super::{Core, Waiting};
use crate::line::{Line, Scopes};
use crate::live::{LiveSink, line_of, with_scratch};
use crate::record::{Value, Values};
use crate::ring::{Entry, Ring};
use crate::time;

/// Why early events are told to stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    NotInTime,
    Panic,
    Exit,
}

/// Where lines go when nobody configures.
#[derive(Debug)]
pub(crate) struct Fallback(pub(crate) LiveSink);

impl Fallback {
    /// Renders an event.
    pub(super) fn render(
        &self,
        at: Duration,
        metadata: &'static Metadata<'static>,
        values: &[u8],
        scope: &WrittenScope,
        line: &mut Vec<u8>,
    ) {
        let bridged = metadata.target() == "log" && metadata.fields().field("log.target").is_some();
        line.clear();
        self.0
            .renderer
            .render(&line_of(metadata, bridged, since_epoch(at), values, scope.scopes()), line);
    }

    /// A warning of our own.
    fn say(&self, message: &str) {
        let values = [("message", Value::Str(message))];
        with_scratch(|scratch| self.0.write(&warning(&values), &mut scratch.line));
    }
}

fn warning<'a>(values: &'a [(&'a str, Value<'a>)]) -> Line<'a> {
    Line {
        at: since_epoch(time::since_start()),
        level: Level::WARN,
        target: "firstlight_log",
        values: Values::Listed(values),
        scopes: Scopes::NONE,
    }
}

/// The wall clock's time, from the time since the start of the process.
fn since_epoch(at: Duration) -> Duration {
    let started =
        started_at().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
    started.saturating_add(at)
}

impl Core {
    /// Tells what waits to stderr, and from now on what comes; unless it is told already, or configured, or
    /// the process ends and all that waits is what we say of ourselves at every start.
    ///
    /// Configuring is still possible later.
    pub(crate) fn fall_back(&self, why: Why) {
        let Some(fallback) = self.fallback.get() else { return };
        // A layer that panics while it is told does not make this thread wait for itself.
        if self.settled.load(Ordering::Acquire) || is_replaying(self.number) {
            return;
        }
        // A program that only says its version is not to end with words about its logger.
        if why == Why::Exit && !self.passage.inspect(|_, early| early.first_word().is_some()) {
            return;
        }
        let _replaying = Replaying::begin(self.number);
        let mut bearer = ToStderr {
            core: self,
            fallback,
            why,
            waited: None,
            spare: None,
            spans: HashMap::new(),
        };
        // Refused means that it is configured, or being told: then there is nothing to do.
        let _ = self.passage.hand_over(PATIENCE, &mut bearer);
    }

    /// A warning as stderr's lines are, for who writes it himself; empty where stderr is not to be had.
    pub(crate) fn rendered(&self, message: &str) -> Vec<u8> {
        let mut line = Vec::new();
        if let Some(Fallback(stderr)) = self.fallback.get() {
            stderr.renderer.render(&warning(&[("message", Value::Str(message))]), &mut line);
        }
        line
    }

    fn complaint(&self, why: Why, waiting: &Waiting) -> String {
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        let (age, place) = (seconds(time::since_start()), self.plan.booted_at);
        let why = match why {
            Why::NotInTime => "",
            Why::Panic => " when a thread panicked",
            Why::Exit => " when the process exits",
        };
        let mut text = format!(
            "logging was booted at {place} and is not configured{why}: the process is {age} old, {} events waited",
            waiting.count
        );
        if let Some((first, since)) = waiting.first {
            text.push_str(&format!(", the first of {first}, at {}", seconds(since)));
        }
        if waiting.lost > 0 {
            text.push_str(&format!(", {} found no room", waiting.lost));
        }
        text.push_str("; all goes to stderr");
        text
    }
}

struct ToStderr<'a> {
    core: &'a Core,
    fallback: &'a Fallback,
    why: Why,
    /// What waited when it began.
    waited: Option<Waiting>,
    spare: Option<Ring>,
    spans: HashMap<u64, KnownSpan>,
}

struct KnownSpan {
    metadata: &'static Metadata<'static>,
    parent: Option<u64>,
    values: Vec<u8>,
}

impl Bearer<Early> for ToStderr<'_> {
    /// Whether it is the first one, and what there is.
    type Batch = (bool, Taken);

    fn take(&mut self, early: &mut Early, round: u32) -> Option<(bool, Taken)> {
        if round == 0 {
            // Another thread was told to do the same.
            if early.fallen {
                return None;
            }
            early.leave_to_parent();
            self.waited = Some(Waiting::of(early));
        }
        Some((round == 0, early.take(round, &mut self.spare)?))
    }

    fn tell(&mut self, (is_first, taken): (bool, Taken)) {
        let waited = self
            .waited
            .filter(|waited| is_first && (waited.count > 0 || self.why == Why::NotInTime));
        if let Some(waited) = waited {
            self.fallback.say(&self.core.complaint(self.why, &waited));
        }
        self.spare = Some(tell(taken, self));
    }

    fn finish(&mut self, early: &mut Early) -> Phase {
        early.fall();
        Phase::Early
    }
}

impl Told for ToStderr<'_> {
    fn change(&mut self, change: Change) {
        match change {
            Change::Opened { span, metadata, parent, values } => {
                self.spans.insert(span, KnownSpan { metadata, parent, values });
            }
            Change::Recorded { span, values } => {
                if let Some(known) = self.spans.get_mut(&span) {
                    known.values.extend_from_slice(&values);
                }
            }
            Change::Follows { .. } | Change::Closed { .. } => {}
        }
    }

    fn event(&mut self, entry: &Entry, values: &[u8]) {
        let mut around = Vec::new();
        let mut next = entry.span;
        while let Some(known) = next.and_then(|span| self.spans.get(&span)) {
            around.push(known);
            next = known.parent;
        }
        let mut scope = WrittenScope::default();
        around.iter().rev().for_each(|known| scope.push(known.metadata, [known.values.as_slice()]));
        with_scratch(|scratch| {
            self.fallback.render(entry.at, entry.metadata, values, &scope, &mut scratch.line);
            self.fallback.0.writer.push_early(*entry.metadata.level(), &scratch.line);
        });
    }
}
