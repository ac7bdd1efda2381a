use std::ffi::{OsStr, OsString};
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use firstlight_poll::{Context, ErrorClass, Verdict};
use tokio::process::Command;

use crate::attempt::Attempt;
use crate::exec::group::Group;
use crate::exec::output::ExecOutput;
use crate::phase::Phase;
use crate::secrets::Secrets;
use crate::text::{one_line, tidy};
use crate::trouble::Trouble;

/// The most bytes of a command's own words in a message.
const MAX_WORDS: usize = 200;

/// Runs a command: the exit code 0 is ready.
///
/// * **Another code, or a signal** is an error of the class [`Exit`](firstlight_poll::ErrorClass::Exit), with
///   the last line that the command wrote. **No such command** is
///   [`Config`](firstlight_poll::ErrorClass::Config).
/// * **Nothing stays**: the command runs in a process group of its own, which is killed when the attempt
///   ends, however it ends: exit, time-out, drop. A child that leaves the group (`setsid`) is not found.
///   Killed with the process itself it is not: that is the service manager's part.
/// * **Output**: read to its end, so that a talkative command does not block, and kept up to a limit.
///   Standard input is empty.
/// * **Secrets**: arguments and variables are never shown, and values of at least 6 bytes are taken out of
///   the line of the command that a message quotes; the output that a ready command leaves is its own. The
///   environment is inherited.
///
/// ```no_run
/// use firstlight_poll::Wait;
/// use firstlight_probe::ExecProbe;
///
/// # async fn wait() -> Result<(), Box<dyn std::error::Error>> {
/// let probe = ExecProbe::new("pg_isready").with_arg("--quiet").with_env("PGPORT", "5433");
/// Wait::local("postgres").until(|cx| probe.check(cx)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ExecProbe {
    settings: Arc<Settings>,
}

#[derive(Clone)]
struct Settings {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    max_output: usize,
}

impl ExecProbe {
    /// Makes a probe that runs this program, found as the system finds commands.
    ///
    /// No shell is involved.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref().to_owned();
        let settings =
            Settings { program, args: Vec::new(), env: Vec::new(), max_output: 64 * 1024 };
        Self { settings: Arc::new(settings) }
    }

    fn set(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Arc::unwrap_or_clone(self.settings);
        change(&mut settings);
        Self { settings: Arc::new(settings) }
    }

    /// Adds one more argument.
    pub fn with_arg(self, arg: impl AsRef<OsStr>) -> Self {
        self.set(|settings| settings.args.push(arg.as_ref().to_owned()))
    }

    /// Sets this variable for the command, beside those that it inherits.
    pub fn with_env(self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.set(|settings| {
            settings.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        })
    }

    /// Sets how much of each of the two outputs is kept, in bytes.
    ///
    /// The rest is read and thrown away. Default: 64 KiB. 0: nothing is kept.
    pub fn with_max_output(self, bytes: usize) -> Self {
        self.set(|settings| settings.max_output = bytes)
    }

    /// Runs the command once.
    ///
    /// # Panics
    /// When the runtime has no I/O driver.
    ///
    /// # Cancel safety
    /// Dropping the future kills the process group.
    pub fn check(&self, cx: Context) -> impl Future<Output = Verdict<ExecOutput>> + Send + use<> {
        let settings = Arc::clone(&self.settings);
        let attempt = Attempt::new(&cx);
        async move {
            match settings.run(attempt).await {
                Ok(output) => Verdict::Ready(output),
                Err(trouble) => trouble.into_verdict(&format!("exec {}", settings.shown())),
            }
        }
    }
}

impl Settings {
    async fn run(&self, attempt: Attempt) -> Result<ExecOutput, Trouble> {
        let mut group = Group::spawn(&mut self.command())?;
        let run = async { Ok(group.run(self.max_output).await?) };
        let (status, output) = attempt.phase(Phase::Command, run).await?;
        if status.success() { Ok(output) } else { Err(self.failed(status, &output)) }
    }

    /// What was given to the command: it may quote it.
    fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        for arg in &self.args {
            let arg = arg.to_string_lossy();
            secrets.add_whole(&arg);
            // `--password=hunter2`: not so in a script, whose words are those of any message.
            let value = arg.split_once('=').filter(|_| !arg.contains(char::is_whitespace));
            secrets.add_whole(value.map_or("", |(_, value)| value));
        }
        for (_, value) in &self.env {
            secrets.add_whole(&value.to_string_lossy());
            // Of a value of several lines the command may quote one.
            value.to_string_lossy().lines().for_each(|line| secrets.add_whole(line));
        }
        secrets
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The program's name without its directory.
    fn shown(&self) -> String {
        let name = Path::new(&self.program).file_name().unwrap_or(&self.program);
        tidy(&name.to_string_lossy(), 64)
    }

    fn failed(&self, status: ExitStatus, output: &ExecOutput) -> Trouble {
        use std::os::unix::process::ExitStatusExt;
        let ended = match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("killed by signal {signal}"),
            (None, None) => status.to_string(),
        };
        let secrets = self.secrets();
        let last = |text: &str| {
            let text = match text.len() < self.max_output {
                true => secrets.out_of(text.to_owned()),
                false => secrets.out_of_cut(text.to_owned()),
            };
            one_line(text.trim_end().lines().next_back().unwrap_or(""), MAX_WORDS)
        };
        let words = Some(last(&output.stderr)).filter(|line| !line.is_empty());
        match words.unwrap_or_else(|| last(&output.stdout)) {
            words if words.is_empty() => Trouble::new(ErrorClass::Exit, ended),
            words => Trouble::new(ErrorClass::Exit, format!("{ended}: {words}")),
        }
    }
}

impl fmt::Debug for ExecProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { args, env, max_output, .. } = &*self.settings;
        f.debug_struct("ExecProbe")
            .field("program", &self.settings.shown())
            .field("args", &args.len())
            .field("env", &env.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("max_output", max_output)
            .finish()
    }
}
