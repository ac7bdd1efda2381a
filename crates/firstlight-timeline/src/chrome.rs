use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use serde::Serialize;

use crate::graph::Graph;
use crate::span::nanos;
use crate::summary;

/// A file in the Trace Event Format.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace<'a> {
    trace_events: Vec<Event<'a>>,
    display_time_unit: &'static str,
    other_data: Losses,
}

#[derive(Serialize)]
struct Losses {
    dropped: u64,
    mended: u64,
}

/// "X" is a complete event, with its times in microseconds; "M" says what the process is called.
#[derive(Serialize)]
#[serde(tag = "ph")]
enum Event<'a> {
    M { name: &'static str, pid: u32, tid: usize, args: Process },
    X { name: &'a str, cat: &'a str, pid: u32, tid: usize, ts: f64, dur: f64, args: Links<'a> },
}

#[derive(Serialize)]
struct Process {
    name: String,
}

#[derive(Serialize)]
struct Links<'a> {
    outcome: &'a str,
    parent: Option<&'a str>,
    after: &'a [String],
}

/// Writes complete events, children in the lane of their parent where they fit.
pub(crate) fn write(graph: &Graph<'_>) -> String {
    let args = Process { name: summary::line(graph) };
    let process = Event::M { name: "process_name", pid: 1, tid: 0, args };
    let events = lanes(graph).into_iter().map(|(index, lane)| event(graph, index, lane));
    let trace = Trace {
        trace_events: std::iter::once(process).chain(events).collect(),
        display_time_unit: "ms",
        other_data: Losses { dropped: graph.timeline.dropped, mended: graph.timeline.mended },
    };
    // It always succeeds: there is no map with keys of another type, and no writer that could fail.
    serde_json::to_string(&trace).unwrap_or_default()
}

fn event<'a>(graph: &Graph<'a>, index: usize, lane: usize) -> Event<'a> {
    let span = graph.span(index);
    let outcome = if span.end.is_some() { span.outcome.as_str() } else { "still running" };
    Event::X {
        name: span.name(),
        cat: outcome,
        pid: 1,
        tid: lane + 1,
        ts: micros(span.start),
        dur: micros(graph.end(index).saturating_sub(span.start)),
        args: Links { outcome, parent: span.parent(), after: span.after() },
    }
}

fn micros(time: Duration) -> f64 {
    nanos(time) as f64 / 1e3
}

/// Gives each span a lane in which no two overlap unless the inner one is a child of the outer one.
///
/// A viewer nests what shares a lane: two spans that merely overlap must not.
fn lanes(graph: &Graph<'_>) -> Vec<(usize, usize)> {
    let mut order: Vec<_> = (0..graph.len()).collect();
    let depths = depths(graph);
    order.sort_by_key(|&i| (graph.span(i).start, Reverse(graph.end(i)), depths[i], i));
    let mut lane_of = vec![0; graph.len()];
    // Of each lane the spans that are still running, each a part of the one before it.
    let mut running: Vec<Vec<usize>> = Vec::new();
    // Each lane with the moment from which it is free.
    let mut free: BinaryHeap<Reverse<(Duration, usize)>> = BinaryHeap::new();
    let mut placed = Vec::with_capacity(order.len());
    for index in order {
        let (start, end) = (graph.span(index).start, graph.end(index));
        let nested = graph.parent[index].filter(|&parent| {
            let Some(lane) = running.get_mut(lane_of[parent]) else { return false };
            while lane.last().is_some_and(|&last| last != parent && graph.end(last) <= start) {
                lane.pop();
            }
            lane.last() == Some(&parent) && end <= graph.end(parent)
        });
        let lane = match (nested, free.peek()) {
            (Some(parent), _) => lane_of[parent],
            (None, Some(&Reverse((since, lane)))) if since <= start => {
                free.pop();
                running[lane].clear();
                free.push(Reverse((end, lane)));
                lane
            }
            (None, _) => {
                running.push(Vec::new());
                free.push(Reverse((end, running.len() - 1)));
                running.len() - 1
            }
        };
        running[lane].push(index);
        lane_of[index] = lane;
        placed.push((index, lane));
    }
    placed
}

/// How many parents each span has above it.
pub(crate) fn depths(graph: &Graph<'_>) -> Vec<usize> {
    let mut depths = vec![None; graph.len()];
    let mut path = Vec::new();
    for index in 0..graph.len() {
        let mut at = Some(index);
        while let Some(index) = at.filter(|&index| depths[index].is_none()) {
            path.push(index);
            at = graph.parent[index];
        }
        while let Some(index) = path.pop() {
            let above = graph.parent[index].and_then(|parent| depths[parent]);
            depths[index] = Some(above.map_or(0, |above: usize| above + 1));
        }
    }
    depths.into_iter().map(Option::unwrap_or_default).collect()
}
