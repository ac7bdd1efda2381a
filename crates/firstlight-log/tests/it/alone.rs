//! A process of its own for a test: what is global can be booted once.

use std::any::type_name;
use std::process::{Command, exit};
use std::time::Duration;
use std::{env, io, thread};

const VARIABLE: &str = "FIRSTLIGHT_LOG_TEST_ALONE";
const DONE: &str = "the test is done";

/// Runs `test`, a closure of the test that calls it, in a child; returns what that wrote to stderr.
///
/// In the child it does not return.
#[track_caller]
pub(super) fn alone<F: FnOnce()>(test: F) -> String {
    // "it::it::module::name::{{closure}}": the first is the crate.
    let path = type_name::<F>();
    let (_, path) = path.split_once("::").expect("a path");
    let name = path.split("::{{closure}}").next().expect("a name");
    if env::var(VARIABLE).is_ok_and(|wanted| wanted == name) {
        end_one_that_hangs();
        test();
        println!("{DONE}");
        exit(0);
    }
    let output = Command::new(env::current_exe().expect("it runs"))
        .args([name, "--exact", "--nocapture"])
        .env(VARIABLE, name)
        .env_remove("RUST_LOG")
        .env_remove("FIRSTLIGHT_LOG_FORMAT")
        .output()
        .expect("it can be started once more");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && out.contains(DONE),
        "{name}: {}\n{out}\n{err}",
        output.status
    );
    err.into_owned()
}

fn end_one_that_hangs() {
    thread::spawn(|| {
        let (_held, never) = std::sync::mpsc::channel::<()>();
        let _ = never.recv_timeout(Duration::from_secs(120));
        let _ = io::Write::write_all(&mut io::stderr(), b"it hangs\n");
        std::process::abort();
    });
}
