use std::sync::Arc;

use super::{Chosen, Layout, Redaction, json, text};
use crate::line::Line;

/// Writes lines as one sink wants them.
///
/// Users' code runs in it where they gave a rule of redaction, and nowhere else: no lock may be held.
#[derive(Debug, Clone)]
pub(crate) struct Renderer {
    layout: Layout,
    colored: bool,
    redaction: Arc<Redaction>,
}

impl Renderer {
    pub(crate) fn new(chosen: Chosen, redaction: Arc<Redaction>) -> Self {
        Self { layout: chosen.layout, colored: chosen.colored, redaction }
    }

    /// Appends one line, which ends with the only line break and has no other control character.
    ///
    /// Where it is coloured the escape sequences of the colours are the exception.
    pub(crate) fn render(&self, line: &Line<'_>, out: &mut Vec<u8>) {
        match self.layout {
            Layout::Text => text::write(line, self.colored, &self.redaction, out),
            Layout::Json => json::write(line, &self.redaction, out),
            Layout::Journald => text::write_journald(line, &self.redaction, out),
        }
        out.push(b'\n');
    }
}
