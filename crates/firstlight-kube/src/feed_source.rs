use std::collections::HashSet;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use firstlight_clock::Clock;
use firstlight_ready::Reason;
use firstlight_sync::{Feed, Item};
use futures_core::Stream;
use kube::Resource;
use kube::runtime::watcher::{self, Event};
use pin_project::pin_project;

use crate::course::News;
use crate::events::{self, Fed};
use crate::spell::Spell;
use crate::step::Step;
use crate::watched::Watched;

/// The stream of [`WatchExt::feed_source`](crate::WatchExt::feed_source): a watch that feeds a tracker.
///
/// * Objects of the first list come with an [`Item`], announced when they are seen, which the consumer
///   finishes when it has handled them, in the loop or in a task of its own. The source is done at
///   `InitDone`, before the consumer gets that event; the tracker is synced when the last item is finished.
///   None at all is fine.
/// * A first list that begins anew (410 in the middle of it, an error) is [`relisted`](Feed::relisted):
///   what was announced in the same version comes without an item, and is not counted twice. What has
///   changed comes with one, since its new version must be handled before the sync, too; so does what has
///   no `resourceVersion`.
/// * After the first list nothing carries an item: a live change must not hold the sync for ever. A relist
///   then un-does nothing.
/// * Errors pass through, and fail nothing: the watcher tries again. The log tells each kind once.
/// * An end before the first list is complete fails the source, and so does dropping the stream then, also
///   by a panic. After it, an end is told by the log.
///
/// Which versions were announced is kept until the first list is complete: about 100 bytes an object.
#[pin_project]
#[must_use = "a source is not fed unless the stream is polled"]
pub struct FeedSource<S> {
    #[pin]
    stream: S,
    books: Books,
}

struct Books {
    feed: Feed,
    clock: Clock,
    has_begun: bool,
    is_done: bool,
    has_ended: bool,
    /// What has been announced, in case that the first list begins anew; given back when it is complete.
    announced: HashSet<Box<str>>,
    spell: Spell,
    last: String,
}

impl<S> FeedSource<S> {
    pub(crate) fn new(stream: S, feed: Feed) -> Self {
        let books = Books {
            feed,
            clock: Clock::new(),
            has_begun: false,
            is_done: false,
            has_ended: false,
            announced: HashSet::new(),
            spell: Spell::default(),
            last: String::new(),
        };
        Self { stream, books }
    }
}

impl<S, K> Stream for FeedSource<S>
where
    S: Stream<Item = watcher::Result<Event<K>>>,
    K: Resource,
{
    type Item = watcher::Result<Watched<K>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let books = this.books;
        if books.has_ended {
            return Poll::Ready(None);
        }
        let told = ready!(this.stream.poll_next(cx));
        books.take(&told.as_ref().map_or(Step::End, Step::of));
        Poll::Ready(told.map(|told| {
            told.map(|event| {
                let item = match &event {
                    Event::InitApply(object) => books.announce(object),
                    _ => None,
                };
                Watched { event, item }
            })
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl Books {
    fn take(&mut self, step: &Step) {
        let now = self.clock.now();
        let news = match step {
            Step::Init => {
                let again = std::mem::replace(&mut self.has_begun, true);
                if again {
                    self.feed.relisted();
                }
                again.then_some(News::Relist)
            }
            Step::InitDone => {
                self.announced = HashSet::new();
                self.is_done = true;
                // Refused only for a source that has failed, or a list that ends twice; the tracker knows.
                let _ = self.feed.done();
                self.spell.good(now).map(News::Over)
            }
            Step::Applied | Step::Deleted => self.spell.good(now).map(News::Over),
            Step::Trouble(trouble) if self.is_done && trouble.relists => None,
            Step::Trouble(trouble) => {
                trouble.text.clone_into(&mut self.last);
                self.spell.error(trouble.kind.bit(), now).then_some(News::Trouble)
            }
            Step::End => {
                self.end();
                Some(News::Ended)
            }
            Step::Listed => None,
        };
        if let Some(news) = news {
            let fed = Fed { what: "source", name: self.feed.name() };
            events::tell(fed, &news, Reason::new(&self.last).as_str(), now);
        }
    }

    /// An object of the first list holds the sync; in this version only once, however often it is listed.
    fn announce<K: Resource>(&mut self, object: &K) -> Option<Item> {
        if self.is_done {
            return None;
        }
        let meta = object.meta();
        let name = meta.name.as_deref().unwrap_or_default();
        let key = match meta.namespace.as_deref() {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        };
        if let Some(version) = &meta.resource_version
            && !self.announced.insert(format!("{key} {version}").into())
        {
            return None;
        }
        Some(self.feed.item().with_key(key))
    }

    fn end(&mut self) {
        self.has_ended = true;
        if self.is_done {
            return;
        }
        let ended = "the watch has ended before its first list was complete";
        match self.last.as_str() {
            "" => self.feed.failed(ended),
            last => self.feed.failed(format_args!("{ended}; last: {last}")),
        }
    }
}

impl<S> fmt::Debug for FeedSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedSource").field("feed", &self.books.feed).finish_non_exhaustive()
    }
}
