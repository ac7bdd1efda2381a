use std::sync::{Mutex, MutexGuard, PoisonError};

use firstlight_ready::{GateTransition, LameDuckEnd, Phase, Snapshot, Transition};

use super::book::Book;
use super::set_series::SetSeries;
use crate::series::{describe, families};

/// What the observer and its values share.
///
/// The book is under the lock, and so is the setting of values, which keeps them in order; handing them over is not.
#[derive(Debug)]
pub(super) struct Shared {
    set: SetSeries,
    book: Mutex<Book>,
}

impl Shared {
    pub(super) fn new(set: &str) -> Self {
        Self { set: SetSeries::new(set), book: Mutex::new(Book::new(set)) }
    }

    pub(super) fn transition(&self, transition: &Transition) {
        match transition {
            Transition::Gate(change) => self.gate(change),
            Transition::View { view, ready, at, .. } => {
                let series = self.book().view(view, *ready, *at);
                series.export();
            }
            Transition::Phase { from, to, lame_duck, since, at, .. } => {
                self.set.ended(*from, at.saturating_sub(*since));
                self.enter(&mut self.book(), *to);
                if let Some(end) = lame_duck {
                    self.set.lame_duck_ended(end);
                }
                self.set.export_end();
            }
            // One that came into the world after this crate.
            _ => {}
        }
    }

    fn gate(&self, change: &GateTransition) {
        let series = {
            let mut book = self.book();
            let series = book.gate(change);
            self.set.count_gates(&book);
            series
        };
        if change.from != change.to {
            self.set.went_into(change.to);
        }
        if let Some(series) = series {
            series.export();
        }
        self.set.export_gates(change.to);
    }

    fn enter(&self, book: &mut Book, phase: Phase) {
        self.set.entered(book.enter(phase));
    }

    pub(super) fn lagged(&self, missed: u64) {
        self.book().lagged();
        self.set.lost(missed);
    }

    /// Takes over what a snapshot says.
    pub(super) fn read(&self, snapshot: &Snapshot, lame_duck: Option<&LameDuckEnd>) {
        let mut book = self.book();
        book.read(snapshot);
        self.set.count_gates(&book);
        self.enter(&mut book, snapshot.phase);
        if let Some(end) = lame_duck {
            self.set.lame_duck_ended(end);
        }
    }

    /// Hands everything to the recorder.
    pub(super) fn export(&self) {
        describe(&families::OF_SETS);
        let (gates, views) = self.book().series();
        gates.iter().for_each(|gate| gate.export());
        views.iter().for_each(|view| view.export());
        self.set.export();
    }

    /// Every change of the book is whole before anything that may panic, so a poisoned one is, too.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
