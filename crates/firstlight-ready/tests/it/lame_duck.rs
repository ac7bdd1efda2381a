//! The end: its phases, and when the lame duck is over.

use std::time::Duration;

use firstlight_ready::machine::{Event, Verdict};
use firstlight_ready::{LameDuckEnd, Mode, Phase, Reason, Spec, Transition};

use crate::set::{Set, failed};
use crate::support::ms;

fn serving() -> Set {
    let mut set = Set::of([Spec::new("db"), Spec::new("slow").views(["admin"])]);
    set.ready("db");
    set
}

fn delivered(set: &mut Set, prober: &str, ready: bool) {
    set.apply(Event::Delivered { prober: Reason::new(prober), ready });
}

fn cut(set: &mut Set) -> Vec<Transition> {
    set.apply(Event::Cut { reason: Reason::new("SIGINT") }).transitions
}

#[test]
fn the_drain_takes_readiness_back_for_good_and_nothing_else() {
    let mut set = serving();
    set.drain(0, 1_000);
    assert_eq!(set.machine.phase(), Phase::Draining);
    assert!(!set.is_ready() && set.has_started() && set.is_live());
    assert_eq!(set.verdict(), Verdict::Draining);
    assert_eq!(set.explain(), "draining: SIGTERM");
    set.ready("slow");
    set.ready("db");
    let admin = set.machine.view("admin").unwrap();
    assert!(!set.is_ready() && !set.machine.is_ready(admin));
    assert_eq!(set.state("slow"), "open ready", "it is recorded");
    assert_eq!(set.at(1_000).explain(), "stopping: SIGTERM");
}

#[test]
fn what_had_not_started_when_the_end_began_never_will() {
    let mut set = Set::of([Spec::new("db")]);
    set.drain(0, 1_000);
    set.ready("db");
    assert!(!set.has_started());
}

#[test]
fn live_goes_on_to_say_what_has_failed() {
    let mut set = Set::of([Spec::new("db").mode(Mode::Live(Default::default())).in_live()]);
    set.drain(0, 1_000);
    set.report("db", failed());
    assert!(!set.is_live());
    let live = set.machine.view("live").unwrap();
    assert_eq!(set.machine.verdict(live), Verdict::Failed);
    assert_eq!(set.machine.explain(live, set.now), "db failed for 0 ms: broken");
    set.ready("db");
    assert!(set.is_live());
}

#[test]
fn it_ends_when_every_prober_has_seen_it_so_often() {
    let mut set = serving();
    delivered(&mut set, "kubelet", true);
    delivered(&mut set, "balancer", true);
    set.drain(2, 60_000);
    for (prober, ready) in
        [("kubelet", false), ("balancer", false), ("kubelet", false), ("balancer", true)]
    {
        delivered(&mut set, prober, ready);
        assert_eq!(set.machine.phase(), Phase::Draining);
    }
    delivered(&mut set, "balancer", false);
    assert_eq!(set.machine.phase(), Phase::Stopping);
    assert_eq!(set.machine.lame_duck_end(), Some(&LameDuckEnd::Seen { probers: 2 }));
}

#[test]
fn it_ends_at_its_time_at_the_latest_and_says_who_had_seen_it() {
    let mut set = serving();
    delivered(&mut set, "kubelet", true);
    delivered(&mut set, "balancer", true);
    set.drain(1, 500);
    delivered(&mut set, "kubelet", false);
    assert_eq!(set.machine.next_tick(), Some(ms(500)));
    assert_eq!(set.at(499).machine.phase(), Phase::Draining);
    assert_eq!(set.at(500).machine.phase(), Phase::Stopping);
    let end = set.machine.lame_duck_end().unwrap().to_string();
    assert_eq!(end, "time is over, 1 of 2 probers have seen it");
}

#[test]
fn whoever_has_not_asked_for_a_minute_is_not_waited_for() {
    let mut set = serving();
    delivered(&mut set, "gone", true);
    set.at(60_001);
    delivered(&mut set, "kubelet", true);
    set.drain(1, 15_000);
    delivered(&mut set, "kubelet", false);
    assert_eq!(set.machine.lame_duck_end(), Some(&LameDuckEnd::Seen { probers: 1 }));
}

#[test]
fn nobody_who_probes_is_waited_for_until_the_time_is_over() {
    let mut set = serving();
    set.drain(1, 500);
    assert_eq!(set.at(499).machine.phase(), Phase::Draining);
    set.at(500);
    let end = set.machine.lame_duck_end().unwrap().to_string();
    assert_eq!(end, "time is over, and nobody has probed");
}

