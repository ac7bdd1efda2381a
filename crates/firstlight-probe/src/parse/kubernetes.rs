use crate::parse::checks::Checks;
use crate::parse::tally::Tally;
use crate::text::head;

/// How much of a text is read.
const MAX_READ: usize = 1024 * 1024;

/// Reads a Kubernetes component's verbose `/readyz`, `/livez` or `/healthz`.
///
/// | line | read as |
/// |---|---|
/// | `[+]name ok` | passing |
/// | `[-]name failed: reason` | failing; `reason withheld` is no reason |
/// | `[+]name excluded: ok` | excluded; does not count |
/// | `warn: …` | a warning |
/// | `readyz check passed`, `… failed`, or `ok` alone | what [`Checks::passed`] says |
/// | any other | unknown, and kept |
///
/// The text may have CRLF line ends, may be cut short (a last line that is not whole is unknown), and may
/// stand inside an error string with its line ends escaped:
/// `an error on the server ("[+]ping ok\n[-]etcd failed: …") has prevented the request from succeeding`. At
/// most 1 MiB of it is read.
pub fn kubernetes(text: &str) -> Checks {
    let text = head(text, MAX_READ);
    let mut tally = Tally::default();
    let mut passed = None;
    let ends_whole = text.ends_with(['\n', '\r']);
    let mut lines = text.split(['\n', '\r']).filter(|line| !line.trim().is_empty()).peekable();
    while let Some(line) = lines.next() {
        let is_whole = lines.peek().is_some() || ends_whole;
        if is_embedded(line) {
            read_embedded(line, is_whole, &mut tally, &mut passed);
        } else {
            read_line(line, is_whole, &mut tally, &mut passed);
        }
    }
    tally.finish(passed)
}

/// Whether several lines stand in this one, their ends escaped.
fn is_embedded(line: &str) -> bool {
    line.contains("\\n") && (line.contains("[+]") || line.contains("[-]"))
}

fn read_embedded(line: &str, is_whole: bool, tally: &mut Tally, passed: &mut Option<bool>) {
    let mut parts = line.split("\\n").peekable();
    let mut is_first = true;
    while let Some(part) = parts.next() {
        let mut part = part.strip_suffix("\\r").unwrap_or(part);
        if std::mem::take(&mut is_first) {
            let marker = part.find("[+]").into_iter().chain(part.find("[-]")).min().unwrap_or(0);
            let (before, rest) = part.split_at(marker);
            if !before.trim().is_empty() {
                tally.unknown(before.trim());
            }
            part = rest;
        }
        if !part.trim().is_empty() {
            read_line(part, parts.peek().is_some() || is_whole, tally, passed);
        }
    }
}

fn read_line(line: &str, is_whole: bool, tally: &mut Tally, passed: &mut Option<bool>) {
    let line = line.trim();
    if let Some(item) = line.strip_prefix("[+]") {
        if let Some(name) = item.strip_suffix(" excluded: ok") {
            tally.exclude(name);
        } else if let Some(name) = item.strip_suffix(" ok") {
            tally.pass(name);
        } else if is_whole && is_name(item) {
            tally.pass(item);
        } else {
            tally.unknown(line);
        }
    } else if let Some(item) = line.strip_prefix("[-]") {
        if let Some((name, reason)) = item.split_once(" failed: ") {
            tally.fail(name, Some(reason));
        } else if let Some(name) = item.strip_suffix(" failed").or(item.strip_suffix(" failed:")) {
            tally.fail(name, None);
        } else if is_whole && is_name(item) {
            tally.fail(item, None);
        } else {
            tally.unknown(line);
        }
    } else if let Some(warning) = line.strip_prefix("warn: ") {
        tally.warn(warning);
    } else if let Some(verdict) = trailer(line) {
        *passed = Some(verdict);
    } else {
        tally.unknown(line);
    }
}

/// A line without the word behind the name is taken when the name is one word and surely whole.
fn is_name(item: &str) -> bool {
    !item.is_empty() && !item.contains(char::is_whitespace)
}

/// `readyz check passed`, which in an error string is followed by a quotation mark; `ok` alone.
fn trailer(line: &str) -> Option<bool> {
    if line == "ok" {
        return Some(true);
    }
    let said = line.split_once('"').map_or(line, |(said, _)| said.trim_end_matches('\\'));
    let (name, verdict) = said.split_once(" check ")?;
    match verdict {
        _ if !is_name(name) => None,
        "passed" => Some(true),
        "failed" => Some(false),
        _ => None,
    }
}
