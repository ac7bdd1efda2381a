use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::recording::Answer;

/// Where in the recording the server is, and what it has seen: shared by the player, the connections and the handle.
#[derive(Debug)]
pub(crate) struct Playing {
    started: Instant,
    speed: f64,
    now: Mutex<Now>,
    connections: AtomicU64,
    answered: AtomicU64,
}

#[derive(Debug)]
struct Now {
    answer: Answer,
    became_ready: Vec<Instant>,
}

impl Playing {
    pub(crate) fn new(speed: f64) -> Self {
        Self {
            started: Instant::now(),
            speed,
            now: Mutex::new(Now { answer: Answer::Refused, became_ready: Vec::new() }),
            connections: AtomicU64::new(0),
            answered: AtomicU64::new(0),
        }
    }

    /// From now on this is the answer.
    pub(crate) fn turn_to(&self, answer: Answer) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.is_ready() && !now.answer.is_ready() {
            now.became_ready.push(Instant::now());
        }
        now.answer = answer;
    }

    pub(crate) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// When this time of the recording is played.
    pub(crate) fn at(&self, recorded: Duration) -> Instant {
        self.started + recorded.div_f64(self.speed)
    }

    pub(crate) const fn started(&self) -> Instant {
        self.started
    }

    pub(crate) fn answer(&self) -> Answer {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).answer.clone()
    }

    pub(crate) fn became_ready(&self) -> Vec<Instant> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).became_ready.clone()
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}
