//! Behaviour from outside.

mod it {
    mod answers;
    mod delivered;
    mod descriptors;
    mod errors;
    mod events;
    mod gated;
    mod http2;
    mod laws;
    mod log;
    mod not_yet;
    mod pages;
    mod probes;
    mod raw;
    mod router;
    mod server;
    mod servers;
    mod set;
    mod table;
    mod within;
}
