use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Deserializer, Value};
use support::{Outcome, tell};

use crate::{Error, ServeOptions, Standin};

/// Serves until a signal, and ends cleanly: exit code 0, or 2 when it cannot begin.
pub async fn serve(options: ServeOptions) -> ExitCode {
    let fatal = ExitCode::from(Outcome::Fatal.exit());
    let signal = match support::interrupt_on_signals() {
        Ok(signal) => signal,
        Err(error) => {
            tell(format_args!("error: no signal handlers: {error}"));
            return fatal;
        }
    };
    let standin = match begin(options).await {
        Ok(standin) => standin,
        Err(error) => {
            tell(format_args!("error: {}", chain(&error)));
            return fatal;
        }
    };
    // Whoever started this may not want to know.
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{}", standin.url()).and_then(|()| out.flush());
    signal.cancelled().await;
    standin.shutdown().await;
    ExitCode::SUCCESS
}

/// The objects are there before the URL is told; who guesses the port may see them come.
async fn begin(options: ServeOptions) -> Result<Standin, Error> {
    let standin = Standin::start(options.listen).await?;
    if let Some(path) = &options.objects {
        for (index, object) in objects(path)?.into_iter().enumerate() {
            let (path, number) = (path.clone(), index + 1);
            standin.apply(object).map_err(|source| Error::Object { path, number, source })?;
        }
    }
    Ok(standin)
}

fn objects(path: &Path) -> Result<Vec<Value>, Error> {
    let failed = |source| Error::Objects { path: path.to_owned(), source };
    let file = BufReader::new(File::open(path).map_err(failed)?);
    let mut objects = Vec::new();
    for document in Deserializer::from_reader(file).into_iter() {
        flatten(document.map_err(|error| failed(error.into()))?, &mut objects);
    }
    Ok(objects)
}

/// Takes arrays and Lists apart.
fn flatten(document: Value, objects: &mut Vec<Value>) {
    match document {
        Value::Array(items) => items.into_iter().for_each(|item| flatten(item, objects)),
        Value::Object(mut list) if list.contains_key("items") && list.contains_key("kind") => {
            match list.remove("items") {
                Some(items @ Value::Array(_)) => flatten(items, objects),
                _ => objects.push(Value::Object(list)),
            }
        }
        object => objects.push(object),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
