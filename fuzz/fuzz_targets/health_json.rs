//! Laws: any bytes are taken; failing checks are sorted and there are no more of them than of all; nothing has changed since itself.
#![no_main]

use firstlight_probe::parse::health_json;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let Some(checks) = health_json(json) else { return };
    assert!(checks.failing().is_sorted());
    assert!(checks.passing() <= checks.total());
    assert!(checks.change_since(&checks).is_empty());
});
