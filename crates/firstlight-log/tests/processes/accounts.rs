//! Which of the lines that a child has logged are there.

use super::child::Ran;

/// So many lines each child logs that is asked how many survive.
pub(crate) const LINES: usize = 5_000;

/// Logs `line 0`, `line 1` ...
pub(crate) fn log_lines() {
    (0..LINES).for_each(|number| tracing::info!("line {number}"));
}

/// The numbers of those lines, in the order in which they are there; each ends its line, in any format.
pub(crate) fn numbers<'a>(lines: impl IntoIterator<Item = &'a String>) -> Vec<usize> {
    let number = |line: &'a String| {
        let (_, after) = line.split_once("line ")?;
        after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    lines.into_iter().filter_map(number).collect()
}

impl Ran {
    /// All of them are on its standard output, once and in order.
    #[track_caller]
    pub(crate) fn has_all(&self) {
        let kept = numbers(&self.out);
        let missing: Vec<_> = (0..LINES).filter(|number| !kept.contains(number)).take(5).collect();
        assert_eq!(kept.len(), LINES, "missing {missing:?} ...; stderr: {:?}", self.err);
        assert!(kept.iter().copied().eq(0..LINES), "doubled, or not in order");
    }

    /// How many are there; those are the first ones, whole.
    #[track_caller]
    pub(crate) fn count_first(&self) -> usize {
        let kept = numbers(&self.out);
        assert!(kept.iter().copied().eq(0..kept.len()), "doubled, or not in order");
        kept.len()
    }

    /// The one line of standard error that contains this.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &str {
        let found: Vec<_> = self.err.iter().filter(|line| line.contains(words)).collect();
        assert_eq!(found.len(), 1, "{words:?} in {self:#?}");
        found[0]
    }

    /// No line of standard error contains this.
    #[track_caller]
    pub(crate) fn never_says(&self, words: &str) {
        assert!(!self.err.iter().any(|line| line.contains(words)), "{words:?} in {self:#?}");
    }
}
