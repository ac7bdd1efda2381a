use std::io::Write;

use firstlight_ready::{GateSnapshot, GateState};

use crate::human::Human;
use crate::report::{GATES, Outcome, Report, SEALED, SHUTDOWN, holds_role};

const WITHHELD: &[u8] = b"reason withheld";

/// The text of Kubernetes' `/readyz`, `/livez` and `/healthz`, to the byte.
///
/// `ok` when it passes and nobody asked for more; otherwise a line for each check, a warning for exclusions that match
/// nothing, and the verdict.
impl Report<'_> {
    /// Writes Kubernetes' text in place of what is in the buffer.
    ///
    /// In detail a failing check has its state, age, progress, place and reason instead of `reason withheld`, and a
    /// gate that is degraded, empty, or not good and not counted has a `warn:` line. One that is empty says what it saw.
    pub fn kubernetes(&self, into: &mut Vec<u8>) {
        into.clear();
        if self.passed() && !self.query.is_verbose() {
            into.extend_from_slice(b"ok");
            return;
        }
        if self.unsealed() {
            self.failed(SEALED, into);
        }
        if self.lacks_gates {
            self.failed(GATES, into);
        }
        for gate in self.gates() {
            self.line(gate, into);
        }
        if self.lists_shutdown() {
            match (self.excludes_shutdown(), self.shutdown_failed()) {
                (true, _) => put(into, [b"[+]", SHUTDOWN.as_bytes(), b" excluded: ok\n"]),
                (false, true) => self.failed(SHUTDOWN, into),
                (false, false) => put(into, [b"[+]", SHUTDOWN.as_bytes(), b" ok\n"]),
            }
        }
        self.warnings(into);
        match self.endpoint {
            Some(endpoint) => into.extend_from_slice(endpoint.as_str().as_bytes()),
            None => put(into, [self.view.name.as_str().as_bytes(), b"z"]),
        }
        let verdict: &[u8] = if self.passed() { b" check passed\n" } else { b" check failed\n" };
        into.extend_from_slice(verdict);
    }

    /// Writes the answer of one check, as under `/readyz/db`, in place of what is in the buffer.
    ///
    /// Tells whether it passes; `None`, and an empty buffer, when this view has no such check. Whether it counts does
    /// not matter here.
    pub fn check(&self, name: &str, into: &mut Vec<u8>) -> Option<bool> {
        into.clear();
        // A check of our own comes first: a gate that took its name must not hide that it fails.
        let own = match name {
            SHUTDOWN if self.lists_shutdown() => Some(!self.shutdown_failed()),
            SEALED => Some(!self.unsealed()),
            GATES => Some(!self.lacks_gates),
            _ => None,
        };
        let gate = self.gates().find(|gate| own != Some(false) && gate.name == *name);
        let passed = gate.map(|gate| self.is_good(gate)).or(own)?;
        if passed {
            into.extend_from_slice(b"ok");
            return Some(true);
        }
        into.extend_from_slice(b"internal server error: ");
        match gate {
            Some(gate) => self.why(gate, into),
            None => self.why_set(name, into),
        }
        into.push(b'\n');
        Some(false)
    }

    fn line(&self, gate: &GateSnapshot, into: &mut Vec<u8>) {
        let name = gate.name.as_str().as_bytes();
        match self.outcome(gate) {
            Outcome::Pass => put(into, [b"[+]", name, b" ok\n"]),
            Outcome::Excluded | Outcome::Uncounted => put(into, [b"[+]", name, b" excluded: ok\n"]),
            Outcome::Fail => {
                put(into, [b"[-]", name, b" failed: "]);
                self.why(gate, into);
                into.push(b'\n');
            }
        }
    }

    /// A check that fails and is no gate's.
    fn failed(&self, name: &str, into: &mut Vec<u8>) {
        put(into, [b"[-]", name.as_bytes(), b" failed: "]);
        self.why_set(name, into);
        into.push(b'\n');
    }

    fn why(&self, gate: &GateSnapshot, into: &mut Vec<u8>) {
        if !self.is_detailed() {
            into.extend_from_slice(WITHHELD);
            return;
        }
        into.extend_from_slice(gate.state.as_str().as_bytes());
        if let Some(progress) = gate.progress {
            print(into, format_args!(" {progress}"));
        }
        let age = self.snapshot.at.saturating_sub(gate.since);
        print(into, format_args!(" for {}", Human(age)));
        if let Some(name) = &gate.held_by {
            print(into, format_args!(", waits for {name}"));
        }
        print(into, format_args!(", at {}", gate.place));
        match (&gate.reason, &gate.evidence) {
            (Some(reason), _) => print(into, format_args!(": {reason}")),
            // Which kind of empty it is.
            (None, Some(seen)) if gate.state == GateState::ReadyEmpty => {
                print(into, format_args!(": {} items", seen.items));
                if !seen.revision.as_str().is_empty() {
                    print(into, format_args!(", {}", seen.revision));
                }
            }
            (None, _) => {}
        }
    }

    fn why_set(&self, check: &str, into: &mut Vec<u8>) {
        if !self.is_detailed() {
            into.extend_from_slice(WITHHELD);
            return;
        }
        match check {
            SEALED => into.extend_from_slice(b"gates may still be declared"),
            GATES => into.extend_from_slice(b"no gate counts in it"),
            _ => print(into, format_args!("{}", self.snapshot.phase)),
        }
        if let (SHUTDOWN, Some(reason)) = (check, &self.snapshot.drain_reason) {
            print(into, format_args!(": {reason}"));
        }
    }

    fn warnings(&self, into: &mut Vec<u8>) {
        let mut sign = "warn: some health checks cannot be excluded: no matches for ";
        for name in self.unmatched() {
            print(into, format_args!("{sign}\""));
            escape(name, into);
            into.push(b'"');
            sign = ",";
        }
        if sign == "," {
            into.push(b'\n');
        }
        if self.query.is_cut() {
            into.extend_from_slice(b"warn: the query is too long: its end was not read\n");
        }
        for gate in self.gates().filter(|gate| self.is_detailed() && self.is_noteworthy(gate)) {
            print(into, format_args!("warn: {} is ", gate.name));
            self.why(gate, into);
            into.push(b'\n');
        }
    }

    /// Whether it does not fail, and there is more to say than `ok`.
    fn is_noteworthy(&self, gate: &GateSnapshot) -> bool {
        match self.outcome(gate) {
            Outcome::Pass => matches!(gate.state, GateState::Degraded | GateState::ReadyEmpty),
            Outcome::Uncounted => holds_role(gate),
            Outcome::Fail | Outcome::Excluded => false,
        }
    }
}

/// Inlined where the parts' lengths are known: most of what it writes is one of a few constants.
#[inline(always)]
fn put<const N: usize>(into: &mut Vec<u8>, parts: [&[u8]; N]) {
    into.reserve(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        into.extend_from_slice(part);
    }
}

/// A vector takes all that is written to it.
fn print(into: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let written = into.write_fmt(text);
    debug_assert!(written.is_ok());
}

/// Writes what a stranger sent: what cannot stand in a name is escaped, so that no line, no quotation mark and no
/// escaped line end can come from it.
fn escape(text: &str, into: &mut Vec<u8>) {
    for c in text.chars() {
        match c {
            ' ' => into.push(b' '),
            '"' | '\'' | '\\' | '<' | '>' | '&' => {
                print(into, format_args!("\\x{:02x}", u32::from(c)))
            }
            '!'..='~' => print(into, format_args!("{c}")),
            '\0'..='\x7f' => print(into, format_args!("\\x{:02x}", u32::from(c))),
            '\u{80}'..='\u{ffff}' => print(into, format_args!("\\u{:04x}", u32::from(c))),
            _ => print(into, format_args!("\\U{:08x}", u32::from(c))),
        }
    }
}
