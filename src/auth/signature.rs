//! A keyed hash over parts of a request (HMAC): composed, verified, and made. One description serves both ways.
//!
//! What is signed is bytes as they came: nothing is decoded that the signer did not decode. Start at [`Signature`].

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;
use regex::Regex;

use super::findings::Failure;
use super::token::hex;
use super::{AuthError, Request};
use crate::model::Secret;
use crate::value::Timestamp;

/// A sender that rotates its secret sends a signature with each: so many are looked at.
const MOST_SIGNATURES: usize = 8;

/// A keyed hash over parts of a request.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Alternatives; the first one signs.
    pub secret: Vec<Secret>,
    /// Of the hash.
    pub algorithm: Algorithm,
    /// Of the signature.
    pub encoding: Encoding,
    /// Where the signature stands.
    pub place: Read,
    /// The text before it.
    pub prefix: String,
    /// What is signed, run together.
    pub message: Vec<Part>,
    /// Where the time of signing stands.
    pub at: Option<Read>,
    /// How far that may lie from now, before it or after.
    pub max_age: Option<Duration>,
    /// Where it says whose it is, and this tenant's values of it.
    pub identity: Option<(Read, Vec<Secret>)>,
}

/// Which hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// For contracts of long ago; as a keyed hash it still holds.
    Sha1,
    /// The usual one.
    Sha256,
    /// The long one.
    Sha512,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Digits; read in either case, written in lower case.
    Hex,
    /// Written in the standard alphabet with padding; read in either alphabet, with padding or without.
    Base64,
}

/// A part of what is signed.
#[derive(Clone, Debug)]
pub enum Part {
    /// This text, the tenant's own where it came from a setting.
    Text(Secret),
    /// Something of the request.
    Read(Read),
}

/// Something of a request, as it came.
#[derive(Clone, Debug)]
pub struct Read {
    /// What.
    pub source: Source,
    /// Only the first group of the first match, or the whole match of an expression without groups.
    pub capture: Option<Regex>,
}

/// Where something of a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The body's bytes.
    Raw,
    /// The URL as the caller wrote it.
    Url,
    /// Name and value of every form field of the body, sorted, run together.
    SortedForm,
    /// A header, in lower case.
    Header(String),
    /// A member of the query, decoded.
    Query(String),
    /// A `{name}` segment of the route, decoded.
    Path(String),
}

impl PartialEq for Read {
    fn eq(&self, other: &Self) -> bool {
        let pattern = |read: &Self| read.capture.as_ref().map(|regex| regex.as_str().to_owned());
        self.source == other.source && pattern(self) == pattern(other)
    }
}

/// What a signature is made over: a request that came in, or a call that goes out.
pub(super) struct Signed<'r> {
    pub(super) headers: &'r [(String, String)],
    pub(super) query: &'r str,
    pub(super) path: &'r [(&'r str, String)],
    pub(super) body: &'r [u8],
    /// Composed only where it is signed.
    pub(super) url: &'r dyn Fn() -> Option<String>,
    sorted: OnceCell<Vec<u8>>,
}

impl<'r> Signed<'r> {
    pub(super) fn new(
        headers: &'r [(String, String)],
        query: &'r str,
        path: &'r [(&'r str, String)],
        body: &'r [u8],
        url: &'r dyn Fn() -> Option<String>,
    ) -> Self {
        Self { headers, query, path, body, url, sorted: OnceCell::new() }
    }
}

/// What a read finds; several of one name fail: which one counts would be a guess.
type Found<'r> = Result<Option<Cow<'r, str>>, Failure>;

