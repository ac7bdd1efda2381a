/// A value as `tracing` knows it, whatever type it had.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    /// A string.
    Str(&'a str),
    /// A list of bytes.
    Bytes(&'a [u8]),
    /// What the value's `Debug` or `Display` wrote when it was logged.
    Debug(&'a str),
    /// An error's message, with those of its sources, ": " between.
    Error(&'a str),
}
