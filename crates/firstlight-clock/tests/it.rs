//! Tests from outside.

mod it {
    #[cfg(feature = "tokio")]
    mod paused;
    mod real;
}
