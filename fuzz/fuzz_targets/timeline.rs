//! Laws: any spans are viewed; what is XML and JSON can be read; blame is sorted; a chain is told to the
//! nanosecond, and never goes on to something that ended later; what is written is read back.
#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use firstlight_timeline::{MAX_ROWS, Span, Timeline};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input {
    capacity: u8,
    goal: Option<Name>,
    spans: Vec<Part>,
    zero: Option<u64>,
    budget: u64,
}

#[derive(Debug, Arbitrary)]
struct Part {
    name: Name,
    parent: Option<Name>,
    after: Vec<Name>,
    start: Time,
    end: Option<Time>,
    outcome: String,
}

/// Mostly a few names, so that they meet.
#[derive(Debug, Arbitrary)]
enum Name {
    Few(u8),
    Any(String),
}

/// Mostly small, so that they tie.
#[derive(Debug, Arbitrary)]
enum Time {
    Small(u8),
    Any(u64),
    Beyond,
}

impl Name {
    fn text(&self) -> String {
        match self {
            Self::Few(n) => ["ready", "db", "xds", "config"][usize::from(n % 4)].to_owned(),
            Self::Any(name) => name.clone(),
        }
    }
}

impl Time {
    fn duration(&self) -> Duration {
        match *self {
            Self::Small(n) => Duration::from_millis(u64::from(n)),
            Self::Any(n) => Duration::from_nanos(n),
            Self::Beyond => Duration::MAX,
        }
    }
}

impl Part {
    fn span(&self) -> Span {
        let (name, start) = (self.name.text(), self.start.duration());
        let span = match &self.end {
            Some(end) => Span::new(name, start, end.duration()),
            None => Span::open(name, start),
        };
        let span =
            span.with_after(self.after.iter().map(Name::text)).with_outcome(self.outcome.as_str());
        match &self.parent {
            Some(parent) => span.with_parent(parent.text()),
            None => span,
        }
    }
}

fuzz_target!(|input: Input| {
    let mut timeline = Timeline::with_capacity(usize::from(input.capacity));
    if let Some(goal) = &input.goal {
        timeline = timeline.with_goal(goal.text());
    }
    input.spans.iter().for_each(|part| timeline.record(part.span()));
    if let Some(zero) = input.zero {
        timeline = timeline.since(Duration::from_nanos(zero));
    }

    let spans = timeline.spans();
    assert!(spans.len() <= usize::from(input.capacity));
    assert_eq!(timeline.summary().lines().count(), 1);
    assert!(timeline.to_string().len() < 2_000);
    let _ = format!("{timeline:#}");

    let blame = timeline.blame();
    assert_eq!(blame.rows().len(), spans.len());
    assert!(blame.rows().is_sorted_by(|a, b| a.own >= b.own));
    for row in blame.rows() {
        let Some(chain) = timeline.critical_chain(&row.name) else {
            panic!("{} has no chain", row.name)
        };
        let steps = chain.steps();
        let told: Duration = steps.iter().map(|step| step.added + step.gap).sum();
        assert_eq!(told, steps[0].end);
        let end = |index: usize| spans[index].end().unwrap_or(Duration::MAX);
        assert!(steps.windows(2).all(|pair| end(pair[1].index) <= end(pair[0].index)));
        let kept = timeline.assert_budget(&row.name, Duration::from_nanos(input.budget)).is_ok();
        assert!(!kept || end(steps[0].index) <= Duration::from_nanos(input.budget));
    }

    let svg = timeline.to_svg();
    let picture = roxmltree::Document::parse(&svg).expect("XML");
    let rows = picture
        .descendants()
        .filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("row ")));
    assert_eq!(rows.count(), spans.len().min(MAX_ROWS));
    let trace: serde_json::Value = serde_json::from_str(&timeline.to_chrome_trace()).expect("JSON");
    assert_eq!(trace["traceEvents"].as_array().map(Vec::len), Some(spans.len() + 1));
    let read = Timeline::from_json(&timeline.to_json()).expect("our own");
    assert_eq!(read.to_json(), timeline.to_json());
});
