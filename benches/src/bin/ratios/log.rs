use std::cell::RefCell;
use std::time::Duration;

use firstlight_benches::contest::{Contest, Times};
use firstlight_benches::log::child::Took;
use firstlight_benches::log::once::{self, EVENTS, Once};
use firstlight_benches::log::{Child, Format, Peer, Question};

use crate::table::{Target, begin, print};

const FMT: &str = "fmt";
const NON_BLOCKING: &str = "non_blocking";

/// All questions about `firstlight-log`. A process has one global logger, so each contender is a process of its own.
pub(crate) fn ratios(smoke: bool) {
    let sizes = if smoke { Sizes::SMOKE } else { Sizes::FULL };
    begin();
    for format in [Format::Text, Format::Json] {
        enabled(sizes, format);
    }
    full(sizes);
    disabled(sizes);
    spans(sizes);
    early(sizes);
    hand_over(sizes);
    println!();
    boot(sizes);
}

#[derive(Clone, Copy)]
struct Sizes {
    rounds: usize,
    /// Lines in a round.
    lines: u64,
    /// Calls in a round that make no line.
    calls: u64,
    /// Rounds of what needs a new process for each.
    processes: usize,
}

impl Sizes {
    const FULL: Self = Self { rounds: 31, lines: 20_000, calls: 200_000, processes: 51 };
    const SMOKE: Self = Self { rounds: 1, lines: 1_000, calls: 1_000, processes: 1 };
}

