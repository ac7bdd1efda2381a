use std::env;

use kube::{Client, Config};
use kube_standin::Standin;

use crate::Error;
use crate::options::ServeOptions;

/// The API server: one at a URL, a real one, or one of this process.
pub(crate) struct Source {
    pub(crate) client: Client,
    pub(crate) url: String,
    /// Ends with this.
    _standin: Option<Standin>,
}

impl Source {
    pub(crate) async fn open(options: &ServeOptions) -> Result<Self, Error> {
        let is_set = env::var_os("KUBECONFIG").is_some_and(|path| !path.is_empty());
        let config = match &options.api {
            Some(url) => Config::new(url.clone()),
            None if is_set => Config::infer().await.map_err(|error| Error::Api(error.into()))?,
            None => {
                let standin = Standin::start(([127, 0, 0, 1], 0).into()).await;
                let standin = standin.map_err(|error| Error::Api(error.into()))?;
                let (client, url) = (standin.client(), standin.url());
                return Ok(Self { client, url, _standin: Some(standin) });
            }
        };
        let url = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|error| Error::Api(error.into()))?;
        Ok(Self { client, url, _standin: None })
    }
}
