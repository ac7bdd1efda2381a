//! Laws: it is synced iff at some moment all sources were done, nothing was in flight and none had failed; what it has become
//! it stays; no count is negative or lost; an entry that is refused changes nothing.
#![no_main]

use firstlight_sync::{Entry, Finish, Ledger, Phase, Tally};
use libfuzzer_sys::fuzz_target;

fn entry(byte: u8) -> Entry {
    match byte % 9 {
        0 => Entry::Began,
        1 => Entry::Finished(Finish::Relevant),
        2 => Entry::Finished(Finish::Irrelevant),
        3 => Entry::Finished(Finish::Rejected),
        4 => Entry::Finished(Finish::Abandoned),
        5 => Entry::Done,
        6 => Entry::Failed,
        7 => Entry::Dropped,
        _ => Entry::Relisted,
    }
}

fn finished(tally: &Tally) -> u64 {
    tally.relevant + tally.irrelevant + tally.rejected + tally.abandoned
}

fuzz_target!(|input: (u8, bool, Vec<(u8, u8)>)| {
    let (sources, none_is_fine, steps) = input;
    let sources = usize::from(sources % 6);
    let mut ledger = Ledger::new(sources, none_is_fine);
    let mut expected = match sources {
        0 if none_is_fine => Phase::Synced,
        0 => Phase::NoSources,
        _ => Phase::Pending,
    };
    let (mut begun, mut ended) = (vec![0_u64; sources], vec![0_u64; sources]);
    for (source, byte) in steps {
        let (source, entry) = (usize::from(source % 7), entry(byte));
        let before = ledger.tallies().to_vec();
        let open = expected == Phase::Pending;
        match ledger.apply(source, entry) {
            Err(_) => assert_eq!(ledger.tallies(), before),
            Ok(effects) => {
                begun[source] += u64::from(entry == Entry::Began);
                ended[source] += u64::from(matches!(entry, Entry::Finished(_)));
                let now = ledger.tallies();
                assert!(now[source].done || !before[source].done, "done stays");
                assert!(now[source].failed || !before[source].failed, "failed stays");
                assert_eq!(effects.failed, now[source].failed != before[source].failed);
                if open && effects.failed {
                    expected = Phase::Failed(source);
                } else if open && now.iter().all(|tally| !tally.is_pending()) {
                    expected = Phase::Synced;
                }
                assert_eq!(effects.ended, open && expected != Phase::Pending);
                if !open {
                    assert_eq!(
                        finished(&now[source]),
                        finished(&before[source]),
                        "no verdict changes"
                    );
                }
            }
        }
        assert_eq!(ledger.phase(), expected);
        for (source, tally) in ledger.tallies().iter().enumerate() {
            assert_eq!(tally.in_flight, begun[source] - ended[source]);
            assert!(finished(tally) + tally.in_flight <= begun[source]);
            assert!(tally.later <= begun[source]);
        }
    }
});
