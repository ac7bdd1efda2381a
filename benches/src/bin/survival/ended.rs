use std::collections::BTreeSet;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::logger::Logger;
use crate::way::{LOGGED, Way};

/// Whoever has not ended by then hangs.
const PATIENCE: Duration = Duration::from_secs(5);
/// Ours waits a second for a reader that does not read, and not much more.
const OURS_AT_MOST: Duration = Duration::from_millis(1_500);

/// How a child ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Different lines, of those that were to come.
    kept: u64,
    /// Lines that came twice, or out of order.
    odd: u64,
    /// It says itself that lines are missing.
    told: bool,
    /// From the last line logged to the end; `None` for one that had to be killed.
    took: Option<Duration>,
    /// It had not even logged everything.
    stuck_logging: bool,
}

impl Ended {
    pub(crate) fn of(logger: Logger, way: Way, lines: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["child", logger.name(), way.name(), &lines.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("NO_COLOR", "1")
            .spawn()
            .expect("a child");
        let stdout = child.stdout.take().expect("piped");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        // Nobody reads: the pipe is there, and full; what is in it is read when all is over.
        let (reader, unread) = match way {
            Way::StalledReader => (None, Some(stdout)),
            _ => (Some(thread::spawn(|| text_of(stdout))), None),
        };
        let (told_tx, told_rx) = std::sync::mpsc::channel();
        let errors = thread::spawn(move || {
            let mut all = String::new();
            for line in stderr.split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                if line.starts_with(LOGGED) {
                    let _ = told_tx.send(());
                }
                all += &line;
                all.push('\n');
            }
            all
        });
        let logged = told_rx.recv_timeout(PATIENCE).is_ok();
        let began = Instant::now();
        if logged && way == Way::Sigterm {
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("its number");
            kill_process(pid, Signal::TERM).expect("our child");
        }
        let took = if logged { wait(&mut child, began) } else { None };
        if took.is_none() {
            let _ = child.kill();
        }
        let _ = child.wait();
        let out = match (reader, unread) {
            (Some(reader), _) => reader.join().expect("no panic"),
            (None, Some(unread)) => text_of(unread),
            (None, None) => String::new(),
        };
        let errors = errors.join().expect("no panic");
        let all = if logger == Logger::OursEarly { &errors } else { &out };
        let (kept, odd) = numbers(all);
        let told = [&out, &errors].iter().any(|text| {
            text.contains("lines are missing here")
                || text.contains("not all was written when the process ended")
        });
        Self { kept, odd, told, took, stuck_logging: !logged }
    }

    /// What ours promises and does not keep here.
    pub(crate) fn broken(&self, logger: Logger, way: Way, lines: u64) -> Option<String> {
        if !logger.is_ours() {
            return None;
        }
        let quick = self.took.is_some_and(|took| took <= OURS_AT_MOST);
        let kept_all = self.kept == lines && self.odd == 0;
        let kept = match way {
            Way::Return | Way::Exit | Way::OwnExit | Way::Panic => kept_all && quick,
            Way::Sigterm if logger == Logger::OursSigterm => kept_all && quick,
            // Whatever the writer had; of an early ring that is nothing.
            Way::Abort | Way::Sigterm => quick && self.odd == 0,
            // It waits for room: that is what it is for.
            Way::StalledReader if logger == Logger::OursLossless => self.stuck_logging || quick,
            Way::StalledReader if logger == Logger::OursEarly => kept_all && quick,
            Way::StalledReader => quick && self.odd == 0,
        };
        (!kept).then(|| format!("{} at {}: {self:?}", logger.name(), way.name()))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kept)?;
        match self.took {
            Some(took) => write!(f, ", {:.1} ms", took.as_secs_f64() * 1e3)?,
            None if self.stuck_logging => write!(f, ", hangs while it logs")?,
            None => write!(f, ", hangs at the end")?,
        }
        if self.told {
            write!(f, ", says so")?;
        }
        Ok(())
    }
}

/// Waits for the end, at most so long.
fn wait(child: &mut Child, began: Instant) -> Option<Duration> {
    while began.elapsed() < PATIENCE {
        if child.try_wait().expect("our child").is_some() {
            return Some(began.elapsed());
        }
        thread::sleep(Duration::from_micros(200));
    }
    None
}

fn text_of(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = from.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How many different lines of ours there are, and how many came twice or out of order.
fn numbers(text: &str) -> (u64, u64) {
    let number = |line: &str| {
        let rest = line.split_once("line ")?.1;
        rest.split_once(" of those that are counted")?.0.parse::<u64>().ok()
    };
    let numbers: Vec<_> = text.lines().filter_map(number).collect();
    let odd = numbers.windows(2).filter(|two| two[0] >= two[1]).count() as u64;
    let kept: BTreeSet<_> = numbers.into_iter().collect();
    (kept.len() as u64, odd)
}
