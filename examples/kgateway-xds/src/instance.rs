use std::io;
use std::net::SocketAddr;
use std::process::Command;

use support::Process;

/// An instance of the control plane in a process of its own, which is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) process: Process,
    /// Where xDS clients come.
    pub(crate) xds: SocketAddr,
    /// Where its health is.
    pub(crate) health: SocketAddr,
}

impl Instance {
    /// Starts it, and waits until it says where it is: `xds=HOST:PORT health=HOST:PORT`.
    pub(crate) async fn start(command: Command) -> io::Result<Self> {
        let process = Process::start(command).await?;
        let told = |key: &str| {
            let mut words = process.address.split_whitespace();
            words.find_map(|word| word.strip_prefix(key)?.parse().ok())
        };
        match (told("xds="), told("health=")) {
            (Some(xds), Some(health)) => Ok(Self { process, xds, health }),
            _ => Err(io::Error::other("an instance does not say where it is")),
        }
    }
}
