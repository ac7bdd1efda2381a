//! Holds against a plain list, and each item against itself alone.

use std::time::Duration;

use firstlight_ready::hold::{AtExpiry, Decision, Expired, Hold, Limits, Permit, Warmth};
use proptest::prelude::*;

use super::support::s;

/// What happens to one of a few items, after so many seconds.
#[derive(Debug, Clone, Copy)]
enum Step {
    Withhold(u8, Warmth),
    Published(u8),
    Forget(u8),
    Expire,
    /// Redeems one of the permits that were ever given, the newest or an older one.
    Redeem(usize),
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let warmth = prop_oneof![Just(Warmth::Cold), Just(Warmth::Warm)];
    let step = prop_oneof![
        4 => (0..4_u8, warmth).prop_map(|(item, warmth)| Step::Withhold(item, warmth)),
        1 => (0..4_u8).prop_map(Step::Published),
        1 => (0..4_u8).prop_map(Step::Forget),
        2 => Just(Step::Expire),
        2 => (0..4_usize).prop_map(Step::Redeem),
    ];
    prop::collection::vec((0..4_u64, step), 0..80)
}

const RULES: [AtExpiry; 3] = [AtExpiry::PublishBestEffort, AtExpiry::KeepLastGood, AtExpiry::Fail];

/// The same in the plainest words: a list, searched from its start.
#[derive(Default)]
struct Model {
    /// Item, end, rule, whether the end was told, number of the hold.
    held: Vec<(u8, Duration, AtExpiry, bool, usize)>,
    begun: usize,
}

impl Model {
    fn find(&mut self, item: u8) -> Option<&mut (u8, Duration, AtExpiry, bool, usize)> {
        self.held.iter_mut().find(|held| held.0 == item)
    }

    fn end(&mut self, item: u8) -> bool {
        let before = self.held.len();
        self.held.retain(|held| held.0 != item);
        self.held.len() < before
    }
}

fn rule_of<K>(expired: &Expired<K>) -> AtExpiry {
    match expired {
        Expired::PublishBestEffort(_) => AtExpiry::PublishBestEffort,
        Expired::KeepLastGood(_) => AtExpiry::KeepLastGood,
        Expired::Fail(_) => AtExpiry::Fail,
    }
}

proptest! {
    /// Laws: an end is fixed by the first call and told by `expire` once, not before; a permit is good as
    /// long as its hold lasts and no longer; the counters balance; the table never holds more than it may.
    #[test]
    fn a_hold_does_what_a_plain_list_does(
        steps in steps(), cold in 0..3_usize, warm in 0..3_usize, times in (0..9_u64, 0..9_u64), max in 0..5_usize,
    ) {
        let limits = Limits::new(s(1)).cold(s(times.0), RULES[cold]).warm(s(times.1), RULES[warm]).max_items(max);
        let limit = |warmth| match warmth {
            Warmth::Cold => (s(times.0), RULES[cold]),
            Warmth::Warm => (s(times.1), RULES[warm]),
        };
        let (mut hold, mut model, mut now) = (Hold::new(limits), Model::default(), Duration::ZERO);
        let mut permits: Vec<(Permit<u8>, usize)> = Vec::new();
        for (pause, step) in steps {
            now += s(pause);
            match step {
                Step::Withhold(item, warmth) => {
                    let full = model.held.len() >= max && model.find(item).is_none();
                    let decision = hold.withhold(&item, warmth, now);
                    if full {
                        prop_assert_eq!(decision, Decision::Full(limit(warmth).1));
                        continue;
                    }
                    if model.find(item).is_none() {
                        let (time, rule) = limit(warmth);
                        model.held.push((item, now + time, rule, false, model.begun));
                        model.begun += 1;
                    }
                    let held = model.find(item).expect("just made");
                    match decision {
                        Decision::Expired(expired) => {
                            prop_assert!(held.1 <= now);
                            prop_assert_eq!((*expired.key(), rule_of(&expired)), (item, held.2));
                            held.3 = true;
                            if let Expired::PublishBestEffort(permit) = expired {
                                permits.push((permit, held.4));
                            }
                        }
                        other => {
                            prop_assert!(held.1 > now);
                            prop_assert_eq!(other, Decision::Hold { until: held.1 });
                        }
                    }
                }
                Step::Published(item) => prop_assert_eq!(hold.published(&item), model.end(item)),
                Step::Forget(item) => prop_assert_eq!(hold.forget(&item), model.end(item)),
                Step::Expire => {
                    let mut due: Vec<_> =
                        model.held.iter_mut().filter(|held| held.1 <= now && !held.3).collect();
                    due.sort_by_key(|held| (held.1, held.4));
                    let expired = hold.expire(now);
                    prop_assert_eq!(expired.len(), due.len());
                    for (expired, held) in expired.into_iter().zip(due) {
                        prop_assert_eq!((*expired.key(), rule_of(&expired)), (held.0, held.2));
                        held.3 = true;
                        if let Expired::PublishBestEffort(permit) = expired {
                            permits.push((permit, held.4));
                        }
                    }
                }
                Step::Redeem(at) if at < permits.len() => {
                    let (permit, number) = permits.remove(permits.len() - 1 - at);
                    let item = *permit.key();
                    let good = model.find(item).is_some_and(|held| held.4 == number);
                    prop_assert_eq!(hold.redeem(permit), good.then_some(item));
                    if good {
                        model.end(item);
                    }
                }
                Step::Redeem(_) => {}
            }
            let next = model.held.iter().filter(|held| !held.3).map(|held| held.1).min();
            prop_assert_eq!(hold.next_expiry(), next);
            prop_assert_eq!(hold.len(), model.held.len());
            prop_assert!(hold.len() <= max);
            let c = hold.counters();
            let ended = c.recoveries + c.bounded_publishes + c.forgotten;
            prop_assert_eq!(c.defers, ended + hold.len() as u64);
        }
    }

    /// Law: what is decided about an item does not depend on any other; never all or nothing.
    #[test]
    fn an_item_fares_as_if_it_were_alone(steps in steps()) {
        let limits = Limits::new(s(5));
        let (mut all, mut alone, mut now) = (Hold::new(limits), Hold::new(limits), Duration::ZERO);
        let plain = |decision: Decision<u8>| match decision {
            Decision::Hold { until } => Ok(until),
            Decision::Expired(expired) => Err(Some(rule_of(&expired))),
            Decision::Full(_) => Err(None),
        };
        for (pause, step) in steps {
            now += s(pause);
            match step {
                Step::Withhold(0, warmth) => {
                    let both = (all.withhold(&0, warmth, now), alone.withhold(&0, warmth, now));
                    prop_assert_eq!(plain(both.0), plain(both.1));
                }
                Step::Withhold(item, warmth) => drop(all.withhold(&item, warmth, now)),
                Step::Published(0) => prop_assert_eq!(all.published(&0), alone.published(&0)),
                Step::Published(item) => drop(all.published(&item)),
                Step::Forget(0) => prop_assert_eq!(all.forget(&0), alone.forget(&0)),
                Step::Forget(item) => drop(all.forget(&item)),
                Step::Expire | Step::Redeem(_) => {
                    let told = |expired: Vec<Expired<u8>>| expired.iter().filter(|e| *e.key() == 0).count();
                    prop_assert_eq!(told(all.expire(now)), told(alone.expire(now)));
                }
            }
        }
    }
}
