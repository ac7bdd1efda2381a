//! Laws: any text is taken; failing checks are sorted; line ends do not matter; a withheld reason is no reason; nothing has changed since itself.
#![no_main]

use firstlight_probe::parse::kubernetes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let checks = kubernetes(text);
    assert!(checks.failing().is_sorted());
    assert!(checks.passing() <= checks.total());
    assert!(checks.change_since(&checks).is_empty());
    assert!(checks.failing_checks().iter().all(|check| check.reason() != Some("reason withheld")));
    if !text.contains('\r') {
        assert_eq!(kubernetes(&text.replace('\n', "\r\n")), checks);
    }
});
