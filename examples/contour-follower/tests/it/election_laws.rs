use std::time::Duration;

use contour_follower::election::{Machine, Plan, Record, Times};
use proptest::prelude::*;

/// The API server's part: one lease, and a version that each write must name.
#[derive(Default)]
struct Server {
    lease: Option<Record>,
    writes: u64,
}

impl Server {
    fn write(&mut self, id: &str, plan: &Plan, lasts: Duration) -> Option<Record> {
        let (transitions, fits) = match plan {
            Plan::Create => (0, self.lease.is_none()),
            Plan::Replace { version, transitions, .. } => {
                (*transitions, self.lease.as_ref().is_some_and(|lease| lease.version == *version))
            }
            Plan::Wait => return None,
        };
        if !fits {
            return None;
        }
        self.writes += 1;
        let version = self.writes.to_string();
        let record = Record { holder: id.to_owned(), lasts, version, transitions };
        self.lease = Some(record.clone());
        Some(record)
    }
}

/// What happens next in the world.
#[derive(Debug, Clone)]
enum Step {
    Passes(u64),
    /// The candidate reads the lease.
    Looks(usize),
    /// It sends what it plans.
    Sends(usize),
    /// What it sent is carried out; it hears of it now, or later, or never.
    Arrives(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u64..6_000).prop_map(Step::Passes),
        4 => (0_usize..3).prop_map(Step::Looks),
        3 => (0_usize..3).prop_map(Step::Sends),
        3 => (0_usize..3, any::<bool>()).prop_map(|(who, hears)| Step::Arrives(who, hears)),
    ]
}

fn candidates(times: Times) -> Vec<Machine> {
    ["a", "b", "c"].into_iter().map(|id| Machine::new(id, times)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn never_do_two_lead_at_once(steps in prop::collection::vec(step(), 0..200)) {
        let times = Times::default();
        let mut machines = candidates(times);
        let mut sent: Vec<Option<(Plan, Duration)>> = vec![None; machines.len()];
        let mut server = Server::default();
        let mut now = Duration::ZERO;
        for step in steps {
            match step {
                Step::Passes(time) => now += Duration::from_millis(time),
                Step::Looks(who) => machines[who].saw(server.lease.clone(), now),
                Step::Sends(who) => sent[who] = Some((machines[who].plan(now), now)),
                Step::Arrives(who, hears) => {
                    if let Some((plan, began)) = sent[who].take() {
                        let id = machines[who].id().to_owned();
                        let lasts = Duration::from_secs(times.lease_seconds().try_into().unwrap());
                        if let Some(record) = server.write(&id, &plan, lasts).filter(|_| hears) {
                            machines[who].wrote(record, began, now);
                        }
                    }
                }
            }
            let leaders = machines.iter().filter(|machine| machine.leads(now)).count();
            prop_assert!(leaders <= 1, "{leaders} lead at {now:?}: {machines:?}");
        }
    }

    #[test]
    fn when_the_leader_is_gone_another_one_leads_within_a_lease_and_a_look(gone_at in 0_u64..60_000, looks in 100_u64..3_000) {
        let times = Times::default();
        let mut machines = candidates(times);
        machines.truncate(2);
        let mut server = Server::default();
        let lasts = times.lease;
        let (gone_at, looks) = (Duration::from_millis(gone_at), Duration::from_millis(looks));
        let mut now = Duration::ZERO;
        let bound = gone_at.max(looks) + times.lease + looks * 2;
        while now < bound {
            for (who, machine) in machines.iter_mut().enumerate() {
                if who == 0 && now >= gone_at && now > Duration::ZERO {
                    continue;
                }
                machine.saw(server.lease.clone(), now);
                let plan = machine.plan(now);
                let id = machine.id().to_owned();
                if let Some(record) = server.write(&id, &plan, lasts) {
                    machine.wrote(record, now, now);
                }
            }
            now += looks;
        }
        prop_assert!(machines[1].leads(now - looks));
    }
}
