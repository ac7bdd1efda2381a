//! The line that stands where lines are missing.

use std::fmt::Write;
use std::sync::Arc;
use std::time::SystemTime;

use tracing::Level;

use crate::format::Renderer;
use crate::levels::LEVELS;
use crate::line::{Line, Scopes};
use crate::record::{Value, Values};
use crate::time;
use crate::writer::{Announce, Lost};

/// Renders it as the sink's other lines are rendered.
pub(crate) fn of(renderer: &Arc<Renderer>, sink: &str) -> Announce {
    let (renderer, sink) = (Arc::clone(renderer), sink.to_owned());
    Box::new(move |lost, out| {
        let message = message(lost, &sink);
        let values = [("message", Value::Str(&message)), ("dropped", Value::U64(lost.total()))];
        let line = Line {
            at: time::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
            level: Level::WARN,
            target: "firstlight_log",
            values: Values::Listed(&values),
            scopes: Scopes::NONE,
        };
        renderer.render(&line, out);
    })
}

/// "12 lines are missing here (10 INFO, 2 DEBUG): stdout takes them too slowly".
fn message(lost: &Lost, sink: &str) -> String {
    let mut text = format!("{} lines are missing here (", lost.total());
    let mut separator = "";
    for level in LEVELS {
        if lost.of(level) > 0 {
            // A `String` never refuses.
            let _ = write!(text, "{separator}{} {level}", lost.of(level));
            separator = ", ";
        }
    }
    let why = match lost.failed {
        0 => "takes them too slowly",
        failed if failed == lost.total() => "refused them",
        _ => "takes them too slowly, and refused some",
    };
    let _ = write!(text, "): {sink} {why}");
    text
}
