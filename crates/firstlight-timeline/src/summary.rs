use std::cmp::Reverse;
use std::time::Duration;

use crate::chain::Chain;
use crate::figure::Unit;
use crate::graph::Graph;
use crate::notes;
use crate::outcome::OutcomeKind;

/// When the goal was reached, the two longest stretches on its critical chain, and how many spans there are.
pub(crate) fn line(graph: &Graph<'_>) -> String {
    let mut parts = vec![match (graph.goal(), &graph.timeline.goal) {
        (Some(goal), _) => reached(graph, goal),
        (None, Some(name)) => format!("no span is called {name}"),
        (None, None) => "nothing recorded".to_owned(),
    }];
    let spans = notes::count(graph.len() as u64);
    parts.push(match notes::list(graph.timeline) {
        notes if notes.is_empty() => spans,
        notes => format!("{spans}, {notes}"),
    });
    parts.join("; ")
}

fn reached(graph: &Graph<'_>, goal: usize) -> String {
    let (span, end) = (graph.span(goal), graph.end(goal));
    let unit = Unit::of(end);
    let (name, show) = (span.name(), |time| unit.show(time));
    let head = match span.outcome.kind() {
        _ if span.end.is_none() => format!("{name} not reached after {}", show(end)),
        OutcomeKind::Good if [name, "done"].contains(&span.outcome.as_str()) => {
            format!("{name} after {}", show(end))
        }
        _ => format!("{name} {} after {}", span.outcome, show(end)),
    };
    let chain = Chain::of(graph, goal);
    let gaps: Duration = chain.steps().iter().map(|step| step.gap).sum();
    let steps = chain.steps().iter().map(|step| (step.added, step.name.as_str()));
    let mut stretches: Vec<_> =
        steps.chain([(gaps, "a wait that no dependency explains")]).collect();
    stretches.retain(|(took, _)| *took > Duration::ZERO);
    stretches.sort_by_key(|(took, _)| Reverse(*took));
    match stretches[..] {
        [] => head,
        [(first, name)] => format!("{head}: {} in {name}", share(first, end)),
        [(first, name), (second, other), ..] => format!(
            "{head}: {} in {name} ({}), then {other} {}",
            share(first, end),
            show(first),
            show(second)
        ),
    }
}

fn share(part: Duration, whole: Duration) -> String {
    format!("{:.0} %", part.as_secs_f64() / whole.as_secs_f64() * 100.0)
}
