//! What happened before `main`: a value, its line for people, and on Linux the reading of the kernel's books.

mod cause;
#[cfg(target_os = "linux")]
mod linux;
mod pre_main;
mod pressure;
mod show;

pub use cause::Cause;
pub use pre_main::PreMain;
pub use pressure::{Pressure, PressureScope};
