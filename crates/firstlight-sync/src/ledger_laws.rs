//! The ledger against a model that keeps every entry and counts anew each time.

use proptest::prelude::*;

use crate::ledger::{Entry, Finish, Ledger, Phase, Refusal, Tally};

/// What was accepted, with whether the outcome was open at that time.
struct Model {
    history: Vec<Vec<(Entry, bool)>>,
    phase: Phase,
}

impl Model {
    fn new(sources: usize, none_is_fine: bool) -> Self {
        let phase = match (sources, none_is_fine) {
            (0, true) => Phase::Synced,
            (0, false) => Phase::NoSources,
            _ => Phase::Pending,
        };
        Self { history: vec![Vec::new(); sources], phase }
    }

    fn count(&self, source: usize, wanted: impl Fn(Entry, bool) -> bool) -> u64 {
        self.history[source].iter().filter(|(entry, open)| wanted(*entry, *open)).count() as u64
    }

    fn in_flight(&self, source: usize) -> u64 {
        self.count(source, |entry, _| entry == Entry::Began)
            - self.count(source, |entry, _| matches!(entry, Entry::Finished(_)))
    }

    fn has(&self, source: usize, entry: Entry) -> bool {
        self.count(source, |other, _| other == entry) > 0
    }

    fn refusal(&self, source: usize, entry: Entry) -> Option<Refusal> {
        if source >= self.history.len() {
            return Some(Refusal::UnknownSource);
        }
        let last_of_list = self.history[source]
            .iter()
            .rev()
            .find(|(entry, _)| matches!(entry, Entry::Done | Entry::Relisted));
        match entry {
            Entry::Finished(_) if self.in_flight(source) == 0 => Some(Refusal::NothingInFlight),
            Entry::Done | Entry::Failed if self.has(source, Entry::Failed) => {
                Some(Refusal::AlreadyFailed)
            }
            Entry::Done if last_of_list.is_some_and(|(entry, _)| *entry == Entry::Done) => {
                Some(Refusal::AlreadyDone)
            }
            _ => None,
        }
    }

    fn apply(&mut self, source: usize, entry: Entry) {
        let open = self.phase == Phase::Pending;
        let fails = match entry {
            Entry::Failed => true,
            // A handle that is dropped too early is a failure; otherwise it is nothing.
            Entry::Dropped => !self.has(source, Entry::Done) && !self.has(source, Entry::Failed),
            _ => false,
        };
        let entry = if fails { Entry::Failed } else { entry };
        self.history[source].push((entry, open));
        if open && fails {
            self.phase = Phase::Failed(source);
        }
        let all = 0..self.history.len();
        if self.phase == Phase::Pending
            && all.clone().all(|source| self.has(source, Entry::Done))
            && all.clone().all(|source| self.in_flight(source) == 0)
        {
            self.phase = Phase::Synced;
        }
    }

    fn agrees(&self, source: usize, tally: &Tally) {
        let finished =
            |finish| self.count(source, |entry, open| open && entry == Entry::Finished(finish));
        let later = self.count(source, |entry, open| !open && entry == Entry::Began);
        let told = (tally.in_flight, tally.done, tally.failed, tally.later, tally.relists);
        let relists = self.count(source, |entry, _| entry == Entry::Relisted);
        let (done, failed) = (self.has(source, Entry::Done), self.has(source, Entry::Failed));
        assert_eq!(told, (self.in_flight(source), done, failed, later, relists));
        let told = (tally.relevant, tally.irrelevant, tally.rejected, tally.abandoned);
        let [a, b, c, d] =
            [Finish::Relevant, Finish::Irrelevant, Finish::Rejected, Finish::Abandoned];
        assert_eq!(told, (finished(a), finished(b), finished(c), finished(d)));
    }
}

fn entries() -> impl Strategy<Value = Entry> {
    let finish = prop_oneof![
        Just(Finish::Relevant),
        Just(Finish::Irrelevant),
        Just(Finish::Rejected),
        Just(Finish::Abandoned)
    ];
    prop_oneof![
        10 => Just(Entry::Began),
        12 => finish.prop_map(Entry::Finished),
        6 => Just(Entry::Done),
        1 => Just(Entry::Failed),
        1 => Just(Entry::Dropped),
        2 => Just(Entry::Relisted),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_is_the_model(
        sources in 0..4_usize,
        none_is_fine: bool,
        steps in prop::collection::vec((0..4_usize, entries()), 0..60),
        cancel_at in prop::option::weighted(0.1, 0..60_usize),
    ) {
        let mut ledger = Ledger::new(sources, none_is_fine);
        let mut model = Model::new(sources, none_is_fine);
        for (step, (source, entry)) in steps.into_iter().enumerate() {
            let before = (model.phase, ledger.tallies().to_vec());
            if cancel_at == Some(step) {
                prop_assert_eq!(ledger.cancel(), model.phase == Phase::Pending);
                if model.phase == Phase::Pending {
                    model.phase = Phase::Cancelled;
                }
                prop_assert_eq!(ledger.phase(), model.phase);
            }
            let phase = model.phase;
            let refusal = model.refusal(source, entry);
            let effects = ledger.apply(source, entry);
            prop_assert_eq!(effects.err(), refusal);
            match effects {
                Ok(effects) => {
                    let failed_before = model.has(source, Entry::Failed);
                    model.apply(source, entry);
                    prop_assert_eq!(effects.ended, phase != model.phase);
                    prop_assert_eq!(effects.failed, !failed_before && model.has(source, Entry::Failed));
                }
                Err(_) => prop_assert_eq!(ledger.tallies(), &before.1[..]),
            }
            prop_assert_eq!(ledger.phase(), model.phase);
            for (source, tally) in ledger.tallies().iter().enumerate() {
                model.agrees(source, tally);
            }
        }
    }

    #[test]
    fn any_order_of_the_same_events_ends_the_same(
        items in prop::collection::vec((0..3_usize, 0..4_usize), 0..8),
        order in any::<u64>(),
    ) {
        // Every item begins before anything is done; then its end and the three "done" come in any order.
        let mut ledger = Ledger::new(3, false);
        let kinds = [Finish::Relevant, Finish::Irrelevant, Finish::Rejected, Finish::Abandoned];
        let mut rest: Vec<_> = (0..3).map(|source| (source, Entry::Done)).collect();
        for (source, kind) in items {
            ledger.apply(source, Entry::Began).expect("it begins");
            rest.push((source, Entry::Finished(kinds[kind])));
        }
        let mut order = order;
        let mut settled = 0;
        while !rest.is_empty() {
            prop_assert_eq!(ledger.phase(), Phase::Pending);
            order = order.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let next = (order >> 33) as usize % rest.len();
            let (source, entry) = rest.swap_remove(next);
            settled += u32::from(ledger.apply(source, entry).expect("it is fine").settled);
        }
        prop_assert_eq!(ledger.phase(), Phase::Synced);
        prop_assert_eq!(settled, 3, "each source settles once");
    }
}
