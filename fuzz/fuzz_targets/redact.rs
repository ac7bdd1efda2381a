//! Laws: any text is taken; a credential in a URL never survives.
#![no_main]

use firstlight_poll::redact;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let once = redact(text);
    assert!(once.len() <= text.len() * 11 + 10);
    let planted = format!("{text} https://user:QXZJ%00QXZJ@host/ {text}");
    assert!(
        !redact(&planted).contains("QXZJ%00QXZJ") || text.contains("QXZJ"),
        "{}",
        redact(&planted)
    );
});
