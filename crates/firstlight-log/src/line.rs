use std::ops::Range;
use std::time::Duration;

use tracing::{Level, Metadata};

use crate::record::Values;

/// What a line says, whoever has kept it: the ring, or an event of this moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Wall-clock time since the Unix epoch.
    pub(crate) at: Duration,
    pub(crate) level: Level,
    pub(crate) target: &'a str,
    /// The field `message` among them.
    pub(crate) values: Values<'a>,
    /// The spans around it, the outermost first.
    pub(crate) scopes: Scopes<'a>,
}

/// A list of spans, the outermost first.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scopes<'a> {
    /// As they were written down: which bytes belong to which span.
    Encoded { spans: &'a [(&'static Metadata<'static>, Range<usize>)], bytes: &'a [u8] },
    /// By hand, for tests.
    #[cfg(test)]
    Listed(&'a [Scope<'a>]),
}

/// One span around a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) name: &'a str,
    pub(crate) values: Values<'a>,
}

impl<'a> Scopes<'a> {
    pub(crate) const NONE: Scopes<'static> = Scopes::Encoded { spans: &[], bytes: &[] };

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Encoded { spans, .. } => spans.len(),
            #[cfg(test)]
            Self::Listed(scopes) => scopes.len(),
        }
    }

    /// The span of this index, from 0, the outermost.
    pub(crate) fn get(&self, index: usize) -> Option<Scope<'a>> {
        match self {
            Self::Encoded { spans, bytes } => {
                let (metadata, range) = spans.get(index)?;
                let bytes = bytes.get(range.clone()).unwrap_or_default();
                Some(Scope {
                    name: metadata.name(),
                    values: Values::encoded(metadata.fields(), bytes),
                })
            }
            #[cfg(test)]
            Self::Listed(scopes) => scopes.get(index).copied(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Scope<'a>> {
        (0..self.len()).map_while(move |index| self.get(index))
    }
}
