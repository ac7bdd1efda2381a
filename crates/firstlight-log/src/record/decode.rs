use tracing::field::{self, FieldSet};

use super::encode::{BYTES, DEBUG, ERROR, F64, FALSE, I64, I128, STR, TRUE, U64, U128};
use super::value::Value;

/// Values with the names of their fields.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Values<'a> {
    /// As an [`Encoder`](super::Encoder) wrote them.
    Encoded { fields: &'static FieldSet, bytes: &'a [u8], bridged: bool },
    /// By hand, for lines of our own.
    Listed(&'a [(&'a str, Value<'a>)]),
}

impl<'a> Values<'a> {
    pub(crate) fn encoded(fields: &'static FieldSet, bytes: &'a [u8]) -> Self {
        Self::Encoded { fields, bytes, bridged: false }
    }

    /// The same without the fields in which the bridge of `log` says where a record came from.
    pub(crate) fn without_origin(self) -> Self {
        match self {
            Self::Encoded { fields, bytes, .. } => Self::Encoded { fields, bytes, bridged: true },
            listed => listed,
        }
    }

    /// In the order in which they were recorded; a field that was recorded twice comes twice.
    pub(crate) fn iter(self) -> ValuesIter<'a> {
        ValuesIter { values: self, at: 0, walk: None }
    }

    /// The last value of this field.
    pub(crate) fn get(self, name: &str) -> Option<Value<'a>> {
        self.iter().filter(|(field, _)| *field == name).last().map(|(_, value)| value)
    }
}

/// Iterator of names and values; it ends early where the bytes are not an encoder's.
#[derive(Debug)]
pub(crate) struct ValuesIter<'a> {
    values: Values<'a>,
    /// The next byte, or the next of the list.
    at: usize,
    /// Values come mostly in the order of their fields: one walk finds all names.
    walk: Option<Walk>,
}

/// A walk along the names of a callsite.
#[derive(Debug)]
struct Walk {
    names: field::Iter,
    /// The index of the next of them.
    next: usize,
}

impl Walk {
    /// The name of this index, found from where `walk` stands, or anew where that is behind it.
    fn to(
        walk: &mut Option<Self>,
        fields: &'static FieldSet,
        index: usize,
    ) -> Option<&'static str> {
        if walk.as_ref().is_some_and(|walk| walk.next > index) {
            *walk = None;
        }
        let walk = walk.get_or_insert_with(|| Self { names: fields.iter(), next: 0 });
        let name = walk.names.nth(index - walk.next)?.name();
        walk.next = index + 1;
        Some(name)
    }
}

impl<'a> Iterator for ValuesIter<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        match self.values {
            Values::Encoded { fields, bytes, bridged } => loop {
                let (index, value, rest) = split(bytes.get(self.at..)?)?;
                self.at = bytes.len() - rest.len();
                let name = Walk::to(&mut self.walk, fields, index)?;
                if !(bridged && name.starts_with("log.")) {
                    return Some((name, value));
                }
            },
            Values::Listed(list) => {
                let item = *list.get(self.at)?;
                self.at += 1;
                Some(item)
            }
        }
    }
}

/// The first value, as index, value, and what follows.
pub(super) fn split(bytes: &[u8]) -> Option<(usize, Value<'_>, &[u8])> {
    let (index, rest) = bytes.split_first_chunk::<2>()?;
    let (kind, rest) = rest.split_first()?;
    let (value, rest) = match *kind {
        I64 => {
            rest.split_first_chunk().map(|(n, rest)| (Value::I64(i64::from_le_bytes(*n)), rest))?
        }
        U64 => {
            rest.split_first_chunk().map(|(n, rest)| (Value::U64(u64::from_le_bytes(*n)), rest))?
        }
        I128 => rest
            .split_first_chunk()
            .map(|(n, rest)| (Value::I128(i128::from_le_bytes(*n)), rest))?,
        U128 => rest
            .split_first_chunk()
            .map(|(n, rest)| (Value::U128(u128::from_le_bytes(*n)), rest))?,
        F64 => {
            rest.split_first_chunk().map(|(n, rest)| (Value::F64(f64::from_le_bytes(*n)), rest))?
        }
        FALSE => (Value::Bool(false), rest),
        TRUE => (Value::Bool(true), rest),
        kind @ (STR | BYTES | DEBUG | ERROR) => {
            let (length, rest) = rest.split_first_chunk()?;
            let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            let text = || std::str::from_utf8(value).ok();
            let value = match kind {
                STR => Value::Str(text()?),
                DEBUG => Value::Debug(text()?),
                ERROR => Value::Error(text()?),
                _ => Value::Bytes(value),
            };
            (value, rest)
        }
        _ => return None,
    };
    Some((usize::from(u16::from_le_bytes(*index)), value, rest))
}
