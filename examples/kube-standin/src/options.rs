use std::net::SocketAddr;
use std::path::PathBuf;

/// An API server to test against.
#[derive(Debug, clap::Parser)]
#[command(disable_help_subcommand = true)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Serves until SIGTERM or Ctrl-C; its URL is the first line on standard output.
    Serve(ServeOptions),
}

/// How to serve.
#[derive(Debug, clap::Args)]
pub struct ServeOptions {
    /// Where to listen; port 0 takes a free one.
    #[arg(long)]
    pub listen: SocketAddr,
    /// Objects that are there from the start: JSON, one object after the other, arrays and Lists among them.
    #[arg(long)]
    pub objects: Option<PathBuf>,
}
