//! The platform's requests: each with an id and a recipient of its own, from the brands in turn.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode};

use crate::brands::{Brands, FROM};
use crate::http::PATH;
use crate::load::Requests;
use crate::mapping::{SEND, Trouble};

/// The id and the recipient in the body that stand for those of every message.
const ID: &str = "0c7e51d2-9b44-4a61-8f0e-000000000009";
const RECIPIENT: &str = "919820117744";

pub(super) struct Sends {
    pub(super) brands: Brands,
    /// Bytes more than the sample has, in a member that the brand's own system reads.
    pub(super) padding: usize,
}

/// Where they stand.
const CUSTOM: &str = "\"customData\": {";

impl Requests for Sends {
    fn request(&self, target: SocketAddr, number: u32) -> Result<Request<Full<Bytes>>, Trouble> {
        let (key, from) = self.brands.sender(number);
        let (head, rest) = SEND.split_once(RECIPIENT).ok_or("no recipient in the body")?;
        let (sender, rest) = rest.split_once(&FROM.to_string()).ok_or("no sender in the body")?;
        let (middle, tail) = rest.split_once(ID).ok_or("no id in the body")?;
        let body = format!("{head}{}{sender}{from}{middle}{}{tail}", recipient(number), id(number));
        let body = match self.padding {
            0 => body,
            more => body.replacen(CUSTOM, &format!("{CUSTOM} \"more\": \"{}\",", "x".repeat(more)), 1),
        };
        let request = Request::post(PATH)
            .header("host", target.to_string())
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {key}"));
        Ok(request.body(Full::new(Bytes::from(body)))?)
    }

    fn is_good(&self, status: StatusCode, body: &[u8]) -> bool {
        status == StatusCode::OK && body.starts_with(b"{\"status\":\"whatsapp_accepted\"")
    }
}

/// Who gets the message of that number.
pub(super) fn recipient(number: u32) -> u64 {
    919_820_000_000 + u64::from(number)
}

/// An id that no order shows in, as the platform's have none.
pub(super) fn id(number: u32) -> String {
    let (high, low) = (scattered(u64::from(number)), scattered(!u64::from(number)));
    format!("{:08x}-{:04x}-4a61-8f0e-{:012x}", high >> 32, high & 0xffff, low >> 16)
}

/// Another number for every number, without order.
const fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
