//! Byte for byte: the text, the JSON, the trace and the picture of one start.
//!
//! When a view changes on purpose, write the files anew with `FIRSTLIGHT_GOLDEN=write cargo test -p
//! firstlight-timeline golden`, look at the picture in a browser, light and dark, and commit them.

use std::path::Path;

use super::figures::start;

#[track_caller]
fn same(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(file);
    if std::env::var_os("FIRSTLIGHT_GOLDEN").is_some_and(|mode| mode == "write") {
        std::fs::write(&path, text).expect("the folder is there");
    }
    let golden = std::fs::read_to_string(&path).expect("written once");
    // Not `assert_eq`: two pictures side by side tell nobody anything.
    let line = golden.lines().zip(text.lines()).find(|(golden, new)| golden != new);
    assert!(golden == text, "{file} differs, first in: {line:#?}");
}

#[test]
fn the_text_is_the_golden_one() {
    same("start.txt", &format!("{:#}\n", start()));
}

#[test]
fn the_json_is_the_golden_one() {
    same("start.json", &start().to_json());
}

#[test]
fn the_trace_is_the_golden_one() {
    same("start.trace.json", &start().to_chrome_trace());
}

#[test]
fn the_picture_is_the_golden_one() {
    same("start.svg", &start().to_svg());
}
