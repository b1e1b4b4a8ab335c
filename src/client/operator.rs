//! The client of the operator's own commands: it asks one gateway, at the address that was typed, so no address is
//! refused. Everything that would act on its own is off, as with [`Http`](super::Http).

use std::time::Duration;

use reqwest::{Client, Request, redirect, retry};
use tokio::time::Instant;

use super::answer::{self, Pace};
use super::http::ClientError;
use super::trouble;
use super::wire::{Unfit, header_map, method};
use crate::model::wire::{Answer, Class, Prepared};

/// The longest answer: a page of dead letters, or one with a whole webhook.
const LONGEST: usize = 16 << 20;

/// Asks one gateway.
#[derive(Debug)]
pub struct Operator(Client);

impl Operator {
    /// Connects nowhere yet.
    ///
    /// # Errors
    /// [`ClientError`] where TLS finds no roots to trust.
    pub fn new() -> Result<Self, ClientError> {
        let client = Client::builder()
            .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|problem| ClientError(problem.into()))?;
        Ok(Self(client))
    }

    /// Makes one call, once.
    pub async fn ask(&self, call: Prepared) -> Answer {
        let pace = Pace { end: Instant::now() + call.timeout, silence: call.timeout };
        let request = match request(call) {
            Ok(request) => request,
            Err(unfit) => return Answer::without(Class::Unreached, unfit.to_string()),
        };
        match self.0.execute(request).await {
            Ok(response) => answer::read(response.into(), LONGEST, pace).await,
            Err(error) if error.is_timeout() && !error.is_connect() => {
                Answer::without(Class::Unanswered, trouble::LATE)
            }
            Err(error) => trouble::no_answer(&error, error.is_connect()),
        }
    }
}

fn request(call: Prepared) -> Result<Request, Unfit> {
    let mut request = Request::new(method(&call.method)?, call.url);
    *request.headers_mut() = header_map(call.headers)?;
    *request.timeout_mut() = Some(call.timeout);
    if !call.body.is_empty() {
        *request.body_mut() = Some(call.body.into());
    }
    Ok(request)
}
