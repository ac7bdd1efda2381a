//! What people write: the logger after the configuration, since that says how much to log; the configuration
//! again wherever it is needed; and each step for as long as it takes.

use std::error::Error;

use tracing_subscriber::EnvFilter;

use crate::container::{Dependencies, ToTracing, TransparentProxy};
use crate::upstream;

/// The container's `main`, all but its first lines.
pub(crate) async fn main(with: &Dependencies) -> Result<(), Box<dyn Error>> {
    // Has a logger from here on; its deadline may be over before anybody could have set one.
    let proxy = TransparentProxy::new(with);

    let config = with.load_config()?;
    tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(&config.log_level)?).init();
    upstream::set_logger(ToTracing);

    proxy.install(&with.load_config()?).await?;
    with.validate(&with.load_config()?).await?;
    with.register(&with.load_config()?).await?;
    Ok(())
}
