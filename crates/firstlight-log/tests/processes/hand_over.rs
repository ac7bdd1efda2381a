//! The alarm and a configuration at the same time.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use firstlight_log::{Boot, Format, Settings, Sink};

use super::accounts::numbers;
use super::child::scene;

tests![l3_a_configuration_while_the_alarm_rings_loses_nothing_doubles_nothing_and_mixes_no_formats,];

const EVENTS: usize = 300;

pub(crate) fn play(micros: &str) -> ExitCode {
    let after = Duration::from_micros(micros.parse().expect("a number"));
    let log = Boot::new().with_fallback_after(after).boot();
    let (own, other) = (0..EVENTS / 2, EVENTS / 2..EVENTS);
    let other = thread::spawn(move || other.for_each(|number| tracing::info!("line {number}.")));
    own.for_each(|number| tracing::info!("line {number}."));
    let sink = Sink::stdout().with_format(Format::Text);
    log.configure(Settings::new().with_sink(sink)).expect("configured");
    other.join().expect("no panic");
    ExitCode::SUCCESS
}

/// The alarm comes at many moments around that of the configuration.
fn l3_a_configuration_while_the_alarm_rings_loses_nothing_doubles_nothing_and_mixes_no_formats() {
    let mut both = 0;
    for step in 0..60 {
        let ran = scene(&format!("hand_over {}", step * 100)).begin().end();
        assert!(ran.status.success(), "{ran:#?}");
        let (out, err) = (numbers(&ran.out), numbers(&ran.err));
        let mut all: Vec<_> = out.iter().chain(&err).copied().collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..EVENTS), "at {step}: {ran:#?}");
        assert!(ran.out.iter().all(|line| !line.starts_with('{')), "{ran:#?}");
        assert!(ran.err.iter().all(|line| line.starts_with('{')), "{ran:#?}");
        let says = ran.err.iter().any(|line| line.contains("is not configured"));
        assert_eq!(says, !ran.err.is_empty(), "the line stands where something is told: {ran:#?}");
        both += usize::from(!out.is_empty() && !err.is_empty());
    }
    println!("of 60 hand-overs {both} went to both");
}
