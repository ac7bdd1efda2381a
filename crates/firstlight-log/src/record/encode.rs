use std::fmt::{self, Write};

use tracing::field::{Field, Visit};

use crate::contain::contain;
use crate::text::floor;

/// No text is kept longer; what is cut says so.
pub(crate) const MAX_TEXT: usize = 1 << 20;
/// What stands behind a text that was cut.
pub(crate) const CUT: &str = "…[cut]";
/// What stands behind what a `Debug` or `Display` wrote before it panicked.
const PANICKED: &str = "…[panicked]";
/// So many sources of an error are told.
const MAX_SOURCES: usize = 16;

pub(super) const I64: u8 = 1;
pub(super) const U64: u8 = 2;
pub(super) const I128: u8 = 3;
pub(super) const U128: u8 = 4;
pub(super) const F64: u8 = 5;
pub(super) const FALSE: u8 = 6;
pub(super) const TRUE: u8 = 7;
pub(super) const STR: u8 = 8;
pub(super) const BYTES: u8 = 9;
pub(super) const DEBUG: u8 = 10;
pub(super) const ERROR: u8 = 11;

/// Writes values down as bytes: index of the field (u16), kind (u8), then the value; texts have their length
/// (u32) before them.
///
/// All numbers are little-endian. `Debug` and `Display` of the user's run here, and only here: no lock of
/// ours is held, and none of their borrowed data is needed later.
#[derive(Debug)]
pub(crate) struct Encoder<'a> {
    bytes: &'a mut Vec<u8>,
    /// Longer texts are cut.
    max_text: usize,
    cut: bool,
}

impl<'a> Encoder<'a> {
    /// Writes behind what is in `bytes`.
    pub(crate) fn new(bytes: &'a mut Vec<u8>, max_text: usize) -> Self {
        Self { bytes, max_text: max_text.min(MAX_TEXT), cut: false }
    }

    /// Whether a text was cut.
    pub(crate) fn cut(&self) -> bool {
        self.cut
    }

    fn begin(&mut self, field: &Field, kind: u8) {
        // A callsite with more fields than that cannot be written: the macros would not compile.
        let index = u16::try_from(field.index()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(&index.to_le_bytes());
        self.bytes.push(kind);
    }

    fn fixed(&mut self, field: &Field, kind: u8, value: &[u8]) {
        self.begin(field, kind);
        self.bytes.extend_from_slice(value);
    }

    /// Bytes that are known beforehand.
    fn whole(&mut self, field: &Field, kind: u8, value: &[u8], end: usize) {
        self.cut |= end < value.len();
        self.begin(field, kind);
        let mark = if end < value.len() && kind == STR { CUT } else { "" };
        self.bytes.extend_from_slice(&((end + mark.len()) as u32).to_le_bytes());
        self.bytes.extend_from_slice(&value[..end]);
        self.bytes.extend_from_slice(mark.as_bytes());
    }

    /// A text that comes in pieces: its length is written when it is known.
    fn written(
        &mut self,
        field: &Field,
        kind: u8,
        write: impl FnOnce(&mut Pieces<'_>) -> fmt::Result,
    ) {
        self.begin(field, kind);
        let length_at = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        let start = self.bytes.len();
        let mut pieces = Pieces { bytes: self.bytes, end: start + self.max_text, cut: false };
        // An error is either ours, where the text is cut, or the value's own: what it wrote before is kept.
        // Also where it panics: a line of log must not end the thread that writes it.
        let written = contain(|| write(&mut pieces));
        if pieces.cut {
            self.cut = true;
            self.bytes.extend_from_slice(CUT.as_bytes());
        }
        if written.is_none() {
            self.bytes.extend_from_slice(PANICKED.as_bytes());
        }
        let length = (self.bytes.len() - start) as u32;
        self.bytes[length_at..start].copy_from_slice(&length.to_le_bytes());
    }
}

struct Pieces<'a> {
    bytes: &'a mut Vec<u8>,
    end: usize,
    cut: bool,
}

impl Write for Pieces<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let end = floor(piece, self.end.saturating_sub(self.bytes.len()));
        self.bytes.extend_from_slice(&piece.as_bytes()[..end]);
        if end < piece.len() {
            self.cut = true;
            // Nothing may come after a hole.
            self.end = self.bytes.len();
            return Err(fmt::Error);
        }
        Ok(())
    }
}

impl Visit for Encoder<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fixed(field, I64, &value.to_le_bytes());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fixed(field, U64, &value.to_le_bytes());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.fixed(field, I128, &value.to_le_bytes());
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.fixed(field, U128, &value.to_le_bytes());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.fixed(field, F64, &value.to_le_bytes());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.begin(field, if value { TRUE } else { FALSE });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.whole(field, STR, value.as_bytes(), floor(value, self.max_text));
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.whole(field, BYTES, value, value.len().min(self.max_text));
    }

    fn record_error(&mut self, field: &Field, error: &(dyn std::error::Error + 'static)) {
        self.written(field, ERROR, |text| {
            write!(text, "{error}")?;
            let mut source = error.source();
            for _ in 0..MAX_SOURCES {
                let Some(cause) = source else { break };
                write!(text, ": {cause}")?;
                source = cause.source();
            }
            Ok(())
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.written(field, DEBUG, |text| write!(text, "{value:?}"));
    }
}
