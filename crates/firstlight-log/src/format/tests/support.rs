use std::sync::Arc;
use std::time::Duration;

use tracing::Level;

use crate::format::{Chosen, Layout, Redaction, Renderer};
use crate::line::{Line, Scope, Scopes};
use crate::record::{Value, Values};

/// 2026-11-21T19:44:03.123456789Z
pub(super) const AT: Duration = Duration::new(1_795_290_243, 123_456_789);

pub(super) const TEXT: Chosen = Chosen { layout: Layout::Text, colored: false };
pub(super) const COLORED: Chosen = Chosen { layout: Layout::Text, colored: true };
pub(super) const JSON: Chosen = Chosen { layout: Layout::Json, colored: false };
pub(super) const JOURNALD: Chosen = Chosen { layout: Layout::Journald, colored: false };

pub(super) type Fields<'a> = &'a [(&'a str, Value<'a>)];

pub(super) fn line<'a>(fields: Fields<'a>, scopes: &'a [Scope<'a>]) -> Line<'a> {
    Line {
        at: AT,
        level: Level::INFO,
        target: "app::net",
        values: Values::Listed(fields),
        scopes: Scopes::Listed(scopes),
    }
}

pub(super) fn scope<'a>(name: &'a str, fields: Fields<'a>) -> Scope<'a> {
    Scope { name, values: Values::Listed(fields) }
}

/// The line, without its end.
#[track_caller]
pub(super) fn rendered(chosen: Chosen, line: &Line<'_>) -> String {
    rendered_with(chosen, Redaction::default(), line)
}

#[track_caller]
pub(super) fn rendered_with(chosen: Chosen, redaction: Redaction, line: &Line<'_>) -> String {
    let mut out = b"before\n".to_vec();
    Renderer::new(chosen, Arc::new(redaction)).render(line, &mut out);
    let out = String::from_utf8(out).expect("what is rendered is Unicode");
    let line = out.strip_prefix("before\n").expect("a renderer appends");
    line.strip_suffix('\n').expect("a line ends").to_owned()
}
