mod connections;
mod serve;
mod slow_reader;

pub use connections::DEFAULT_MAX_CONNECTIONS;
pub use serve::READ_TIMEOUT;
pub use slow_reader::WRITE_TIMEOUT;
