use std::error::Error;
use std::fmt;

use tracing::field::{DebugValue, FieldSet, Value as TracingValue, ValueSet, debug};

use super::decode::split;
use super::value::Value;

/// Lends values that were written down in the form in which `tracing` passes them on.
///
/// A field that was recorded twice has its last value.
pub(crate) fn with_values<R>(
    fields: &'static FieldSet,
    bytes: &[u8],
    lend: impl FnOnce(&ValueSet<'_>) -> R,
) -> R {
    let count = fields.len();
    if count > USUAL {
        let mut kept: Vec<Option<Kept<'_>>> = (0..count).map(|_| None).collect();
        read(bytes, &mut kept);
        let values: Vec<_> = kept.iter().map(|kept| kept.as_ref().map(Kept::value)).collect();
        return lend(&fields.value_set_all(&values));
    }
    let mut kept = [const { None::<Kept<'_>> }; USUAL];
    read(bytes, &mut kept[..count]);
    let mut values = [None; USUAL];
    for (value, kept) in values.iter_mut().zip(&kept[..count]) {
        *value = kept.as_ref().map(Kept::value);
    }
    // One value for each field, in their order, as it asks for.
    lend(&fields.value_set_all(&values[..count]))
}

/// So many fields need no allocation.
const USUAL: usize = 16;

fn read<'a>(bytes: &'a [u8], kept: &mut [Option<Kept<'a>>]) {
    let mut rest = bytes;
    while let Some((index, value, behind)) = split(rest) {
        if let Some(place) = kept.get_mut(index) {
            *place = Some(Kept::new(value));
        }
        rest = behind;
    }
}

/// A value that `tracing` accepts.
enum Kept<'a> {
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Str(&'a str),
    Bytes(&'a [u8]),
    Debug(DebugValue<Written<'a>>),
    Error(Box<dyn Error + Send + Sync + 'static>),
}

impl<'a> Kept<'a> {
    fn new(value: Value<'a>) -> Self {
        match value {
            Value::I64(value) => Self::I64(value),
            Value::U64(value) => Self::U64(value),
            Value::I128(value) => Self::I128(value),
            Value::U128(value) => Self::U128(value),
            Value::F64(value) => Self::F64(value),
            Value::Bool(value) => Self::Bool(value),
            Value::Str(value) => Self::Str(value),
            Value::Bytes(value) => Self::Bytes(value),
            Value::Debug(text) => Self::Debug(debug(Written(text))),
            // Its sources are in its message by now.
            Value::Error(text) => Self::Error(text.into()),
        }
    }

    fn value(&self) -> &dyn TracingValue {
        match self {
            Self::I64(value) => value,
            Self::U64(value) => value,
            Self::I128(value) => value,
            Self::U128(value) => value,
            Self::F64(value) => value,
            Self::Bool(value) => value,
            Self::Str(value) => value,
            Self::Bytes(value) => value,
            Self::Debug(value) => value,
            Self::Error(value) => value,
        }
    }
}

/// A text that a `Debug` has written before, and is written again as it is.
struct Written<'a>(&'a str);

impl fmt::Debug for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
