//! A logger from the first line of `main`.
//!
//! It keeps what is logged before it is configured, never hangs, and loses no line in silence.
//!
//! ```
//! use firstlight_log::{Settings, Sink};
//!
//! let log = firstlight_log::boot(); // first line of main
//! tracing::info!(port = 8080, "kept until it is known where it should go");
//! let step = log.step("config");
//! # let directives = "info,hyper=warn";
//! let configured = log.configure(Settings::new().with_filter(directives).with_sink(Sink::stdout()))?;
//! assert_eq!(configured.evicted, 0);
//! step.done();
//! println!("{}", log.summary());
//! # Ok::<(), firstlight_log::ConfigureError>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | have a logger; with other bounds; see whose it is | [`boot()`]; [`Boot`]; [`Booted::outcome`] |
//! | say where lines go, which, and how they look | [`Logger::configure`] with [`Settings`], [`Sink`], [`Format`], [`Color`], [`Redaction`] |
//! | hear what became of early events | [`Configured`] |
//! | change that while it runs | [`Logger::set_filter`], [`Logger::set_sinks`] |
//! | find out what was wrong with a filter | [`Complaint`], [`Filter`] |
//! | add OpenTelemetry, a timeline, a layer of your own | [`Settings::with_layer`], [`Settings::with_unfiltered_layer`], [`event_time`] |
//! | know where the start went | [`Logger::step`], [`Logger::summary`], [`Logger::premain`] |
//! | end | drop [`Booted`]; [`exit`]; [`Logger::flush`]; `Logger::flush_on_sigterm` |
//! | see what was lost | [`Logger::stats`]: [`Stats`], [`WriterStats`] |
//! | test what is logged | [`boot_scoped`]: [`Scoped`], [`Captured`] |
//! | log from anywhere else | `tracing` and `log`, as always; the logger itself is [`logger()`] |
//!
#![doc = include_str!("ends.md")]
//!
//! # Bad use
//!
//! | what is done | what comes of it |
//! |---|---|
//! | nothing is booted | as without this crate: who logs is not heard; [`logger()`] is `None`, [`exit`] is `std::process::exit` |
//! | `boot` twice, by two crates | one logger; the second call says where the first was, and its guard does nothing |
//! | `boot` on a thread that panics: in a hook, in a `Drop` | it boots, and installs no hook, since none can be there: panics are not logged |
//! | `boot` after a foreign subscriber | it stays; the outcome says so, `configure` is [`Foreign`](ConfigureError::Foreign), no hook is installed, and `log` not touched |
//! | `boot` after a foreign logger of `log` | events of `tracing` are ours, records of `log` stay theirs |
//! | the guard is dropped at once | a warning of the compiler; what waits goes to stderr, and a later `configure` works |
//! | `configure` twice, or while another one replays | [`AlreadyConfigured`](ConfigureError::AlreadyConfigured), with the place of the first one |
//! | a sink that cannot be opened | [`Sink`](ConfigureError::Sink), before anything is changed: it can be tried again |
//! | a bad directive, a bad `FIRSTLIGHT_LOG_FORMAT` | a WARN event each, and the rest applies |
//! | a sink, or a writer of yours, that logs | it is not written, and counted by [`Stats::from_sinks`] |
//! | a layer that logs when it is told early events | that is told too, behind them; after 16 rounds it is lost, and counted |
//! | a layer that panics | when it is put on: `configure` panics, nothing is changed; told of what is early: counted, and the others hear it all the same; later: the panic of who logs, as with any subscriber |
//! | a `Debug` or `Display` that panics | the text is what it wrote before, and `…[panicked]`; the rest of the event is as it was |
//! | a rule of redaction, a writer that panics | the text is hidden; the sink takes no more lines, and who flushes hears it |
//! | `flush` from a sink | [`OwnThread`](FlushError::OwnThread), at once |
//! | logging from a `Debug`, a `Drop` at the end of a thread, a panic hook, a signal's task | as anywhere else; never in a signal handler itself, as with any logger |
//! | a message of 1 MiB, 200 fields, line breaks, escapes | a text is cut at 1 MiB (early: 8 KiB) and says so, what is unfit is escaped, one event is one line; a line longer than a quarter of its sink's capacity is cut to its message, and says so |
//! | spans without end before the configuration | 1 024 are kept, then what happens in a new one happens around it; counted |
//! | a sink whose reader stalls, has gone, whose disk is full | lines are dropped and counted, and the stream says so when it goes on |
//! | `fork` without `exec` | the child has a queue and a thread of its own; what waited is the parent's to write. A fork while another thread logs may find a lock held for ever, as with any lock: fork first, boot then |
//! | an environment that changes later | it is read by `boot` and by [`Settings::from_env`], once |
//!
//! # What layers see of early spans
//! A layer that is given to [`Logger::configure`] hears of early spans and events in the order in which they
//! happened, but at the time of the replay: [`event_time`] says the true one. That a span was entered or left
//! early is not told; a thread that is in one enters the real one with the first thing it logs afterwards. A
//! span that ended before is told too, if an event in it is, or there was room for it.
//!
//! # What it refuses to do
//! Rotate files, or notice that one was moved; send over the network; filter by spans, fields or regular
//! expressions; keep a black box on disk that survives SIGKILL; change the disposition of a signal by itself;
//! sample, or limit rates; wait for the disk.
//!
//! # Features
//! * `signal`: `Logger::flush_on_sigterm`, on Unix. Without it, and without that call, no signal is heard.

mod announce;
mod boot;
mod booted;
mod configured;
mod contain;
mod core;
mod error;
mod filter;
mod format;
mod inside;
mod install;
mod last_words;
mod levels;
mod line;
mod live;
mod logger;
mod main_thread;
mod outcome;
mod own_thread;
mod panics;
mod premain;
mod record;
mod ring;
mod scoped;
mod settings;
#[cfg(all(unix, feature = "signal"))]
mod signals;
mod sink;
mod stats;
mod steps;
mod sync;
mod text;
mod time;
mod writer;

pub use boot::{Boot, boot, exit, logger};
pub use booted::Booted;
pub use configured::Configured;
pub use error::ConfigureError;
pub use filter::{Complaint, Filter, Problem};
pub use format::{Color, Format, Redaction, UnknownFormat};
pub use logger::Logger;
pub use outcome::{Outcome, Owner};
pub use premain::{Cause, PreMain, Pressure, PressureScope};
pub use scoped::{Captured, Scoped, boot_scoped};
pub use settings::Settings;
#[cfg(all(unix, feature = "signal"))]
pub use signals::SignalError;
pub use sink::Sink;
pub use stats::Stats;
pub use steps::Step;
pub use time::event_time;
pub use writer::{FlushError, WriterStats};
