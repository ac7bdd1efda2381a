use std::collections::BTreeMap;

use kuma_init::KumaInit;
use serde_json::Value;
use support::{Example, Mode, Outcome, Row};

use crate::run::run;

/// The README's table of keys is the contract of `--json`.
const README: &str = include_str!("../../README.md");

/// kumahq/kuma#13299 with real processes and pipes: what it lost and for how long, and that nothing of it is left.
#[test]
fn both_modes_show_what_the_readme_says() {
    let mut rows = Vec::new();
    // A deadline for a machine that runs other tests, too.
    for mode in Mode::ALL {
        let (code, objects, told) = run(&format!("run --mode {mode} --deadline 8s --json"));
        assert_eq!(code, Some(1), "the worst of them: {told}");
        for object in &objects {
            assert_the_keys_of_the_readme(object);
        }
        let skipped = told.contains("throttled: skipped: no writable cgroup");
        assert_eq!(objects.len(), if skipped { 7 } else { 8 }, "{told}");
        let of_the_dependency = |variant: &str| {
            let (_, after) = told.split_once(&format!("{mode} {variant}: ")).expect("told");
            after.lines().nth(1).expect("a line").trim().to_owned()
        };
        // controller-runtime: "0 of 4 later lines".
        if cfg!(target_os = "linux") {
            let kept = if mode == Mode::Broken { 0 } else { 4 };
            let expected = format!("lines of its dependency: {kept} of 4");
            assert_eq!(of_the_dependency("late"), expected, "{told}");
            assert_eq!(of_the_dependency("documented"), expected, "{told}");
        }
        assert_eq!(of_the_dependency("plain"), "lines of its dependency: 4 of 4", "{told}");
        let says = |variant: &str, what: &str| {
            let (_, after) = told.split_once(&format!("{mode} {variant}: ")).expect("told");
            let said = |line: &&str| line.starts_with("  ");
            let mut its = after.lines().skip(1).take_while(said);
            assert!(its.any(|line| line.contains(what)), "{mode} {variant}: {what}: {told}");
        };
        match mode {
            Mode::Broken if cfg!(target_os = "linux") => {
                says("late", "it says: [transparent-proxy] set_logger was never called");
            }
            Mode::Broken => {}
            Mode::Fixed => {
                says("plain", "it says: ready after ");
                says("unread", " lines wait");
                says("hang", "it says: kuma-init failed: gate register: timed out after 2.5 s");
                if cfg!(target_os = "linux") {
                    says("late", "s old before main: ");
                }
                if !skipped {
                    says("throttled", "by its limit of 0.50 CPU");
                }
            }
        }
        rows.extend(objects.iter().map(|object| row(mode, object)));
    }
    KumaInit::check(&rows).expect("as the README says");
    assert_each_sentence_can_be_wrong(&rows);
}

