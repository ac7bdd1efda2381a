use proptest::prelude::*;

use super::*;

const STAT: &str = "7600 (cat) R 7587 7587 5716 0 -1 4194304 98 1 812 2 3 4 0 0 20 0 1 0 2343239 \
                    3133440 376 18446744073709551615 94 94 14 0 0 0 0 0 0 0 0 0 17 0 0 0 0\n";
const V2_STAT: &str = "usage_usec 3012345\nuser_usec 2500000\nsystem_usec 512345\nnice_usec 0\n\
                       core_sched.force_idle_usec 0\nnr_periods 301\nnr_throttled 288\n\
                       throttled_usec 25960123\nnr_bursts 0\nburst_usec 0\n";
const V1_STAT: &str =
    "nr_periods 17\nnr_throttled 17\nthrottled_time 1465653867\nnr_bursts 0\nburst_time 0\n";
const PSI: &str = "some avg10=89.12 avg60=40.24 avg300=10.87 total=34100250\n\
                   full avg10=1.00 avg60=0.00 avg300=0.00 total=7\n";

/// Nothing that any of the files should hold.
const GARBAGE: [&str; 14] = [
    "",
    "\n",
    " ",
    ")",
    "\0\0\0",
    "(((((((",
    "max",
    "max max",
    "-1",
    "-1 -1 -1",
    "1e400 1e400",
    "some",
    "some \n",
    "Operation not supported",
];

#[track_caller]
fn never<T: PartialEq + std::fmt::Debug>(parse: impl Fn(&str) -> Option<T>, texts: &[&str]) {
    for text in texts.iter().chain(&GARBAGE) {
        assert_eq!(parse(text), None, "{text:?}");
    }
}

#[test]
fn faults_are_found_behind_any_name() {
    let found = Some(Faults { minor: 98, major: 812 });
    for name in ["cat", "", "a b", "a) R 1 1", "((", "))\n)", "(1) S 1 2 3 4 5 6 7 8 9 10 11"] {
        assert_eq!(faults(&STAT.replace("(cat)", &format!("({name})"))), found, "{name:?}");
    }
    never(
        faults,
        &[
            "7600 (cat R 7587 7587 5716 0 -1 4194304 98 1 812 2",
            "7600 (cat) R 7587 7587 5716 0 -1 4194304 98 1",
            "7600 (cat) R 7587 7587 5716 0 -1 4194304 x 1 812",
            "7600 (cat) R 7587 7587 5716 0 -1 4194304 98 1 -2",
            "7600 (cat) R 7587 7587 5716 0 -1 4194304 98 1 18446744073709551616",
        ],
    );
}

#[test]
fn a_wait_is_the_second_field_unless_the_kernel_keeps_no_book() {
    let wait = |nanos| Some(Duration::from_nanos(nanos));
    assert_eq!(run_queue_wait("180208069 1466042633 23\n"), wait(1_466_042_633));
    assert_eq!(run_queue_wait("1297655 0 1\n"), wait(0));
    assert_eq!(run_queue_wait("1 18446744073709551615 1"), wait(u64::MAX));
    never(run_queue_wait, &["0 0 0\n", "1 2", "1 x 1", "1 18446744073709551616 1", "1,2,3"]);
}

#[test]
fn throttling_is_read_in_the_units_of_either_version() {
    let both = |periods, time| Some(Throttling { periods: Some(periods), time: Some(time) });
    assert_eq!(throttling(V2_STAT), both(288, Duration::from_micros(25_960_123)));
    assert_eq!(throttling(V1_STAT), both(17, Duration::from_nanos(1_465_653_867)));
    assert_eq!(
        throttling("nr_throttled 18446744073709551615\nthrottled_usec 18446744073709551615"),
        both(u64::MAX, Duration::from_micros(u64::MAX))
    );
    assert_eq!(
        throttling("nr_throttled 5\nthrottled_usec x\n"),
        Some(Throttling { periods: Some(5), time: None })
    );
    // The root group's file has no such lines; nor are others with the same start meant.
    never(
        throttling,
        &[
            "usage_usec 3012345\nuser_usec 2500000\nsystem_usec 512345\n",
            "nr_throttled_more 1\nxthrottled_usec 2\n",
            "nr_throttled -1\nthrottled_time 99999999999999999999\n",
        ],
    );
}

