//! How a line looks: which layout is chosen, and the bytes it becomes.

mod choose;
mod color;
mod environment;
mod escape;
mod fields;
mod json;
mod kind;
mod paint;
mod redaction;
mod renderer;
mod text;
mod time;

#[cfg(test)]
mod tests;

pub(crate) use self::choose::{Chosen, Facts, Layout, choose};
pub use self::color::Color;
pub(crate) use self::environment::Environment;
pub use self::kind::{Format, UnknownFormat};
pub use self::redaction::Redaction;
pub(crate) use self::renderer::Renderer;