/// What the tour checks is not true of whatever is measured.
fn assert_each_sentence_can_be_wrong(rows: &[Row]) {
    use support::Value::{Count, Name, Seconds};
    let time = |seconds| Seconds(Some(std::time::Duration::from_secs(seconds)));
    let name = |name: &str| Name(Some(name.to_owned()));
    let mut spoilt = vec![
        (Mode::Broken, "stalled", "lines_kept", Count(Some(1014)), "broken loses lines"),
        (Mode::Fixed, "stalled", "lines_kept", Count(Some(1007)), "fixed loses none"),
        (Mode::Broken, "plain", "parses", Count(Some(1)), "broken parses four times"),
        (Mode::Broken, "hang", "parses", Count(Some(5)), "broken parses four times"),
        (Mode::Fixed, "late", "parses", Count(Some(2)), "and fixed once"),
        (Mode::Broken, "documented", "time_to_exit", time(0), "a logger that is waited for"),
        (Mode::Broken, "slow", "time_to_exit", time(0), "a slow file system"),
        (Mode::Fixed, "slow", "blamed", name("validate"), "a slow file system"),
        (Mode::Fixed, "stalled", "time_to_exit", time(9), "a reader that stalls"),
        (Mode::Broken, "unread", "time_to_exit", time(1), "without a reader"),
        (Mode::Fixed, "unread", "time_to_exit", Seconds(None), "without a reader"),
        (Mode::Broken, "hang", "time_to_exit", time(1), "a step that hangs"),
        (Mode::Fixed, "hang", "time_to_exit", Seconds(None), "a step that hangs"),
        (Mode::Fixed, "hang", "blamed", name("validate"), "a step that hangs"),
        (Mode::Broken, "hang", "blamed", name("register"), "broken blames nothing"),
    ];
    if cfg!(target_os = "linux") {
        spoilt.extend([
            (Mode::Broken, "late", "lines_kept", Count(Some(1012)), "the late main of broken"),
            (Mode::Fixed, "late", "premain", time(1), "that of fixed says"),
            (Mode::Fixed, "late", "blamed", name("config"), "that of fixed says"),
        ]);
    }
    if rows.iter().any(|row| row.variant == "throttled") {
        spoilt.push((Mode::Fixed, "throttled", "premain", time(1), "so does the throttled one"));
    }
    for (mode, variant, key, value, sentence) in spoilt {
        let rows: Vec<Row> = rows
            .iter()
            .map(|row| {
                let other = |name: &str| (row.mode, row.variant, name) == (mode, variant, key);
                let mut spoilt = Row::new(row.example, row.mode, row.variant, row.outcome);
                for (name, measured) in row.values() {
                    spoilt = spoilt.with(name, if other(name) { &value } else { measured }.clone());
                }
                spoilt
            })
            .collect();
        let complaint = KumaInit::check(&rows).expect_err(sentence);
        assert!(complaint.contains(sentence), "{mode} {variant} {key}: {complaint}");
    }
}

#[test]
fn rows_that_do_not_show_it_are_told_apart() {
    KumaInit::check(&[]).expect_err("rows are missing");
    let names = ["plain", "documented", "slow", "stalled", "unread", "hang", "late"];
    let rows = |mode| names.map(|name| Row::new("kuma-init", mode, name, Outcome::Ready));
    let all: Vec<Row> = Mode::ALL.into_iter().flat_map(rows).collect();
    KumaInit::check(&all).expect_err("values are missing");
}

/// A row again, of what it is as JSON.
fn row(mode: Mode, object: &Value) -> Row {
    let all = [Outcome::Ready, Outcome::Deadline, Outcome::Fatal, Outcome::Interrupted];
    let outcome = all.into_iter().find(|outcome| object["outcome"] == outcome.as_str());
    let variant = object["variant"].as_str().expect("a name").to_owned();
    let mut row = Row::new("kuma-init", mode, variant.leak(), outcome.expect("an outcome"));
    for (key, value) in object["values"].as_object().expect("values") {
        let number = &value["value"];
        let value = match value["unit"].as_str() {
            Some("s") => {
                support::Value::Seconds(number.as_f64().map(std::time::Duration::from_secs_f64))
            }
            Some("name") => support::Value::Name(number.as_str().map(str::to_owned)),
            _ => support::Value::Count(number.as_u64()),
        };
        row = row.with(key, value);
    }
    row
}

/// The keys of `--json` are those of the README's table, with their units.
#[track_caller]
fn assert_the_keys_of_the_readme(object: &Value) {
    let (_, table) = README.split_once("## Keys\n").expect("the README has the table");
    let rows = table
        .lines()
        .skip_while(|line| !line.starts_with("| `"))
        .take_while(|line| line.starts_with("| `"));
    let promised: BTreeMap<_, _> = rows
        .map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            (cells[1].trim_matches('`').to_owned(), cells[2].to_owned())
        })
        .collect();
    let unit = |value: &Value| value["unit"].as_str().unwrap_or_default().to_owned();
    let values = object["values"].as_object().expect("values");
    let given: BTreeMap<_, _> =
        values.iter().map(|(key, value)| (key.clone(), unit(value))).collect();
    assert_eq!(given, promised);
}
