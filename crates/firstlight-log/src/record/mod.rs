//! Typed values as bytes: what an event or a span says, kept without its types' own code.

mod decode;
mod encode;
mod latest;
#[cfg(test)]
mod owned;
mod rebuild;
#[cfg(all(test, not(firstlight_loom)))]
mod tests;
mod value;

pub(crate) use self::decode::Values;
pub(crate) use self::encode::{CUT, Encoder, MAX_TEXT};
pub(crate) use self::latest::{keep_latest, record_more};
#[cfg(test)]
pub(crate) use self::owned::Owned;
pub(crate) use self::rebuild::with_values;
pub(crate) use self::value::Value;
