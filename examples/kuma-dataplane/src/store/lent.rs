use std::ops::Deref;
use std::sync::Arc;

use deadpool_postgres::Client;
use tokio::runtime::Handle;

/// A connection of the pool for one statement.
///
/// When the caller goes away the statement goes on, and whoever got the connection next would wait behind it, perhaps for
/// a lock. So it returns to the pool only when the server has answered; until then it counts as in use.
pub(super) struct Lent {
    /// Shared with the task that waits for the answer: the last of the two gives it back.
    client: Arc<Client>,
    home: Handle,
    answered: bool,
}

impl Lent {
    pub(super) fn new(client: Client, home: Handle) -> Self {
        Self { client: Arc::new(client), home, answered: false }
    }

    /// Gives it back at once, since the server has answered.
    pub(super) fn answered(mut self) {
        self.answered = true;
    }
}

impl Deref for Lent {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.answered {
            let client = self.client.clone();
            // An empty query is answered after all that were sent before it.
            self.home.spawn(async move { drop(client.simple_query("").await) });
        }
    }
}
