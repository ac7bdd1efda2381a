use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use metrics::Key;

use super::Family;
use super::family::METADATA;
use super::settle::settle;

/// Not a number of ours: there is no value yet, and nothing is exported.
const ABSENT: u64 = u64::MAX;

/// A value that is set.
#[derive(Debug)]
pub(crate) struct Gauge {
    key: Key,
    bits: AtomicU64,
}

impl Gauge {
    /// One that has no value yet, and is not exported before it has.
    pub(crate) fn absent(family: &Family, labels: &[&str]) -> Self {
        Self { key: family.key(labels), bits: AtomicU64::new(ABSENT) }
    }

    pub(crate) fn new(family: &Family, labels: &[&str], value: f64) -> Self {
        let gauge = Self::absent(family, labels);
        gauge.set(value);
        gauge
    }

    pub(crate) fn set(&self, value: f64) {
        self.bits.store(value.to_bits(), Ordering::Release);
    }

    pub(crate) fn set_count(&self, count: usize) {
        // Exact up to 2^53, which nothing here comes near.
        self.set(count as f64);
    }

    pub(crate) fn set_if(&self, holds: bool) {
        self.set(f64::from(u8::from(holds)));
    }

    pub(crate) fn set_time(&self, time: Duration) {
        self.set(time.as_secs_f64());
    }

    pub(crate) fn is_absent(&self) -> bool {
        self.bits.load(Ordering::Acquire) == ABSENT
    }

    /// Hands it to the recorder.
    pub(crate) fn export(&self) {
        if self.is_absent() {
            return;
        }
        let gauge =
            metrics::with_recorder(|recorder| recorder.register_gauge(&self.key, &METADATA));
        let read = || self.bits.load(Ordering::Acquire);
        settle(read, |bits| gauge.set(f64::from_bits(bits)));
    }
}
