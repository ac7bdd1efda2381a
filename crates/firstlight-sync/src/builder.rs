use std::collections::HashMap;
use std::panic::Location;

use crate::error::SyncError;
use crate::name;
use crate::shared::Shared;
use crate::tracker::Tracker;

/// Declares the sources of a [`Tracker`].
#[derive(Debug, Clone)]
#[must_use = "nothing is tracked until it is built"]
pub struct TrackerBuilder {
    name: String,
    sources: Vec<(String, &'static Location<'static>)>,
    none_is_fine: bool,
}

impl TrackerBuilder {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), sources: Vec::new(), none_is_fine: false }
    }

    /// Declares a source, here.
    #[track_caller]
    pub fn source(mut self, name: impl AsRef<str>) -> Self {
        self.sources.push((name.as_ref().to_owned(), Location::caller()));
        self
    }

    /// Lets a tracker without sources be synced, at once.
    ///
    /// Its verdict is [`NoSources`](crate::Verdict::NoSources). Otherwise it is never synced: "all of no
    /// sources are done" is how a service becomes ready before anything has begun.
    pub fn allow_no_sources(mut self) -> Self {
        self.none_is_fine = true;
        self
    }

    /// Seals the list of sources.
    ///
    /// # Errors
    /// [`SyncError::BadName`], [`SyncError::DuplicateSource`]. A tracker without sources is not one of them: it
    /// may be that the list comes from a configuration. It is what every wait ends with.
    pub fn build(self) -> Result<Tracker, SyncError> {
        let tracker = name::checked(&self.name)?;
        let mut index = HashMap::with_capacity(self.sources.len());
        let mut names = Vec::with_capacity(self.sources.len());
        for (number, (source, place)) in self.sources.iter().enumerate() {
            let source = name::checked(source)?;
            if let Some(first) = index.insert(source.clone(), number) {
                return Err(SyncError::DuplicateSource {
                    source_name: source,
                    first: self.sources[first].1,
                    second: place,
                });
            }
            names.push(source);
        }
        let places = self.sources.iter().map(|(_, place)| *place).collect();
        Ok(Tracker::new(Shared::new(tracker, names, places, index, self.none_is_fine)))
    }
}
