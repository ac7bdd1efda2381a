//! An init container that takes minutes and says nothing: a logger that is set late, or one from the first
//! line of `main`.
//!
//! Reproduces kumahq/kuma#13299 ("Sometimes init containers take much longer to finish"), what its fix
//! kumahq/kuma#13337 left as it was, and what kumahq/kuma#17426 found later:
//! <https://github.com/kumahq/kuma/issues/13299>, <https://github.com/kumahq/kuma/pull/13337>,
//! <https://github.com/kumahq/kuma/issues/17426>.
//!
//! ```text
//! cargo run -p kuma-init -- run --mode broken
//! cargo run -p kuma-init -- run --mode fixed
//! ```
//!
//! Each row is a container that is a process of its own, with its own trouble: a reader of its logs that
//! stalls, a dependency that never answers, a `main` that begins late. Expect of `broken` lines that nobody
//! ever sees, a configuration that is parsed four times, and, where somebody never answers, no end until it is
//! killed. Expect of `fixed` every line, one parse, an end in bounded time, and the name of what took so long.
//!
//! # What is upstream's story, and what is not
//! * **Documented, and not true**: that the start waits for a logger to be set. No version of
//!   controller-runtime does; the variant `documented` shows what it would look like.
//! * **True**: that `log.SetLogger(...) was never called` says that the process was 30 s old before anybody
//!   could have set one, and that a logger which is set afterwards logs nothing, for ever: 0 of 4 lines. The
//!   variant `late`.
//! * **What took the time**, as far as upstream knows: a limit of a tenth of a processor, and a program that was
//!   paged in from a slow disk. The variant `throttled` is like the first of the two.
//!
//! What a user would copy is in `broken.rs` and `fixed.rs`; all the rest is scenery.

mod broken;
mod check;
mod container;
mod error;
mod fixed;
mod options;
mod parts;
mod run;
mod scene;
mod upstream;

use support::{Mode, Row, RunError, Stage};

pub use container::{Slow, Step};
pub use error::Error;
pub use options::{ContainerOptions, Options};
pub use parts::Parts;
pub use scene::Variant;

pub(crate) const NAME: &str = "kuma-init";
/// The span that `firstlight-log` gives the time before `main`.
const BEFORE_MAIN: &str = "before main";

/// The example, for its `main` and for the tour.
#[derive(Debug)]
pub struct KumaInit;

impl support::Example for KumaInit {
    const NAME: &'static str = NAME;
    const ABOUT: &'static str = "An init container in trouble: its logger set late and nothing bounded, or both from the first line";
    type Options = Options;
    type Parts = Parts;

    async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Vec<Row>, RunError> {
        Ok(run::run(mode, options, stage).await?)
    }

    fn check(rows: &[Row]) -> Result<(), String> {
        check::check(rows).ok_or_else(|| "a value is missing".to_owned())?
    }
}
