//! The sinks of a logger, from their opening to the last wait for them.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use firstlight_clock::Clock;

use super::Inside;
use crate::announce;
use crate::error::ConfigureError;
use crate::format::{Color, Environment, Format, Redaction, Renderer, choose};
use crate::live::LiveSink;
use crate::sink::Sink;
use crate::stats::Stats;
use crate::writer::{FlushError, Leaving, Open, Target, Writer};

/// So many sinks that were replaced may stall at once; what an older one has left then is given up.
const MAX_LEAVING: usize = 8;

/// A sink that can be written to.
pub(super) struct OpenSink {
    sink: Sink,
    open: Open,
}

impl Inside {
    /// Writers for sinks; `first` is used for the first of them.
    pub(super) fn start(
        &self,
        sinks: Vec<OpenSink>,
        redaction: &Arc<Redaction>,
        first: Option<Writer>,
    ) -> Vec<LiveSink> {
        let mut first = first;
        let start = |OpenSink { sink, open }: OpenSink| {
            let (format, color) = (sink.format, sink.color);
            let renderer = renderer(&self.environment, &open, format, color, redaction);
            let announce = announce::of(&renderer, open.name());
            let writer = match first.take() {
                Some(writer) => {
                    writer.retarget(open, sink.limits, announce);
                    writer
                }
                None => Writer::start(open, sink.limits, "firstlight-log", announce, None),
            };
            LiveSink { level: sink.level, renderer, writer, longest: sink.limits.longest_line() }
        };
        sinks.into_iter().map(start).collect()
    }

    /// What these have is still waited for at a flush, and at the end.
    pub(super) fn set_aside(&self, writers: impl Iterator<Item = Leaving>) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.retain(|writer| !writer.is_over());
        leaving.extend(writers.map(Arc::new));
        let too_many = leaving.len().saturating_sub(MAX_LEAVING);
        leaving.drain(..too_many).for_each(|writer| writer.give_up());
    }

    /// Those that were set aside, and are not done.
    fn leaving(&self) -> Vec<Arc<Leaving>> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All writers there are.
    fn writers(&self) -> Vec<Writer> {
        let first = self.writer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.tap.now().sinks.iter().map(|sink| sink.writer.clone()).chain(first).collect()
    }

    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.each_writer(timeout, Writer::flush)
    }

    /// Flushes, and ends the threads.
    pub(crate) fn close(&self, timeout: Duration) -> Result<(), FlushError> {
        self.each_writer(timeout, Writer::close)
    }

    /// The first error, when all have been waited for.
    fn each_writer(
        &self,
        timeout: Duration,
        wait: impl Fn(&Writer, Duration) -> Result<(), FlushError>,
    ) -> Result<(), FlushError> {
        let clock = Clock::real();
        let deadline = clock.now().saturating_add(timeout);
        let left = || deadline.saturating_sub(clock.now());
        let leaving = self.leaving();
        let before = leaving.iter().map(|writer| writer.flush(left())).fold(Ok(()), Result::and);
        if !leaving.is_empty() {
            self.set_aside(std::iter::empty());
        }
        self.writers().iter().map(|writer| wait(writer, left())).fold(before, Result::and)
    }

    pub(crate) fn stats(&self) -> Stats {
        let waiting = self.core.waiting();
        let stats = |writer: Writer| (writer.name(), writer.stats());
        let leaving = self.leaving();
        let leaving = leaving.iter().filter(|writer| !writer.is_over());
        let leaving = leaving.map(|writer| (writer.name(), writer.stats()));
        Stats {
            waiting: waiting.count,
            evicted: waiting.lost,
            from_sinks: self.core.logged_by_sinks(),
            sinks: self.writers().into_iter().map(stats).chain(leaving).collect(),
        }
    }
}

/// How lines look there.
pub(crate) fn renderer(
    environment: &Environment,
    open: &Open,
    format: Format,
    color: Color,
    redaction: &Arc<Redaction>,
) -> Arc<Renderer> {
    let journal = environment.is_journal(open.device_and_inode());
    let facts = environment.facts(open.is_terminal(), journal);
    Arc::new(Renderer::new(choose(format, color, &facts), Arc::clone(redaction)))
}

pub(super) fn open(sinks: Vec<Sink>) -> Result<Vec<OpenSink>, ConfigureError> {
    let open = |mut sink: Sink| {
        let target = std::mem::replace(&mut sink.target, Target::Nowhere);
        let name = format!("{target:?}");
        match Open::target(target) {
            Ok(open) => Ok(OpenSink { sink, open }),
            Err(source) => Err(ConfigureError::Sink { sink: name, source }),
        }
    };
    sinks.into_iter().map(open).collect()
}
