use std::time::Duration;

use firstlight_poll::{ErrorClass, Hint};
use tokio::time::sleep;

use crate::attempt::Attempt;
use crate::grpc::call::{connect, is_unknown_call};
use crate::grpc::probe::Settings;
use crate::phase::Phase;

/// How long connecting may take; the stream then lasts as long as it lasts.
const CONNECT: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Watches until the server shows that it does not know how.
pub(crate) async fn watch(settings: &Settings, hint: &Hint) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        match stream(settings, hint).await {
            Ended::ForEver => return,
            Ended::AfterMessages => pause = SHORTEST_PAUSE,
            Ended::Silent => pause = (pause * 2).min(LONGEST_PAUSE),
        }
        sleep(pause).await;
    }
}

enum Ended {
    ForEver,
    AfterMessages,
    Silent,
}

async fn stream(settings: &Settings, hint: &Hint) -> Ended {
    let mut client = match connect(settings, Attempt::lasting(CONNECT)).await {
        Ok(client) => client,
        Err(trouble) if trouble.class == ErrorClass::Config => return Ended::ForEver,
        Err(_) => return Ended::Silent,
    };
    let call = async { Ok(client.watch(settings.request()).await) };
    let mut messages = match Attempt::lasting(CONNECT).phase(Phase::Answer, call).await {
        Ok(Ok(response)) => response.into_inner(),
        Ok(Err(status)) if is_unknown_call(&status) => return Ended::ForEver,
        _ => return Ended::Silent,
    };
    let mut ended = Ended::Silent;
    loop {
        match messages.message().await {
            Ok(Some(_)) => {
                hint.push();
                ended = Ended::AfterMessages;
            }
            Ok(None) => return ended,
            Err(status) if is_unknown_call(&status) => return Ended::ForEver,
            Err(_) => return ended,
        }
    }
}
