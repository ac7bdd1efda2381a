//! The waterfall as one SVG file.

mod axis;
mod bar;
mod legend;
mod rows;
mod text;

use std::time::Duration;

use svg::Document;
use svg::node::element::{Description, Group, Line, Path, Rectangle, Style, Text, Title};

use self::axis::Axis;
pub use self::rows::MAX_ROWS;
use self::rows::Row;
use crate::chain::Chain;
use crate::graph::Graph;
use crate::{notes, summary};

/// The picture's width; its height follows from the rows.
const WIDTH: f64 = 1200.0;
/// Where names begin, and how long they may be.
const LABEL: f64 = 12.0;
const LABEL_COLUMNS: usize = 36;
/// Where zero is, where the last moment is, and where the room for figures behind it ends.
const LEFT: f64 = 304.0;
const LAST: f64 = 1016.0;
const RIGHT: f64 = 1192.0;
/// From one row to the next.
const PITCH: f64 = 20.0;
/// The upper edge of the first row.
const TOP: f64 = 118.0;

pub(crate) fn draw(graph: &Graph<'_>) -> String {
    let chain = graph.goal().map(|goal| Chain::of(graph, goal));
    let rows = rows::choose(graph, chain.as_ref());
    let axis = Axis::new(graph, LEFT, LAST);
    let bottom = TOP + PITCH * rows.len() as f64;
    let height = bottom + 28.0;
    let summary = summary::line(graph);
    let story = chain.as_ref().map_or_else(|| summary.clone(), Chain::to_string);

    // The first title is what a reader of the screen says of the picture, and what a browser calls its tab.
    let document = Document::new()
        .set("class", "flt")
        .set("viewBox", (0, 0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("role", "img")
        .set("aria-labelledby", "flt-title flt-story")
        .add(Title::new(summary.as_str()).set("id", "flt-title"))
        .add(Description::new().set("id", "flt-story").add(svg::node::Text::new(story)))
        .add(Style::new(include_str!("style.css")))
        .add(legend::patterns())
        .add(Rectangle::new().set("class", "paper").set("width", WIDTH).set("height", height))
        .add(heading(graph, &rows, &summary))
        .add(legend::draw())
        .add(bands(&rows, chain.as_ref()));
    let document = match graph.goal() {
        Some(goal) => document.add(goal_line(&axis, graph, goal, bottom)),
        None => document,
    };
    let document = document.add(grid(&axis, bottom));
    let on_chain = |row: &Row| place_in(chain.as_ref(), row.index).is_some();
    let bars = rows.iter().enumerate().fold(Group::new(), |group, (place, row)| {
        group.add(bar::draw(graph, &axis, row, y(place), on_chain(row)))
    });
    match &chain {
        Some(chain) => document.add(links(&axis, &rows, chain)).add(bars).to_string(),
        None => document.add(bars).to_string(),
    }
}

fn y(place: usize) -> f64 {
    TOP + PITCH * place as f64
}

fn place_in(chain: Option<&Chain>, index: usize) -> Option<usize> {
    chain?.steps().iter().position(|step| step.index == index)
}

fn heading(graph: &Graph<'_>, rows: &[Row], summary: &str) -> Group {
    let drawn = match graph.len() {
        all if all > rows.len() => format!(
            "{} of {all} spans drawn: the critical chain, what failed or still runs, and the slowest",
            rows.len()
        ),
        all => format!("{} drawn", notes::count(all as u64)),
    };
    let parts = [drawn, notes::list(graph.timeline)];
    let notes: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let line =
        |text: String, class, y| Text::new(text).set("class", class).set("x", LABEL).set("y", y);
    Group::new().add(line(text::shorten(summary, 128), "head", 24.0)).add(line(
        notes.join("; "),
        "soft",
        43.0,
    ))
}

/// Every second row, and those of the critical chain.
fn bands(rows: &[Row], chain: Option<&Chain>) -> Group {
    rows.iter().enumerate().fold(Group::new(), |group, (place, row)| {
        let class = match place_in(chain, row.index) {
            Some(_) => "held",
            None if place % 2 == 1 => "band",
            None => return group,
        };
        let band = Rectangle::new().set("class", class).set("y", y(place)).set("height", PITCH);
        group.add(band.set("width", WIDTH))
    })
}

/// Lines down through all rows, named above and below.
fn grid(axis: &Axis, bottom: f64) -> Group {
    axis.ticks().into_iter().fold(Group::new(), |group, (x, name)| {
        let line = Line::new().set("class", "grid").set("x1", x).set("x2", x);
        let named = |y: f64| {
            let text = Text::new(name.as_str()).set("class", "tick").set("text-anchor", "middle");
            text.set("x", x).set("y", y)
        };
        group
            .add(line.set("y1", TOP - 4.0).set("y2", bottom + 4.0))
            .add(named(TOP - 8.0))
            .add(named(bottom + 18.0))
    })
}

/// From the end of each step of the critical chain down or up to the step that it held up, and the gaps
/// between them.
fn links(axis: &Axis, rows: &[Row], chain: &Chain) -> Group {
    let middle = |index| {
        let place = rows.iter().position(|row| row.index == index)?;
        Some(y(place) + PITCH / 2.0)
    };
    let earlier = chain.steps().iter().skip(1).map(Some).chain([None]);
    chain.steps().iter().zip(earlier).fold(Group::new(), |mut group, (step, before)| {
        let Some(to) = middle(step.index) else { return group };
        let x = axis.x(before.map_or(Duration::ZERO, |before| before.end));
        if let Some(from) = before.and_then(|before| middle(before.index)) {
            let link = Path::new().set("class", "chain").set("d", format!("M{x} {from}V{to}"));
            group = group.add(link);
        }
        if step.gap > Duration::ZERO {
            let gap = format!("M{x} {to}H{}", axis.x(step.start));
            group = group.add(Path::new().set("class", "gap").set("d", gap));
        }
        group
    })
}

/// The moment for which the start is made.
fn goal_line(axis: &Axis, graph: &Graph<'_>, goal: usize, bottom: f64) -> Group {
    let span = graph.span(goal);
    let Some(end) = span.end else { return Group::new() };
    let x = axis.x(end);
    let line = Line::new().set("class", "goal").set("x1", x).set("x2", x);
    let name = format!("{} {}", text::shorten(span.name(), 24), axis.unit.show(end));
    let name = Text::new(name).set("class", "mark").set("text-anchor", "middle");
    Group::new()
        .add(line.set("y1", TOP - 20.0).set("y2", bottom))
        .add(name.set("x", x).set("y", TOP - 24.0))
}
