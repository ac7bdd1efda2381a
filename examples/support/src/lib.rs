//! What every example shares: the command line, the measured row, the table, the signals.
//!
//! An example implements [`Example`] and has a `main` of one line. The grammar is the same everywhere:
//!
//! ```text
//! cargo run -p NAME -- run --mode broken|fixed [--json] [options]
//! cargo run -p NAME -- PART --mode broken|fixed [options]
//! ```
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | ready |
//! | 1 | the deadline came first |
//! | 2 | fatal: waiting longer cannot help, or the example itself could not be set up |
//! | 3 | usage: nothing was run |
//! | 130 | interrupted by Ctrl-C or SIGTERM; the rows hold what was measured so far |
//!
//! Standard output holds the table, or with `--json` one object a line and nothing else; logs go to standard error (`RUST_LOG` filters them).

mod cli;
mod error;
mod example;
mod logs;
mod mode;
mod outcome;
mod process;
mod row;
mod signals;
mod stage;
mod table;
mod value;

pub use cli::{USAGE, defaults, in_runtime, main, parse, print, tell};
pub use error::RunError;
pub use example::{Example, NoParts, Part};
pub use mode::Mode;
pub use outcome::Outcome;
pub use process::{Process, leash};
pub use row::Row;
pub use signals::interrupt_on_signals;
pub use stage::Stage;
pub use table::table;
pub use value::Value;
