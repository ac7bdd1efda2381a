use std::ffi::OsStr;
use std::io;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::spawn_blocking;

/// Where Debian puts the programs that it does not put into the path: one folder a version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Fast: only a crash of the machine would lose something. (A restart must not, so commits still reach the kernel.)
const SETTINGS: &str = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
    -c full_page_writes=off -c max_connections=200 -c max_wal_size=256MB";

/// How many ports are tried: somebody may take one before the server does.
const PORTS: u32 = 3;

/// A throw-away PostgreSQL server on 127.0.0.1, in a temporary folder; no service of the system is touched.
///
/// Dropping it stops it and removes the folder, which blocks for a fraction of a second. The same happens when the process
/// ends in any other way: a small shell waits for the end of a pipe that only this process holds.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    reaper: Child,
    schemas: AtomicU64,
}

/// All that the programs need to know.
#[derive(Debug, Clone)]
struct Server {
    programs: PathBuf,
    /// The user `postgres`, when we are root: the server refuses to run as root.
    user: Option<(u32, u32)>,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a server and starts it, in about a second; `None` when PostgreSQL is not installed or does not start.
    ///
    /// Why it did not start is told as a warning.
    ///
    /// # Cancel safety
    /// Dropped half-way, the server is stopped as soon as it has started.
    pub async fn start() -> Option<Self> {
        let programs = programs()?;
        let started = spawn_blocking(|| Self::try_start(programs)).await;
        let started = started.map_err(io::Error::other).and_then(|started| started);
        started.inspect_err(|error| tracing::warn!("PostgreSQL does not start: {error}")).ok()
    }

    fn try_start(programs: PathBuf) -> io::Result<Self> {
        let server = Server::make(programs)?;
        // Before the start: what happens to us from here on stops the server.
        let reaper = server.reaper()?;
        let mut this = Self { server, reaper, schemas: AtomicU64::new(0) };
        for _ in 1..PORTS {
            if this.server.start().is_ok() {
                return Ok(this);
            }
        }
        this.server.start()?;
        Ok(this)
    }

    /// The address of its database, for `Store::open`.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.server.port)
    }

    /// The address of an empty schema of its own in the same database.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn fresh_url(&self) -> Result<String, tokio_postgres::Error> {
        let schema = format!("s{}", self.schemas.fetch_add(1, Ordering::Relaxed));
        let (client, connection) =
            tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await?;
        let create = async {
            let created = client.batch_execute(&format!("CREATE SCHEMA {schema}")).await;
            drop(client);
            created
        };
        let (created, _) = tokio::join!(create, connection);
        created?;
        Ok(format!("{}?options=-c%20search_path%3D{schema}", self.url()))
    }

    /// Stops it, breaking all connections, and starts it again on the same port with the same tables.
    ///
    /// # Errors
    /// When it does not start again.
    pub async fn restart(&self) -> io::Result<()> {
        self.control("restart", &["-m", "immediate"]).await
    }

    /// Breaks all connections and refuses new ones, until [`restart`](Self::restart).
    ///
    /// # Errors
    /// When it was not running.
    pub async fn stop(&self) -> io::Result<()> {
        self.control("stop", &["-m", "immediate"]).await
    }

    async fn control(&self, verb: &'static str, how: &'static [&'static str]) -> io::Result<()> {
        let server = self.server.clone();
        spawn_blocking(move || server.pg_ctl(verb, how)).await.map_err(io::Error::other)?
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The end of its standard input is what the reaper waits for.
        drop(self.reaper.stdin.take());
        let _ = self.reaper.wait();
    }
}

impl Server {
    fn make(programs: PathBuf) -> io::Result<Self> {
        let mut server = Self { programs, user: user()?, folder: PathBuf::new(), port: 0 };
        let template = std::env::temp_dir().join("kuma-dataplane-postgres.XXXXXX");
        let folder = checked(server.command("mktemp").arg("-d").arg(template).output()?)?;
        server.folder = folder.trim_end().into();
        let data = server.folder.join("data");
        let mut initdb = server.command(server.programs.join("initdb"));
        initdb.args(["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"]);
        let made = initdb.arg("-D").arg(data).output().and_then(checked);
        if let Err(error) = made {
            let _ = server.command("rm").arg("-rf").arg(&server.folder).output();
            return Err(error);
        }
        Ok(server)
    }

    /// A command as the server's user, in a folder that this user may be in.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").stdin(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Starts on a port that was free a moment ago.
    fn start(&mut self) -> io::Result<()> {
        self.port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        self.pg_ctl("start", &[])
    }

    fn pg_ctl(&self, verb: &str, how: &[&str]) -> io::Result<()> {
        let mut pg_ctl = self.command(self.programs.join("pg_ctl"));
        pg_ctl.arg(verb).arg("-D").arg(self.folder.join("data")).args(["-w", "-t", "30"]).args(how);
        if verb != "stop" {
            pg_ctl.arg("-l").arg(self.folder.join("log"));
            pg_ctl.arg("-o").arg(format!("-p {} {SETTINGS}", self.port));
        }
        // Not a pipe: the server would inherit it and hold it open.
        match pg_ctl.stdout(Stdio::null()).stderr(Stdio::null()).status()? {
            status if status.success() => Ok(()),
            status => {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                let last = log.lines().last().unwrap_or("no log");
                Err(io::Error::other(format!("pg_ctl {verb}: {status}: {last}")))
            }
        }
    }

    /// Waits for the end of our pipe, then removes all. Signals meant for us must not end it before.
    fn reaper(&self) -> io::Result<Child> {
        const SCRIPT: &str = r#"trap "" HUP INT TERM; read -r _; "$1" stop -D "$2/data" -m immediate -w; rm -rf "$2""#;
        self.command("sh")
            .args(["-c", SCRIPT, "reaper"])
            .args([&self.programs.join("pg_ctl"), &self.folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    }
}

/// The folder of `initdb` and its like: in the path, or the newest that Debian has.
fn programs() -> Option<PathBuf> {
    let has_all = |folder: &Path| {
        ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file())
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&path).find(|folder| has_all(folder)) {
        return Some(folder);
    }
    let versions = std::fs::read_dir(DEBIAN).ok()?.filter_map(Result::ok);
    let version = |folder: &PathBuf| {
        folder.parent().and_then(|name| name.file_name()?.to_str()?.parse::<u32>().ok())
    };
    versions
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| has_all(folder))
        .max_by_key(version)
}

/// Who runs the server: we, or the user `postgres` when we are root.
fn user() -> io::Result<Option<(u32, u32)>> {
    let id = |arguments: &[&str]| -> io::Result<u32> {
        let id = checked(Command::new("id").args(arguments).output()?)?;
        id.trim().parse().map_err(io::Error::other)
    };
    match id(&["-u"])? {
        0 => Ok(Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?))),
        _ => Ok(None),
    }
}

fn checked(output: Output) -> io::Result<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(io::Error::other(text(&output.stderr))),
    }
}