impl Read {
    /// The text that stands there; nothing for what is no text, such as the body.
    pub(super) fn text<'r>(&self, signed: &Signed<'r>) -> Found<'r> {
        let mut all = self.texts(signed)?;
        Ok(if all.is_empty() { None } else { Some(all.swap_remove(0)) })
    }

    /// Every match of `capture`, or the one text.
    fn texts<'r>(&self, signed: &Signed<'r>) -> Result<Vec<Cow<'r, str>>, Failure> {
        let Some(text) = self.source.text(signed)? else { return Ok(Vec::new()) };
        let Some(regex) = &self.capture else { return Ok(vec![text]) };
        let group = usize::from(regex.captures_len() > 1);
        let found = regex.captures_iter(&text).filter_map(|found| found.get(group));
        Ok(found.take(MOST_SIGNATURES).map(|found| Cow::Owned(found.as_str().to_owned())).collect())
    }

    /// Hands the bytes that are signed to the hash; false where they are not there once.
    fn hash(&self, signed: &Signed<'_>, hash: &mut hmac::Context) -> bool {
        match &self.source {
            Source::Raw => hash.update(signed.body),
            Source::Url => match (signed.url)() {
                Some(url) => hash.update(url.as_bytes()),
                None => return false,
            },
            Source::SortedForm => hash.update(signed.sorted.get_or_init(|| sorted_form(signed.body))),
            Source::Header(_) | Source::Query(_) | Source::Path(_) => match self.text(signed) {
                Ok(Some(text)) => hash.update(text.as_bytes()),
                Ok(None) | Err(_) => return false,
            },
        }
        true
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw => f.write_str("`$.raw`"),
            Self::Url => f.write_str("`$.url`"),
            Self::SortedForm => f.write_str("`$.sorted_form`"),
            Self::Header(name) => write!(f, "the header `{name}`"),
            Self::Query(name) => write!(f, "`{name}` of the query"),
            Self::Path(name) => write!(f, "`{{{name}}}` of the path"),
        }
    }
}

impl Source {
    fn text<'r>(&self, signed: &Signed<'r>) -> Found<'r> {
        let one = |mut values: std::vec::IntoIter<Cow<'r, str>>| match (values.next(), values.next()) {
            (_, Some(_)) => Err(Failure::Wrong),
            (value, None) => Ok(value),
        };
        let values: Vec<Cow<'r, str>> = match self {
            Self::Raw | Self::Url | Self::SortedForm => Vec::new(),
            Self::Header(name) => {
                let same = signed.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
                same.map(|(_, value)| Cow::Borrowed(value.trim())).collect()
            }
            Self::Query(name) => {
                let pairs = url::form_urlencoded::parse(signed.query.as_bytes());
                pairs.filter(|(known, _)| *known == **name).map(|(_, value)| value).collect()
            }
            Self::Path(name) => {
                let same = signed.path.iter().filter(|(known, _)| known == name);
                same.map(|(_, value)| Cow::Borrowed(value.as_str())).collect()
            }
        };
        one(values.into_iter())
    }
}

/// Fields decoded to bytes, in the order of their names, and of their values where a name repeats.
fn sorted_form(body: &[u8]) -> Vec<u8> {
    let decode = |part: &[u8]| -> Vec<u8> {
        let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_decode(&spaced).collect()
    };
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = pairs
        .map(|pair| {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            (decode(parts.next().unwrap_or_default()), decode(parts.next().unwrap_or_default()))
        })
        .collect();
    fields.sort();
    fields.into_iter().flat_map(|(name, value)| name.into_iter().chain(value)).collect()
}

impl Signature {
    pub(super) fn keys(&self) -> impl Iterator<Item = hmac::Key> {
        // An empty secret would be everybody's.
        let secrets = self.secret.iter().map(Secret::expose).filter(|secret| !secret.is_empty());
        secrets.map(|secret| self.algorithm.key(secret))
    }

    /// The signatures that a request carries, read to bytes.
    pub(super) fn carried(&self, signed: &Signed<'_>) -> Result<Vec<Vec<u8>>, Failure> {
        let texts = self.place.texts(signed)?;
        if texts.is_empty() {
            // The place holds something, and nothing of this scheme.
            let foreign = self.place.capture.is_some() && self.place.source.text(signed)?.is_some();
            return if foreign { Err(Failure::Foreign) } else { Ok(Vec::new()) };
        }
        let ours = texts.iter().filter_map(|text| text.strip_prefix(self.prefix.as_str()));
        let ours: Vec<&str> = ours.collect();
        if ours.is_empty() {
            return Err(Failure::Foreign);
        }
        let read: Vec<Vec<u8>> = ours.iter().filter_map(|text| self.encoding.decode(text)).collect();
        if read.is_empty() { Err(Failure::Wrong) } else { Ok(read) }
    }

