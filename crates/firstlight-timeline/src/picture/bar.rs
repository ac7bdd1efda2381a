use std::time::Duration;

use svg::node::element::{Group, Line, Path, Rectangle, Text, Title};

use super::axis::{Axis, round};
use super::rows::Row;
use super::text::{pixels, shorten};
use super::{LABEL, LABEL_COLUMNS, LEFT, PITCH, RIGHT};
use crate::graph::Graph;
use crate::outcome::OutcomeKind;

/// Levels beyond this one are not moved in any further.
const MAX_DEPTH: usize = 8;
/// The least width at which a bar can be seen.
const HAIR: f64 = 2.0;

/// Draws the row whose upper edge is at `y`: its name, what it waited, its bar, and how long it took.
pub(super) fn draw(graph: &Graph<'_>, axis: &Axis, row: &Row, y: f64, on_chain: bool) -> Group {
    let (span, end) = (graph.span(row.index), graph.end(row.index));
    let is_open = span.end.is_none();
    let (word, class) = match span.outcome.kind() {
        _ if is_open => (Some("… still running".to_owned()), "run"),
        OutcomeKind::Bad => (Some(format!("✕ {}", span.outcome)), "bad"),
        OutcomeKind::Cut => (Some(format!("– {}", span.outcome)), "cut"),
        OutcomeKind::Good => (None, "good"),
        OutcomeKind::Other => (Some(span.outcome.to_string()), "good"),
    };
    let figure = axis.unit.show(end.saturating_sub(row.unblocked));
    let figure = word.map_or(figure.clone(), |word| format!("{figure} {word}"));
    let on = if on_chain { " on" } else { "" };
    let middle = y + PITCH / 2.0;

    let mut group = Group::new().set("class", format!("row {class}{on}"));
    group = group.add(Title::new(tooltip(graph, axis, row)));
    let depth = row.depth.min(MAX_DEPTH);
    let name = Text::new(shorten(span.name(), LABEL_COLUMNS - 2 * depth)).set("class", "name");
    group = group.add(name.set("x", LABEL + 16.0 + 14.0 * depth as f64).set("y", middle + 4.0));
    if on_chain {
        group =
            group.add(Text::new("▸").set("class", "name").set("x", LABEL).set("y", middle + 4.0));
    }

    let (begin, from, to) = (axis.x(span.start), axis.x(row.unblocked), axis.x(end));
    if from - begin >= 1.0 {
        let line = Line::new().set("class", "waits").set("x1", begin).set("x2", from);
        group = group.add(line.set("y1", middle).set("y2", middle));
    }
    // A group is drawn thinner: its parts stand below it.
    let height = if row.is_group { 6.0 } else { PITCH - 8.0 };
    let bar = Rectangle::new().set("class", "bar").set("x", from.min(RIGHT - HAIR));
    let bar = bar.set("y", middle - height / 2.0).set("height", height);
    group = group.add(bar.set("width", round((to - from).max(HAIR))));
    if is_open {
        let (upper, lower) = (middle - height / 2.0, middle + height / 2.0);
        let tip = format!("M{to} {upper}L{} {middle}L{to} {lower}Z", round(to + 7.0));
        group = group.add(Path::new().set("class", "arrow").set("d", tip));
    }
    group.add(beside(figure, begin, if is_open { to + 7.0 } else { to.max(from + HAIR) }, middle))
}

/// The figure stands behind the bar; where there is no room, before it; where there is none either, on it.
fn beside(figure: String, begin: f64, end: f64, middle: f64) -> Text {
    let width = pixels(&figure, 11.0);
    let (x, anchor) = if end + 6.0 + width <= RIGHT {
        (end + 6.0, "start")
    } else if begin - 6.0 - width >= LEFT {
        (begin - 6.0, "end")
    } else {
        (RIGHT, "end")
    };
    let text = Text::new(figure).set("class", "figure").set("text-anchor", anchor);
    text.set("x", round(x)).set("y", middle + 4.0)
}

/// All that is known, for who points at the row.
fn tooltip(graph: &Graph<'_>, axis: &Axis, row: &Row) -> String {
    let (span, end) = (graph.span(row.index), graph.end(row.index));
    let show = |time: Duration| axis.unit.show(time);
    let how = match span.end {
        None => format!("still running at {}", show(end)),
        Some(end) => format!("{} at {}", span.outcome, show(end)),
    };
    let mut text = format!("{}\nfrom {}, {how}", span.name(), show(span.start));
    if row.unblocked > span.start {
        text.push_str(&format!("\nwaited until {}", show(row.unblocked)));
    }
    if let Some(parent) = span.parent() {
        text.push_str(&format!("\npart of {parent}"));
    }
    if let [first, rest @ ..] = span.after() {
        text.push_str(&format!("\nafter {first}"));
        rest.iter().take(9).for_each(|name| text.push_str(&format!(", {name}")));
        if rest.len() > 9 {
            text.push_str(&format!(" and {} more", rest.len() - 9));
        }
    }
    text
}
