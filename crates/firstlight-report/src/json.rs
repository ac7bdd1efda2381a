use std::time::Duration;

use firstlight_ready::{GateSnapshot, Name};
use serde::Serialize;

use crate::report::{Outcome, Report};
use crate::time::Time;

impl Report<'_> {
    /// Writes JSON in place of what is in the buffer; the schema is in the [crate's docs](crate#json).
    pub fn json(&self, into: &mut Vec<u8>) {
        into.clear();
        let snapshot = self.snapshot;
        let mut set = Object::begin(into);
        set.word("set", snapshot.set.as_str());
        set.word("view", self.view.name.as_str());
        set.word("status", if self.passed() { "pass" } else { "fail" });
        set.word("phase", snapshot.phase.as_str());
        set.value("sealed", snapshot.sealed);
        set.value("epoch", snapshot.epoch);
        set.value("started_at", Time(Duration::ZERO));
        set.value("since_ns", nanos(self.view.since));
        if let (true, Some(reason)) = (self.is_detailed(), &snapshot.drain_reason) {
            set.value("drain_reason", reason.as_str());
        }
        let gates = set.key("gates");
        list(gates, self.gates(), |gate, into| self.gate_json(gate, into));
        if self.unmatched().next().is_some() {
            list(set.key("unmatched"), self.unmatched(), value);
        }
        set.end();
    }

    fn gate_json(&self, gate: &GateSnapshot, into: &mut Vec<u8>) {
        let mut object = Object::begin(into);
        object.word("name", gate.name.as_str());
        object.word("state", gate.state.as_str());
        object.value("open", gate.open);
        object.word("outcome", outcome(self.outcome(gate)));
        object.value("since_ns", nanos(gate.since));
        if self.is_detailed() {
            let age = self.snapshot.at.saturating_sub(gate.since);
            object.value("age_s", age.as_millis() as f64 / 1e3);
        }
        object.name("stage", gate.stage.as_ref());
        if let Some((name, held)) = &gate.role {
            let mut role = Object::begin(object.key("role"));
            role.word("name", name.as_str());
            role.value("held", held);
            role.end();
        }
        if !gate.after.is_empty() {
            list(object.key("after"), gate.after.iter(), |name, into| word(name.as_str(), into));
        }
        object.name("held_by", gate.held_by.as_ref());
        if self.is_detailed() {
            details(gate, &mut object);
        }
        object.end();
    }
}

/// What only people who run the service are told.
fn details(gate: &GateSnapshot, object: &mut Object<'_>) {
    if let Some(progress) = gate.progress {
        let mut done = Object::begin(object.key("progress"));
        done.value("done", progress.done);
        if progress.total > 0 {
            done.value("total", progress.total);
        }
        done.end();
    }
    if let Some(seen) = &gate.evidence {
        let mut evidence = Object::begin(object.key("evidence"));
        evidence.value("items", seen.items);
        evidence.value("revision", seen.revision.as_str());
        evidence.end();
    }
    if let Some(reason) = &gate.reason {
        object.value("reason", reason.as_str());
    }
    let mut place = Object::begin(object.key("place"));
    place.value("file", gate.place.file());
    place.value("line", gate.place.line());
    place.end();
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Uncounted => "uncounted",
        Outcome::Excluded => "excluded",
    }
}

/// Nanoseconds since the process started, as in the events of all our crates.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// An object that is being written, member by member: less than half the price of a serializer, which looks at every
/// byte of what is known to need no escape.
struct Object<'a> {
    into: &'a mut Vec<u8>,
    /// What stands before the next member.
    sign: u8,
}

impl<'a> Object<'a> {
    fn begin(into: &'a mut Vec<u8>) -> Self {
        Self { into, sign: b'{' }
    }

    /// Begins a member; its value is to be written behind.
    #[inline(always)]
    fn key(&mut self, key: &'static str) -> &mut Vec<u8> {
        self.into.extend_from_slice(&[self.sign, b'"']);
        self.into.extend_from_slice(key.as_bytes());
        self.into.extend_from_slice(b"\":");
        self.sign = b',';
        self.into
    }

    #[inline(always)]
    fn word(&mut self, key: &'static str, text: &str) {
        word(text, self.key(key));
    }

    /// What is not there is left out.
    fn name(&mut self, key: &'static str, name: Option<&Name>) {
        if let Some(name) = name {
            self.word(key, name.as_str());
        }
    }

    #[inline(always)]
    fn value(&mut self, key: &'static str, it: impl Serialize) {
        value(it, self.key(key));
    }

    /// After at least one member.
    fn end(self) {
        self.into.push(b'}');
    }
}

/// A name, or a word of our own: there is nothing in it to escape.
fn word(text: &str, into: &mut Vec<u8>) {
    into.push(b'"');
    into.extend_from_slice(text.as_bytes());
    into.push(b'"');
}

/// Anything else; a vector takes all that is written to it.
fn value(it: impl Serialize, into: &mut Vec<u8>) {
    let written = serde_json::to_writer(into, &it);
    debug_assert!(written.is_ok());
}

fn list<T>(
    into: &mut Vec<u8>,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    into.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            into.push(b',');
        }
        write(item, into);
    }
    into.push(b']');
}
