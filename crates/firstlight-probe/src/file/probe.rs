use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use firstlight_poll::{Context, ErrorClass, Verdict};

use crate::attempt::Attempt;
use crate::file::read::{Read, is_missing, is_no_path, read};
use crate::net::Detached;
use crate::phase::Phase;
use crate::text::tidy;
use crate::trouble::Trouble;

/// How much of a file is searched for a text.
const MAX_SEARCHED: usize = 1024 * 1024;

/// Asks whether a file is there, has something in it, or holds a text.
///
/// * **Not yet** (missing, empty, without the text) is an error of the class
///   [`Missing`](firstlight_poll::ErrorClass::Missing), which is transient.
/// * **Not a regular file** where the content counts is [`Config`](firstlight_poll::ErrorClass::Config); a
///   lacking permission is [`Other`](firstlight_poll::ErrorClass::Other): it may be granted.
/// * **Time**: the file is read on a thread that nothing waits for. A network mount that hangs is a time-out
///   of the attempt, and holds neither the runtime nor the process at its exit. At most 8 such threads exist
///   in the process, and 2 for one file.
///
/// A file that is written in place is seen half written: let its writer rename it, or wait for its last line.
///
/// ```no_run
/// use firstlight_poll::Wait;
/// use firstlight_probe::FileProbe;
///
/// # async fn wait() -> Result<(), Box<dyn std::error::Error>> {
/// let probe = FileProbe::exists("/run/app/kubeconfig").containing("current-context");
/// Wait::local("kubeconfig").until(|cx| probe.check(cx)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct FileProbe {
    path: Arc<Path>,
    wanted: Wanted,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Wanted {
    Existence,
    Content,
    Text(Arc<[u8]>),
}

type Looker = Detached<(Arc<Path>, Wanted), Result<(), Trouble>>;

/// One for the process, as for name look-ups: a file on a dead network mount holds its thread.
static LOOKER: LazyLock<Looker> = LazyLock::new(|| Detached::new(Phase::File));

impl FileProbe {
    /// Makes a probe that is ready when the path leads to something, of whatever kind.
    ///
    /// A symbolic link to nothing does not count.
    pub fn exists(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into().into(), wanted: Wanted::Existence }
    }

    /// Requires a regular file of at least one byte.
    pub fn non_empty(self) -> Self {
        Self { wanted: Wanted::Content, ..self }
    }

    /// Requires a regular file that holds this text within its first MiB.
    ///
    /// An empty text is in every file. The text is never shown.
    pub fn containing(self, text: impl AsRef<[u8]>) -> Self {
        Self { wanted: Wanted::Text(text.as_ref().into()), ..self }
    }

    /// Asks once.
    ///
    /// # Cancel safety
    /// Dropping the future leaves at most one thread behind, which ends when the system answers it.
    pub fn check(&self, cx: Context) -> impl Future<Output = Verdict<()>> + Send + use<> {
        let Self { path, wanted } = self.clone();
        let attempt = Attempt::new(&cx);
        async move {
            let key = (Arc::clone(&path), wanted.clone());
            let looked = {
                let path = Arc::clone(&path);
                LOOKER.run(attempt, key, move || look(&path, &wanted)).await
            };
            match looked.and_then(|found| found) {
                Ok(()) => Verdict::Ready(()),
                Err(trouble) => trouble.into_verdict(&format!("file {}", shown(&path))),
            }
        }
    }
}

/// Blocks as long as the file's system does, and searches.
fn look(path: &Path, wanted: &Wanted) -> Result<(), Trouble> {
    let max = match wanted {
        Wanted::Existence => return exists(path),
        Wanted::Content => 1,
        Wanted::Text(_) => MAX_SEARCHED,
    };
    let head = match read(path, max) {
        Read::Bytes(head) => head,
        Read::Missing => return Err(missing("not there")),
        Read::NotAFile => return Err(Trouble::new(ErrorClass::Config, "not a regular file")),
        Read::NotAPath => return Err(not_a_path()),
        Read::Failed(what) => return Err(Trouble::new(ErrorClass::Other, what)),
    };
    match wanted {
        Wanted::Text(text) if !holds(&head, text) => Err(missing("without the text waited for")),
        Wanted::Content if head.is_empty() => Err(missing("empty")),
        _ => Ok(()),
    }
}

fn exists(path: &Path) -> Result<(), Trouble> {
    match path.metadata() {
        Ok(_) => Ok(()),
        Err(error) if is_missing(&error) => Err(missing("not there")),
        Err(error) if is_no_path(&error) => Err(not_a_path()),
        Err(error) => Err(Trouble::new(ErrorClass::Other, error.to_string())),
    }
}

fn not_a_path() -> Trouble {
    Trouble::new(ErrorClass::Config, "a NUL byte in the path")
}

fn missing(what: &str) -> Trouble {
    Trouble::new(ErrorClass::Missing, what)
}

/// In linear time, whatever the file and the text repeat.
fn holds(bytes: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(bytes, text).is_some()
}

fn shown(path: &Path) -> String {
    tidy(&path.display().to_string(), 256)
}

impl fmt::Debug for FileProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = match self.wanted {
            Wanted::Existence => "exists",
            Wanted::Content => "non-empty",
            Wanted::Text(_) => "containing a text",
        };
        f.debug_struct("FileProbe").field("path", &self.path).field("wanted", &wanted).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_is() {
        for (bytes, text, found) in [
            ("", "", true),
            ("a", "", true),
            ("", "a", false),
            ("aab", "ab", true),
            ("aaab", "aab", true),
            ("aa", "aab", false),
            ("xyz", "z", true),
            ("abcabcabd", "abcabd", true),
            ("aabaabaaab", "aabaaab", true),
            ("aabaabaaabb", "aabaaabb", true),
        ] {
            assert_eq!(holds(bytes.as_bytes(), text.as_bytes()), found, "{bytes} {text}");
        }
    }
}
