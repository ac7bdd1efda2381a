use tokio::io::{AsyncRead, AsyncReadExt};

/// What a command wrote, each of the two cut at the probe's limit.
///
/// Bytes that are not UTF-8 are replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecOutput {
    /// The beginning of its standard output.
    pub stdout: String,
    /// The beginning of its standard error.
    pub stderr: String,
}

/// One output, read as long as anybody writes.
pub(crate) struct Pipe<R> {
    from: Option<R>,
    kept: Vec<u8>,
    max: usize,
}

impl<R: AsyncRead + Unpin> Pipe<R> {
    pub(crate) fn new(from: Option<R>, max: usize) -> Self {
        Self { from, kept: Vec::new(), max }
    }

    /// Reads to the end; may be dropped and begun again without loss.
    pub(crate) async fn drain(&mut self) {
        // On the heap: an array would be a part of every future above.
        let mut buffer = vec![0; 4096];
        while let Some(from) = &mut self.from {
            match from.read(&mut buffer).await {
                Ok(0) | Err(_) => self.from = None,
                Ok(read) => {
                    let room = self.max - self.kept.len();
                    self.kept.extend_from_slice(&buffer[..read.min(room)]);
                }
            }
        }
    }

    pub(crate) fn into_text(self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }
}
