//! What a prober is told of so many checks, every fourth of which is not open: text and JSON.

use std::hint::black_box;
use std::io::Write;

use firstlight_ready::{Gate, GateState, Readiness, Snapshot};
use firstlight_report::{Audience, Query, Renderer, Report};
use serde::Serialize;

use crate::ready::Set;

/// Ours: a set, and its state of now.
#[derive(Debug)]
pub struct Ours {
    set: Set,
    snapshot: Snapshot,
    renderer: Renderer,
    verbose: Query,
    turned: u64,
}

impl Ours {
    /// So many checks.
    pub fn new(checks: usize) -> Self {
        let set = Set::live(checks);
        let turn = |(at, gate): (usize, &Gate)| match at % 4 {
            0 => gate.progress(1, 4),
            _ => gate.ready(),
        };
        set.gates.iter().enumerate().for_each(turn);
        let snapshot = set.readiness.snapshot();
        let renderer = Renderer::new(set.readiness.clone(), Audience::Public);
        Self { set, snapshot, renderer, verbose: Query::parse("verbose"), turned: 0 }
    }

    /// The set.
    pub fn readiness(&self) -> &Readiness {
        &self.set.readiness
    }

    /// The state of now.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Kubernetes' text of the state.
    pub fn text(&self, into: &mut Vec<u8>) {
        self.report().kubernetes(into);
    }

    /// JSON of the state.
    pub fn json(&self, into: &mut Vec<u8>) {
        self.report().json(into);
    }

    /// So many texts of the state.
    pub fn texts(&self, n: u64) {
        repeat(n, |into| self.text(into));
    }

    /// So many JSON documents of the state.
    pub fn jsons(&self, n: u64) {
        repeat(n, |into| self.json(into));
    }

    /// Changes a check and answers by text, so many times.
    pub fn changed_texts(&mut self, n: u64) {
        for _ in 0..n {
            self.turn();
            black_box(self.cached_text());
        }
    }

    /// Changes a check and answers by JSON, so many times.
    pub fn changed_jsons(&mut self, n: u64) {
        for _ in 0..n {
            self.turn();
            black_box(self.renderer.json("ready", &self.verbose).body);
        }
    }

    /// Answers by text, so many times.
    pub fn cached_texts(&mut self, n: u64) {
        for _ in 0..n {
            black_box(self.cached_text());
        }
    }

    /// Answers by text.
    pub fn cached_text(&mut self) -> &[u8] {
        self.renderer.kubernetes("ready", &self.verbose).body
    }

    /// A change that a prober can see.
    fn turn(&mut self) {
        self.turned += 1;
        self.set.gates[0].progress(self.turned, 0);
    }

    fn report(&self) -> Report<'_> {
        let report = Report::new(&self.snapshot, "ready", &self.verbose, Audience::Public);
        report.expect("there is such a view")
    }
}

/// Writes so often into the same buffer.
fn repeat(n: u64, write: impl Fn(&mut Vec<u8>)) {
    let mut into = Vec::new();
    for _ in 0..n {
        write(black_box(&mut into));
    }
}

/// The same text by `writeln!`, from a list of names and verdicts.
#[derive(Debug)]
pub struct Lines(Vec<(String, bool)>);

impl Lines {
    /// The checks of this state.
    pub fn new(snapshot: &Snapshot) -> Self {
        let line = |gate: &firstlight_ready::GateSnapshot| (gate.name.to_string(), gate.open);
        Self(snapshot.gates_of("ready").map(line).collect())
    }

    /// So many texts.
    pub fn texts(&self, n: u64) {
        repeat(n, |into| self.text(into));
    }

    /// Writes the text.
    ///
    /// # Panics
    /// Never: a vector takes all that is written to it.
    pub fn text(&self, into: &mut Vec<u8>) {
        self.write(into).expect("a vector takes it");
    }

    fn write(&self, into: &mut Vec<u8>) -> std::io::Result<()> {
        into.clear();
        for (name, open) in &self.0 {
            match open {
                true => writeln!(into, "[+]{name} ok")?,
                false => writeln!(into, "[-]{name} failed: reason withheld")?,
            }
        }
        writeln!(into, "[+]shutdown ok")?;
        let verdict = if self.0.iter().all(|(_, open)| *open) { "passed" } else { "failed" };
        writeln!(into, "readyz check {verdict}")
    }
}

/// The same JSON by `serde_json`, from a plain document that is there already.
#[derive(Debug, Serialize)]
pub struct Document {
    set: String,
    view: String,
    status: &'static str,
    phase: &'static str,
    sealed: bool,
    epoch: u64,
    started_at: String,
    since_ns: u64,
    gates: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: String,
    state: &'static str,
    open: bool,
    outcome: &'static str,
    since_ns: u64,
}

impl Document {
    /// The document of the state of ours.
    ///
    /// # Panics
    /// When ours makes no JSON.
    pub fn of(ours: &Ours) -> Self {
        let snapshot = ours.snapshot();
        let mut text = Vec::new();
        ours.json(&mut text);
        let view = snapshot.view("ready").expect("there is such a view");
        let nanos = |time: std::time::Duration| time.as_nanos() as u64;
        let check = |gate: &firstlight_ready::GateSnapshot| Check {
            name: gate.name.to_string(),
            state: GateState::as_str(gate.state),
            open: gate.open,
            outcome: if gate.open { "pass" } else { "fail" },
            since_ns: nanos(gate.since),
        };
        // When the process started is the one thing that the state does not tell.
        let told: serde_json::Value = serde_json::from_slice(&text).expect("our JSON");
        Self {
            set: snapshot.set.to_string(),
            view: view.name.to_string(),
            status: if view.ready { "pass" } else { "fail" },
            phase: snapshot.phase.as_str(),
            sealed: snapshot.sealed,
            epoch: snapshot.epoch,
            started_at: told["started_at"].as_str().expect("a time").to_owned(),
            since_ns: nanos(view.since),
            gates: snapshot.gates_of("ready").map(check).collect(),
        }
    }

    /// So many documents.
    pub fn jsons(&self, n: u64) {
        repeat(n, |into| self.json(into));
    }

    /// Writes the JSON.
    ///
    /// # Panics
    /// Never: a vector takes all that is written to it.
    pub fn json(&self, into: &mut Vec<u8>) {
        into.clear();
        serde_json::to_writer(into, self).expect("a vector takes it");
    }
}
