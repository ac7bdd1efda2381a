use std::ops::Range;

use tracing::Metadata;

use crate::line::Scopes;

/// The values of spans around an event, the outermost first, behind one another.
#[derive(Debug, Default)]
pub(crate) struct WrittenScope {
    spans: Vec<(&'static Metadata<'static>, Range<usize>)>,
    bytes: Vec<u8>,
}

impl WrittenScope {
    /// Adds the next one within.
    pub(crate) fn push<'a>(
        &mut self,
        metadata: &'static Metadata<'static>,
        values: impl IntoIterator<Item = &'a [u8]>,
    ) {
        let start = self.bytes.len();
        values.into_iter().for_each(|values| self.bytes.extend_from_slice(values));
        self.spans.push((metadata, start..self.bytes.len()));
    }

    pub(crate) fn scopes(&self) -> Scopes<'_> {
        Scopes::Encoded { spans: &self.spans, bytes: &self.bytes }
    }
}