#[test]
fn a_cpu_limit_is_a_quota_in_each_period() {
    assert_eq!(cpu_max("10000 100000\n"), Some(0.1));
    assert_eq!(cpu_max("150000 100000\n"), Some(1.5));
    assert_eq!(cpu_max("18446744073709551615 1"), Some(u64::MAX as f64));
    never(
        cpu_max,
        &["max 100000\n", "10000", "10000 0", "10000 -1", "1 18446744073709551616", "1 2 3"],
    );
    assert_eq!(cpus(1, 0), None);
}

#[test]
fn a_memory_limit_is_a_number_that_a_machine_could_have() {
    assert_eq!(memory_limit("52428800\n"), Some(50 << 20));
    assert_eq!(memory_limit("0\n"), Some(0));
    // No limit: version 2, version 1 with pages of 4 KiB and 64 KiB, and a number that does not fit.
    never(
        memory_limit,
        &[
            "max\n",
            "9223372036854771712\n",
            "9223372036854710272\n",
            "18446744073709551615",
            "18446744073709551616",
            "50M",
            "1 2",
        ],
    );
}

#[test]
fn a_pressure_is_the_first_average_and_the_total_of_some() {
    let found = Pressure {
        percent: 89.12,
        stalled: Duration::from_micros(34_100_250),
        scope: PressureScope::Cgroup,
    };
    let pressure = |text: &str| pressure(text, PressureScope::Cgroup);
    assert_eq!(pressure(PSI), Some(found));
    let (some, full) = PSI.split_once('\n').unwrap();
    assert_eq!(pressure(some), Some(found));
    assert_eq!(pressure(&format!("{full}{some}\n")), Some(found), "in another order");
    never(
        pressure,
        &[
            full,
            "some avg10=1.00",
            "some avg10= total=1",
            "some avg10=1.00 total=-1",
            "some avg10=1.00 total=18446744073709551616",
            "some avg10=100.01 total=1",
            "some avg10=-0.01 total=1",
            "some avg10=NaN total=1",
            "some avg10=inf total=1",
            "some avg100=1.00 total=1",
        ],
    );
}

/// Text that is close to the real thing: pieces of it, cut and stuck together.
fn near_miss() -> impl Strategy<Value = String> {
    let real = [STAT, V2_STAT, V1_STAT, PSI, "10000 100000\n", "1297655 0 1\n", "max", "ü", "-9"];
    let piece =
        (prop::sample::select(real.to_vec()), any::<(u8, u8)>()).prop_map(|(text, (a, b))| {
            let chars = text.chars().skip(usize::from(a) % 90);
            chars.take(usize::from(b)).collect::<String>()
        });
    prop_oneof![any::<String>(), prop::collection::vec(piece, 0..6).prop_map(|all| all.concat())]
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic_or_leave_its_range(text in near_miss()) {
        faults(&text);
        run_queue_wait(&text);
        throttling(&text);
        prop_assert!(cpu_max(&text).is_none_or(|cpus| cpus.is_finite() && cpus >= 0.0));
        prop_assert!(memory_limit(&text).is_none_or(|bytes| bytes < 1 << 62));
        let pressure = pressure(&text, PressureScope::Machine);
        prop_assert!(pressure.is_none_or(|it| (0.0..=100.0).contains(&it.percent)));
    }

    #[test]
    fn what_the_kernel_would_write_is_read_back(
        periods: u64, micros: u64, hundredths in 0_u32..=10_000, quota: u64, period in 1_u64..,
    ) {
        let stat = format!("usage_usec 1\nnr_throttled {periods}\nthrottled_usec {micros}\n");
        let found = Throttling { periods: Some(periods), time: Some(Duration::from_micros(micros)) };
        prop_assert_eq!(throttling(&stat), Some(found));

        let (whole, rest) = (hundredths / 100, hundredths % 100);
        let psi = format!("some avg10={whole}.{rest:02} avg60=0.00 avg300=0.00 total={micros}\nfull ");
        let found = pressure(&psi, PressureScope::Machine).unwrap();
        prop_assert!((found.percent - hundredths as f32 / 100.0).abs() < 0.001);
        prop_assert_eq!(found.stalled, Duration::from_micros(micros));

        prop_assert_eq!(cpu_max(&format!("{quota} {period}\n")), Some(quota as f64 / period as f64));
    }
}
