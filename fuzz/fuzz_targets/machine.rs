//! Laws: whatever happens in whatever order, the machine does what the model says and keeps its laws.
#![no_main]

#[path = "../../crates/firstlight-ready/tests/it/compare.rs"]
mod compare;
#[path = "../../crates/firstlight-ready/tests/it/driver.rs"]
mod driver;
#[path = "../../crates/firstlight-ready/tests/it/facts.rs"]
mod facts;
#[path = "../../crates/firstlight-ready/tests/it/laws.rs"]
mod laws;
#[path = "../../crates/firstlight-ready/tests/it/model.rs"]
mod model;
#[path = "../../crates/firstlight-ready/tests/it/model_gate.rs"]
mod model_gate;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| driver::drive(bytes));