/// Contenders with the same format, asked in turn.
struct Children(Vec<(&'static str, RefCell<Child>)>);

impl Children {
    fn start(format: Format, peers: &[(&'static str, Peer)]) -> Self {
        let start =
            |(name, peer): &(&'static str, Peer)| (*name, Child::start(*peer, format).into());
        Self(peers.iter().map(start).collect())
    }

    fn contest(&self, sizes: Sizes, ask: impl Fn(&mut Child) -> Duration) -> Times {
        let ask = &ask;
        let mut children = self.0.iter();
        let (_, ours) = children.next().expect("ours is the first");
        let mut contest = Contest::timed(move || ask(&mut ours.borrow_mut()));
        for (name, peer) in children {
            contest = contest.against_timed(name, move || ask(&mut peer.borrow_mut()));
        }
        contest.run(sizes.rounds)
    }
}

type Share = fn(Took) -> Duration;

const OF_TRACING: [(&str, Peer); 5] = [
    ("ours", Peer::Ours),
    (FMT, Peer::Fmt),
    ("reload(fmt)", Peer::ReloadFmt),
    ("reload(filter)", Peer::ReloadFilter),
    (NON_BLOCKING, Peer::NonBlocking),
];

fn enabled(sizes: Sizes, format: Format) {
    let n = sizes.lines;
    let logforths = [("logforth", Peer::Logforth), ("logforth, Async", Peer::LogforthAsync)];
    let with_logforth = Children::start(format, &[&OF_TRACING[..], &logforths].concat());
    let of_tracing = Children::start(format, &OF_TRACING);
    let name = if format == Format::Text { "text" } else { "JSON" };
    let targets: &[Target] = &[(FMT, 1.05), (NON_BLOCKING, 1.05)];
    let ask = |what: &str, all: &Children, question, threads, share: Share, targets: &[Target]| {
        let times = all.contest(sizes, |child| share(child.ask(question, threads, n)));
        print(&format!("enabled event{what}"), n, &times, targets);
    };
    let (time, cpu): (Share, Share) = (|took| took.time, |took| took.cpu);
    ask(&format!(", {name}"), &with_logforth, Question::Event, 1, time, targets);
    ask(&format!(", {name}, on two threads"), &with_logforth, Question::Event, 2, time, targets);
    ask(&format!(" in two spans, {name}"), &of_tracing, Question::EventInSpans, 1, time, targets);
    let what = format!(", {name}, processor time of all threads");
    ask(&what, &with_logforth, Question::Event, 1, cpu, &[]);
}

fn full(sizes: Sizes) {
    let peers = [("ours", Peer::Ours), (NON_BLOCKING, Peer::NonBlocking)];
    let all = Children::start(Format::Text, &peers);
    let n = sizes.lines;
    let times = all.contest(sizes, |child| child.ask(Question::Full, 1, n).time);
    print("enabled event, text, the writer stalled and full", n, &times, &[(NON_BLOCKING, 1.05)]);
}

fn disabled(sizes: Sizes) {
    let n = sizes.calls;
    let ask = |what: &str, peers: &[(&'static str, Peer)], question| {
        let all = Children::start(Format::Text, peers);
        let times = all.contest(sizes, |child| child.ask(question, 1, n).time);
        print(what, n, &times, &[(FMT, 1.05)]);
    };
    let with_logforth = [&OF_TRACING[..], &[("logforth", Peer::Logforth)]].concat();
    ask("event disabled by its level", &with_logforth, Question::DisabledByLevel);
    ask("event disabled by its target", &OF_TRACING, Question::DisabledByTarget);
}

fn spans(sizes: Sizes) {
    let n = sizes.lines;
    for format in [Format::Text, Format::Json] {
        let all = Children::start(format, &OF_TRACING);
        let times = all.contest(sizes, |child| child.ask(Question::Span, 1, n).time);
        let name = if format == Format::Text { "text" } else { "JSON" };
        print(&format!("span: new, enter, exit, close, {name}"), n, &times, &[(FMT, 1.1)]);
    }
}

fn early(sizes: Sizes) {
    const STRINGS: &str = "a ring of formatted strings";
    let n = sizes.lines;
    let peers = [
        ("ours", Peer::OursEarly),
        (FMT, Peer::Fmt),
        (STRINGS, Peer::Strings),
        ("the clock, and 120 bytes copied under a lock", Peer::Limit),
    ];
    let all = Children::start(Format::Text, &peers);
    for (threads, on) in [(1, ""), (2, ", on two threads")] {
        let times = all.contest(sizes, |child| child.ask(Question::Event, threads, n).time);
        print(&format!("early event into the ring{on}"), n, &times, &[(FMT, 0.25)]);
    }
}

fn hand_over(sizes: Sizes) {
    const STRAIGHT: &str = "the hand-over, then the events";
    let times = Contest::timed(|| once::measure(Once::EarlyThenConfigure))
        .against_timed(STRAIGHT, || once::measure(Once::ConfigureThenEvents))
        .against_timed("fmt, then the events", || once::measure(Once::FmtThenEvents))
        .run(sizes.processes);
    print("1 000 early events, then the hand-over, each", EVENTS, &times, &[(STRAIGHT, 1.3)]);
}

fn boot(sizes: Sizes) {
    println!("| boot, in a new process | its time | of fmt().init() | target | met |");
    println!("|---|---|---|---|---|");
    let mut rounds = Vec::new();
    for _ in 0..sizes.processes {
        let parts = [Once::BootThread, Once::BootPremain, Once::BootRest].map(once::measure);
        let peers = [Once::FmtInit, Once::NonBlockingInit, Once::LogforthInit].map(once::measure);
        let whole = once::measure(Once::Boot);
        rounds.push([parts[2], whole, parts[0], parts[1], peers[0], peers[1], peers[2]]);
    }
    for (at, (name, most)) in [
        ("ours without its thread and the look at what was before main", Some(0.6)),
        ("ours, all of it", None),
        ("ours: the start of its one thread", None),
        ("ours: the look at what was before main", None),
        ("fmt().init()", None),
        ("fmt with non_blocking", None),
        ("logforth with Async", None),
    ]
    .into_iter()
    .enumerate()
    {
        let median = |values: &mut Vec<f64>| {
            values.sort_unstable_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let fmt = |round: &[Duration; 7]| round[4].as_secs_f64();
        let ratio = median(&mut rounds.iter().map(|r| r[at].as_secs_f64() / fmt(r)).collect());
        let time = median(&mut rounds.iter().map(|r| r[at].as_secs_f64()).collect()) * 1e6;
        let (target, met) = match most {
            Some(most) => (format!("<= {most}"), if ratio <= most { "yes" } else { "NO" }),
            None => (String::new(), ""),
        };
        println!("| {name} | {time:.1} us | {ratio:.2} | {target} | {met} |");
    }
}