    /// The keyed hash of what is signed.
    ///
    /// # Errors
    /// The part of it that is not there once.
    pub(super) fn hash(&self, key: &hmac::Key, signed: &Signed<'_>) -> Result<hmac::Tag, Source> {
        let mut hash = hmac::Context::with_key(key);
        for part in &self.message {
            match part {
                Part::Text(text) => hash.update(text.expose().as_bytes()),
                Part::Read(read) if read.hash(signed, &mut hash) => {}
                Part::Read(read) => return Err(read.source.clone()),
            }
        }
        Ok(hash.sign())
    }

    /// Neither long ago nor long ahead. A time that is missing or cannot be read was not signed by whom we know.
    pub(super) fn check_time(&self, signed: &Signed<'_>, now: Timestamp) -> Result<(), Failure> {
        let (Some(at), Some(max_age)) = (&self.at, self.max_age) else { return Ok(()) };
        let at = at.text(signed)?.and_then(|text| time(&text)).ok_or(Failure::Wrong)?;
        let apart = Duration::from_millis(at.millis().abs_diff(now.millis()));
        if apart > max_age { Err(Failure::Stale) } else { Ok(()) }
    }

    /// The signature of a request as the party would write it, with its prefix: for those who play a party.
    ///
    /// # Errors
    /// [`AuthError`]: no secret, or a part that is not there.
    pub fn sign(&self, request: &Request<'_>) -> Result<String, AuthError> {
        let incoming = request.incoming;
        let url = || request.url();
        self.made(&Signed::new(&incoming.headers, &incoming.query, request.path, &incoming.body, &url))
    }

    /// The signature with the first secret, as it is written.
    pub(super) fn made(&self, signed: &Signed<'_>) -> Result<String, AuthError> {
        let key = self.keys().next().ok_or(AuthError::NoSecret)?;
        let tag = self.hash(&key, signed).map_err(|source| AuthError::Part(source.to_string()))?;
        Ok(self.written(&tag))
    }

    fn written(&self, tag: &hmac::Tag) -> String {
        let digits = match self.encoding {
            Encoding::Hex => hex(tag.as_ref()),
            Encoding::Base64 => STANDARD.encode(tag.as_ref()),
        };
        format!("{}{digits}", self.prefix)
    }

    /// Whether another tenant's stands in the same place and is read the same.
    pub(super) fn same_place(&self, other: &Self) -> bool {
        (&self.place, &self.prefix, self.encoding) == (&other.place, &other.prefix, other.encoding)
    }

    /// Whether another tenant's is the same but for the secret and whose it is.
    pub(super) fn same_form(&self, other: &Self) -> bool {
        let parts = self.message.iter().zip(&other.message).all(|pair| match pair {
            (Part::Text(one), Part::Text(other)) => one.expose() == other.expose(),
            (Part::Read(one), Part::Read(other)) => one == other,
            _ => false,
        });
        let time = (&self.at, self.max_age) == (&other.at, other.max_age);
        let same = self.algorithm == other.algorithm && self.message.len() == other.message.len();
        self.same_place(other) && same && time && parts
    }
}

impl Algorithm {
    fn key(self, secret: &str) -> hmac::Key {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::Key::new(algorithm, secret.as_bytes())
    }
}

impl Encoding {
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        const EITHER: GeneralPurposeConfig =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        match self {
            Self::Hex => {
                let digits: Option<Vec<u8>> =
                    text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
                let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
                Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
            }
            Self::Base64 => {
                let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
                GeneralPurpose::new(alphabet, EITHER).decode(text).ok()
            }
        }
    }
}

/// Seconds or, from 10^11 on, milliseconds since 1970; or ISO 8601 with an offset.
fn time(text: &str) -> Option<Timestamp> {
    const MILLIS_FROM: i64 = 100_000_000_000;
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return Some(Timestamp::from_millis(if number < MILLIS_FROM { number * 1000 } else { number }));
    }
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(time.as_millisecond()))
}
