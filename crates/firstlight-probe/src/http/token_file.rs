use std::path::Path;

use firstlight_poll::ErrorClass;

use crate::attempt::Attempt;
use crate::file::{Read, read_head};
use crate::trouble::Trouble;

/// The most bytes of a token file.
const MAX_TOKEN: usize = 64 * 1024;

/// The token that the file holds now.
pub(crate) async fn read(path: &Path, attempt: Attempt) -> Result<String, Trouble> {
    let missing = |what| Trouble::new(ErrorClass::Missing, format!("token file: {what}"));
    match read_head(path, MAX_TOKEN, attempt).await? {
        Read::Bytes(bytes) => match String::from_utf8(bytes.to_vec()) {
            Ok(token) if token.trim().is_empty() => Err(missing("empty")),
            Ok(token) => Ok(token),
            Err(_) => Err(Trouble::new(ErrorClass::Config, "the token file holds no token")),
        },
        Read::Missing => Err(missing("not there")),
        Read::NotAFile => Err(Trouble::new(ErrorClass::Config, "token file: not a regular file")),
        Read::NotAPath => {
            Err(Trouble::new(ErrorClass::Config, "token file: a NUL byte in the path"))
        }
        Read::Failed(what) => Err(Trouble::new(ErrorClass::Other, format!("token file: {what}"))),
    }
}
