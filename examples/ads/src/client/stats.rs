/// What a client has seen since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Streams that a server has opened.
    pub streams: u64,
    /// Of these, all but the first.
    pub reconnects: u64,
    /// Tries that ended without a single response: refused, rejected, or cut off.
    pub failed_tries: u64,
    /// Responses of any type.
    pub responses: u64,
    /// Of these, refused for what was in them.
    pub nacks: u64,
    /// Times that a configuration was lost: from ready to failed.
    pub flickers: u64,
}
