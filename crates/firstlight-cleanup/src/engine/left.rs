use crate::report::MOST;
use crate::unfinished::Unfinished;

/// What ended while a drain ran, without having completed.
#[derive(Default)]
pub(crate) struct Left {
    /// The first of them.
    pub(crate) rows: Vec<Unfinished>,
    pub(crate) total: usize,
}

impl Left {
    pub(crate) fn push(&mut self, unfinished: &Unfinished) {
        self.total += 1;
        if self.rows.len() < MOST {
            self.rows.push(unfinished.clone());
        }
    }
}
