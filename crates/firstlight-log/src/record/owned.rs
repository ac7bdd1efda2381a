/// A value that owns what it borrows elsewhere, for tests that make up values.
#[derive(Debug, Clone)]
pub(crate) enum Owned {
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Str(String),
    Bytes(Vec<u8>),
    Debug(String),
    Error(String),
}
