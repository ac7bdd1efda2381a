//! A contender in a process of its own: it installs its logger once, then answers how long jobs take.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::events::{self, Question};
use super::peers::{Format, Installed, Peer};
use super::{named, once};

/// How a child is called.
const CHILD: &str = "log-child";

/// Is a child, and ends with it, if that is what this process was started for: the first line of every `main` that measures `log`.
pub fn serve() -> bool {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [CHILD, peer, format] => answer(named(Peer::ALL, peer), named(Format::ALL, format)),
        [once::CHILD, what] => once::serve(what),
        _ => return false,
    }
    true
}

/// The job `n` times in this process, once: for who counts instructions from outside.
pub fn here(peer: Peer, format: Format, question: Question, n: u64) {
    events::run(&mut Installed::new(peer, format), peer, question, 1, n);
}

fn answer(peer: Peer, format: Format) {
    let mut to = Installed::new(peer, format);
    let mut asked = String::new();
    let mut input = std::io::stdin().lock();
    while input.read_line(&mut asked).expect("a question") > 0 {
        let words: Vec<_> = asked.split_whitespace().collect();
        let [question, threads, n] = words[..] else { panic!("not a question: {asked}") };
        let number = |text: &str| text.parse::<u64>().expect("a number");
        let cpu = cpu();
        let question = named(Question::ALL, question);
        let time = events::run(&mut to, peer, question, number(threads), number(n));
        println!("{} {}", time.as_nanos(), (self::cpu() - cpu).as_nanos());
        asked.clear();
    }
    // A guard of whoever would flush now has nothing to flush.
    std::process::exit(0);
}

/// What all threads of this process have used.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A contender.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// How long a job took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// On the threads that log.
    pub time: Duration,
    /// Processor time of all threads, that of the writing and of the checks included.
    pub cpu: Duration,
}

impl Child {
    /// Starts this very program as that contender; its `main` begins with [`serve`].
    ///
    /// # Panics
    /// When that fails.
    pub fn start(peer: Peer, format: Format) -> Self {
        fn name<T: Copy + PartialEq>(all: &[(&'static str, T)], of: T) -> &'static str {
            all.iter().find(|(_, known)| *known == of).expect("all are there").0
        }
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args([CHILD, name(Peer::ALL, peer), name(Format::ALL, format)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let questions = process.stdin.take().expect("piped");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, questions, answers }
    }

    /// Has it do the job `n` times, on so many threads.
    ///
    /// # Panics
    /// When it fails: it has said why.
    pub fn ask(&mut self, question: Question, threads: u64, n: u64) -> Took {
        let all = Question::ALL;
        let (name, _) = all.iter().find(|(_, known)| *known == question).expect("all are there");
        writeln!(self.questions, "{name} {threads} {n}").expect("a child that listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("an answer");
        let mut numbers = answer.split_whitespace().map(|text| text.parse().expect("a number"));
        let mut next = || Duration::from_nanos(numbers.next().expect("an answer"));
        Took { time: next(), cpu: next() }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It also ends by itself when nobody asks any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
