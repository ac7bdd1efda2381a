//! This program again, as the child of a test: what it is to play, what it says, and how it ends.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use firstlight_clock::Clock;
use rustix::process::{Pid, Signal, kill_process};

/// What the child plays: a file of these tests, and a part.
const ROLE: &str = "FIRSTLIGHT_LOG_TEST_ROLE";

/// Longer than anything takes that does not hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// Where a stream of the child leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// Read as it comes.
    Reader,
    /// To a pipe that nobody reads before the child has ended.
    Stalled,
    /// To a pipe whose reader has gone.
    Gone,
    /// To a disk that is full.
    Full,
}

/// What this process is to play, if it is a child.
pub(crate) fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// A child, before it begins.
pub(crate) struct Scene {
    command: Command,
    out: To,
    err: To,
    own_out: Option<Stdio>,
}

/// How it ended, and all that it said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) out: Vec<String>,
    pub(crate) err: Vec<String>,
    pub(crate) took: Duration,
}

pub(crate) fn scene(role: &str) -> Scene {
    Scene::of(Command::new(std::env::current_exe().expect("this program")), role)
}

/// The same by way of a shell, for which the program is `$0`.
pub(crate) fn by_shell(script: &str, role: &str) -> Scene {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(std::env::current_exe().expect("this program"));
    Scene::of(shell, role)
}

/// Plays it, everything read.
#[track_caller]
pub(crate) fn child(role: &str) -> Ran {
    scene(role).begin().end()
}

impl Scene {
    fn of(mut command: Command, role: &str) -> Self {
        command.env(ROLE, role).env("RUST_BACKTRACE", "0");
        for variable in ["RUST_LOG", "FIRSTLIGHT_LOG_FORMAT", "NO_COLOR", "JOURNAL_STREAM"] {
            command.env_remove(variable);
        }
        Self { command, out: To::Reader, err: To::Reader, own_out: None }
    }

    pub(crate) fn out(self, out: To) -> Self {
        Self { out, ..self }
    }

    pub(crate) fn err(self, err: To) -> Self {
        Self { err, ..self }
    }

    /// To something of the test's own.
    pub(crate) fn out_into(self, out: impl Into<Stdio>) -> Self {
        Self { own_out: Some(out.into()), ..self }
    }

    pub(crate) fn begin(mut self) -> Child {
        let stdio = |to| if to == To::Full { full() } else { Stdio::piped() };
        let out = self.own_out.take().unwrap_or_else(|| stdio(self.out));
        self.command.stdin(Stdio::piped()).stdout(out).stderr(stdio(self.err));
        let began = Clock::real().now();
        let mut process = self.command.spawn().expect("a child");
        let pid = Pid::from_child(&process);
        let (ended, end) = channel();
        thread::spawn(move || watch(pid, &end));
        let stdin = process.stdin.take();
        let out = Stream::new(process.stdout.take(), self.out);
        let err = Stream::new(process.stderr.take(), self.err);
        Child { process, stdin, out, err, began, ended }
    }
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").expect("a full disk").into()
}

/// Kills a child that hangs.
fn watch(pid: Pid, end: &Receiver<()>) {
    if end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

pub(crate) struct Child {
    process: std::process::Child,
    stdin: Option<ChildStdin>,
    out: Stream,
    err: Stream,
    began: Duration,
    ended: Sender<()>,
}

impl Child {
    /// The next line of its standard error.
    #[track_caller]
    pub(crate) fn err(&mut self) -> String {
        self.err.next()
    }

    /// The next line of its standard error, if one comes in that time.
    pub(crate) fn err_within(&mut self, time: Duration) -> Option<String> {
        self.err.lines.as_ref().expect("it is read").recv_timeout(time).ok()
    }

    /// The next line of its standard output.
    #[track_caller]
    pub(crate) fn out(&mut self) -> String {
        self.out.next()
    }

    /// Lets it go on, where it waits in [`pause`].
    #[track_caller]
    pub(crate) fn go_on(&mut self) {
        self.stdin.as_mut().expect("open").write_all(b"\n").expect("it lives");
    }

    /// From now on what nobody has read is read.
    pub(crate) fn read(&mut self) {
        self.out.read();
        self.err.read();
    }

    #[track_caller]
    pub(crate) fn kill(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it lives");
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    /// Waits for its end. One that hangs is killed, and fails the test.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ran {
        drop(self.stdin.take());
        let status = self.process.wait().expect("its end");
        let took = Clock::real().now() - self.began;
        let _ = self.ended.send(());
        self.read();
        let (out, err) = (self.out.rest(), self.err.rest());
        let ran = Ran { status, out, err, took };
        assert_ne!(ran.status.signal(), Some(Signal::KILL.as_raw()), "it hung: {ran:#?}");
        ran
    }
}

/// In a child: waits for the test.
pub(crate) fn pause() {
    std::io::stdin().read_exact(&mut [0]).expect("the test goes on");
}

/// The lines of a stream.
struct Stream {
    pipe: Option<Box<dyn Read + Send>>,
    lines: Option<Receiver<String>>,
}

impl Stream {
    fn new(pipe: Option<impl Read + Send + 'static>, to: To) -> Self {
        let pipe =
            pipe.map(|pipe| Box::new(pipe) as Box<dyn Read + Send>).filter(|_| to != To::Gone);
        let mut stream = Self { pipe, lines: None };
        if to == To::Reader {
            stream.read();
        }
        stream
    }

    fn read(&mut self) {
        let Some(pipe) = self.pipe.take() else { return };
        let (tx, lines) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
            for line in lines {
                let _ = tx.send(String::from_utf8(line).expect("text"));
            }
        });
        self.lines = Some(lines);
    }

    #[track_caller]
    fn next(&self) -> String {
        self.lines.as_ref().expect("it is read").recv_timeout(PATIENCE).expect("a line")
    }

    fn rest(self) -> Vec<String> {
        self.lines.map(|lines| lines.into_iter().collect()).unwrap_or_default()
    }
}
