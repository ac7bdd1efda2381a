use std::sync::{Arc, LazyLock};

use firstlight_poll::ErrorClass;
use rustls::RootCertStore;

use crate::attempt::Attempt;
use crate::net::Detached;
use crate::phase::Phase;
use crate::trouble::Trouble;

type Roots = Option<Arc<RootCertStore>>;

static READER: LazyLock<Detached<(), Roots>> = LazyLock::new(|| Detached::new(Phase::Roots));

/// The certificates that this machine trusts. They are many files: they are read on a detached thread.
pub(crate) async fn of_the_machine(attempt: Attempt) -> Result<Arc<RootCertStore>, Trouble> {
    let none = || Trouble::new(ErrorClass::Config, "TLS: this machine has no root certificates");
    READER.run(attempt, (), read).await?.ok_or_else(none)
}

fn read() -> Roots {
    let mut roots = RootCertStore::empty();
    // A file that cannot be read or parsed leaves the others good.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    (!roots.is_empty()).then(|| Arc::new(roots))
}