#[test]
fn no_answers_asked_for_means_that_only_the_time_counts() {
    let mut set = serving();
    delivered(&mut set, "kubelet", true);
    set.drain(0, 500);
    delivered(&mut set, "kubelet", false);
    assert_eq!(set.machine.phase(), Phase::Draining);
}

#[test]
fn times_of_zero_and_without_end() {
    let mut set = serving();
    set.drain(2, 0);
    assert_eq!(set.machine.phase(), Phase::Stopping);
    let mut set = serving();
    let lame_duck = firstlight_ready::LameDuck { seen: 1, max: Duration::MAX };
    set.apply(Event::Drain { reason: Reason::new(""), lame_duck });
    assert_eq!(set.at(u64::MAX / 2_000_000).machine.phase(), Phase::Draining);
    assert_eq!(set.machine.next_tick(), None);
}

#[test]
fn the_first_reason_stays_and_a_second_drain_changes_nothing() {
    let mut set = serving();
    set.drain(0, 500);
    set.now = ms(400);
    let lame_duck = firstlight_ready::LameDuck { seen: 0, max: ms(5_000) };
    let effects = set.apply(Event::Drain { reason: Reason::new("again"), lame_duck });
    assert!(effects.transitions.is_empty());
    assert_eq!(set.explain(), "draining: SIGTERM");
    assert_eq!(set.at(500).machine.phase(), Phase::Stopping);
}

#[test]
fn a_cut_ends_the_lame_duck_and_begins_it_if_need_be() {
    let phases = |transitions: Vec<Transition>| -> Vec<Phase> {
        let phase = |transition| match transition {
            Transition::Phase { to, .. } => Some(to),
            _ => None,
        };
        transitions.into_iter().filter_map(phase).collect()
    };
    let mut set = serving();
    set.drain(2, 60_000);
    assert_eq!(phases(cut(&mut set)), [Phase::Stopping]);
    assert_eq!(set.machine.lame_duck_end().unwrap().to_string(), "cut: SIGINT");
    assert_eq!(set.explain(), "stopping: SIGTERM");
    assert_eq!(phases(cut(&mut set)), []);

    let mut set = serving();
    assert_eq!(phases(cut(&mut set)), [Phase::Draining, Phase::Stopping]);
    assert_eq!(set.explain(), "stopping: SIGINT");
    assert_eq!(phases(set.apply(Event::Stopped).transitions), [Phase::Stopped]);
    assert_eq!(phases(set.apply(Event::Stopped).transitions), []);
    assert_eq!(phases(cut(&mut set)), []);

    let mut set = serving();
    assert_eq!(phases(set.apply(Event::Stopped).transitions), [Phase::Stopped]);
    assert_eq!(set.explain(), "stopped: stopped");
}

#[test]
fn so_many_probers_are_remembered_and_of_more_nobody_knows_whether_all_have_seen_it() {
    for (probers, end) in [
        (64, LameDuckEnd::Seen { probers: 64 }),
        (65, LameDuckEnd::Maximum { informed: 64, probers: 64 }),
        (1_000, LameDuckEnd::Maximum { informed: 64, probers: 64 }),
    ] {
        let mut set = serving();
        for prober in 0..probers {
            set.now = ms(prober);
            delivered(&mut set, &format!("prober {prober}"), true);
        }
        set.drain(1, 60_000);
        for prober in probers - 64..probers {
            assert_eq!(set.machine.phase(), Phase::Draining);
            delivered(&mut set, &format!("prober {prober}"), false);
        }
        set.at(probers + 60_000);
        assert_eq!(set.machine.lame_duck_end(), Some(&end), "{probers}");
    }
}

#[test]
fn names_made_up_while_it_lasts_do_not_end_it_early() {
    let mut set = serving();
    delivered(&mut set, "the load balancer", true);
    set.drain(1, 60_000);
    for prober in 0..1_000 {
        set.now += ms(1);
        delivered(&mut set, &format!("prober {prober}"), false);
        assert_eq!(set.machine.phase(), Phase::Draining);
    }
}

#[test]
fn a_crowd_that_was_gone_before_the_end_began_is_not_waited_for() {
    let mut set = serving();
    for prober in 0..1_000 {
        delivered(&mut set, &format!("prober {prober}"), true);
    }
    set.now += ms(61_000);
    delivered(&mut set, "the load balancer", true);
    set.drain(1, 60_000);
    delivered(&mut set, "the load balancer", false);
    assert_eq!(set.machine.lame_duck_end(), Some(&LameDuckEnd::Seen { probers: 1 }));
}
