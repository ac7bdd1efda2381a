//! What the crate does, seen from outside.

// An event of 200 fields needs it.
#![recursion_limit = "512"]

mod it {
    mod alone;
    mod bounds;
    mod filter;
    mod hand_over;
    mod late;
    mod layers;
    mod lines;
    mod long_lines;
    mod misuse;
    mod reconfigure;
    mod scoped;
    mod span_threads;
    mod spans;
    mod steps;
    mod stress;
    mod told;
    mod values;
}
