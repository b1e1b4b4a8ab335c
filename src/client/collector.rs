//! The client that posts spans to the collector: the operator's own address, so no guard of addresses.
//!
//! It is reqwest because the exporter has reqwest's; what is posted, and when, the exporter says.

use std::time::Duration;

use super::ClientError;

/// A client that follows no redirect, takes no proxy from the environment, and waits at most so long.
///
/// # Errors
/// It cannot be set up.
pub fn collector(patience: Duration) -> Result<reqwest::Client, ClientError> {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(patience);
    client.build().map_err(|problem| ClientError(Box::new(problem)))
}
