//! Schemes whose credential is a shared secret: basic, bearer, headers, query, path. Of each one only a keyed hash is kept.

use std::collections::HashMap;
use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::findings::{Failure, Findings, Sent, after_word, header};
use super::{HeaderRule, Request, Scheme};
use crate::model::{Print, Secret, wire};

/// Alternatives of all the parts of one credential, combined; rotation needs two of each.
const MOST_COMBINATIONS: usize = 1024;

/// Clients write basic credentials with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where a credential stands and how it is written; many tenants share one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Basic,
    Bearer(String),
    /// Names and the texts before the secrets.
    Headers(Vec<(String, String)>),
    Query(String),
    /// A `{name}` segment of the route.
    Path(String),
}

type Parts = Vec<Zeroizing<Vec<u8>>>;

/// What a request carries in a form.
enum Carried {
    Nothing,
    Failed(Failure),
    Parts(Parts),
}

/// Every shared secret, by its hash.
#[derive(Default)]
pub(super) struct Shared {
    key: Zeroizing<[u8; 32]>,
    /// By the header that a form looks at first.
    by_header: HashMap<String, Vec<Form>>,
    by_query: HashMap<String, Form>,
    by_path: HashMap<String, Form>,
    /// By the first bytes of the hash; the rest is compared in constant time.
    holders: HashMap<[u8; 8], Vec<([u8; 32], usize)>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("holders", &self.holders.len()).finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self { key: Zeroizing::new(key), ..Self::default() }
    }

    /// Takes a scheme of a tenant with its hashes. Other schemes are none of these.
    pub(super) fn add(&mut self, tenant: usize, scheme: &Scheme, hashes: &[[u8; 32]]) {
        let Some((form, _)) = form(scheme) else { return };
        for hash in hashes {
            let holders = self.holders.entry(first_bytes(hash)).or_default();
            if !holders.contains(&(*hash, tenant)) {
                holders.push((*hash, tenant));
            }
        }
        let name = match &form {
            Form::Basic => "authorization".to_owned(),
            Form::Bearer(header) => header.clone(),
            Form::Headers(rules) => rules.first().map(|(name, _)| name.clone()).unwrap_or_default(),
            Form::Query(name) => {
                self.by_query.insert(name.clone(), form);
                return;
            }
            Form::Path(name) => {
                self.by_path.insert(name.clone(), form);
                return;
            }
        };
        let forms = self.by_header.entry(name).or_default();
        if !forms.contains(&form) {
            forms.push(form);
        }
    }

    /// Adds whose these are, and what is wrong with what is nobody's.
    pub(super) fn verify(&self, request: &Request<'_>, findings: &mut Findings) {
        for (name, value) in request.path {
            if let Some(form) = self.by_path.get(*name) {
                self.settle(form, Carried::Parts(vec![part(value)]), findings);
            }
        }
        let request = request.incoming;
        let mut seen: Vec<&str> = Vec::new();
        for (name, _) in &request.headers {
            if let Some(forms) = self.by_header.get(name).filter(|_| !seen.contains(&name.as_str())) {
                seen.push(name);
                forms.iter().for_each(|form| self.settle(form, carried(form, request), findings));
            }
        }
        // Once a form, not once a member: a query may repeat one ten thousand times.
        for form in self.by_query.values() {
            self.settle(form, carried(form, request), findings);
        }
    }

    fn settle(&self, form: &Form, carried: Carried, findings: &mut Findings) {
        let parts = match carried {
            Carried::Nothing => return,
            Carried::Failed(failure) => return findings.failed(failure),
            Carried::Parts(parts) => parts,
        };
        let hash = hash(&self.key, form, &parts);
        findings.carried(Print::of_secret(&hash));
        let before = findings.verified.tenants.len();
        for (known, tenant) in self.holders.get(&first_bytes(&hash)).into_iter().flatten() {
            if bool::from(known.ct_eq(&hash)) {
                findings.verified.tenants.push(*tenant);
            }
        }
        if findings.verified.tenants.len() == before {
            findings.failed(Failure::Wrong);
        }
    }
}

/// The form of a scheme with a shared secret, and its parts with their alternatives; the last part is the secret one.
fn form(scheme: &Scheme) -> Option<(Form, Vec<&Vec<Secret>>)> {
    Some(match scheme {
        Scheme::None | Scheme::Hmac(_) | Scheme::JwtHs256 { .. } | Scheme::JwtRs256 { .. } => return None,
        Scheme::Basic { username, password } => (Form::Basic, vec![username, password]),
        Scheme::Bearer { header, token } => (Form::Bearer(header.to_ascii_lowercase()), vec![token]),
        Scheme::Header(rules) => {
            let name = |rule: &HeaderRule| (rule.name.to_ascii_lowercase(), rule.prefix.clone());
            (Form::Headers(rules.iter().map(name).collect()), rules.iter().map(|rule| &rule.value).collect())
        }
        Scheme::Query { name, value } => (Form::Query(name.clone()), vec![value]),
        Scheme::Path { name, value } => (Form::Path(name.clone()), vec![value]),
    })
}

/// The hash of every combination of a shared secret's alternatives. An empty secret would let everybody in who knows the
/// rest, so it has none.
pub(super) fn hashes(key: &[u8; 32], scheme: &Scheme) -> Vec<[u8; 32]> {
    let Some((form, values)) = form(scheme) else { return Vec::new() };
    let combined = combinations(&values).into_iter();
    let combined = combined.filter(|parts| parts.last().is_some_and(|secret| !secret.is_empty()));
    combined.map(|parts| hash(key, &form, &parts)).collect()
}

/// Over the form and every part with its length, so that no two credentials run together the same.
fn hash(key: &[u8; 32], form: &Form, parts: &Parts) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    let mut update = |bytes: &[u8]| {
        mac.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(bytes);
    };
    match form {
        Form::Basic => update(b"basic"),
        Form::Bearer(header) => [b"bearer".as_slice(), header.as_bytes()].into_iter().for_each(&mut update),
        Form::Headers(rules) => {
            update(b"headers");
            let texts = rules.iter().flat_map(|(name, prefix)| [name, prefix]);
            texts.for_each(|text| update(text.as_bytes()));
        }
        Form::Query(name) => [b"query".as_slice(), name.as_bytes()].into_iter().for_each(&mut update),
        Form::Path(name) => [b"path".as_slice(), name.as_bytes()].into_iter().for_each(&mut update),
    }
    parts.iter().for_each(|part| update(part));
    mac.finalize().into_bytes().into()
}

fn first_bytes(hash: &[u8; 32]) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    first
}

/// Each choice of one alternative a part.
fn combinations(values: &[&Vec<Secret>]) -> Vec<Parts> {
    let mut combined: Vec<Parts> = vec![Vec::new()];
    for alternatives in values {
        let longer = combined.iter().flat_map(|parts| {
            alternatives.iter().map(|secret| {
                let part = Zeroizing::new(secret.expose().as_bytes().to_vec());
                parts.iter().cloned().chain(std::iter::once(part)).collect::<Parts>()
            })
        });
        combined = longer.take(MOST_COMBINATIONS).collect();
    }
    combined
}

fn carried(form: &Form, request: &wire::Incoming) -> Carried {
    match form {
        Form::Basic => match worded(request, "authorization", "Basic") {
            Ok(None) => Carried::Nothing,
            Ok(Some(encoded)) => basic(encoded),
            Err(failure) => Carried::Failed(failure),
        },
        Form::Bearer(name) => match worded(request, name, "Bearer") {
            Ok(None) => Carried::Nothing,
            Ok(Some(token)) => Carried::Parts(vec![part(token.trim_end())]),
            Err(failure) => Carried::Failed(failure),
        },
        Form::Headers(rules) => headers(rules, request),
        Form::Query(name) => {
            let mut values =
                url::form_urlencoded::parse(request.query.as_bytes()).filter(|(known, _)| *known == **name);
            match (values.next(), values.next()) {
                (Some((_, value)), None) => Carried::Parts(vec![part(&value)]),
                (Some(_), Some(_)) => Carried::Failed(Failure::Wrong),
                (None, _) => Carried::Nothing,
            }
        }
        // Read where the segments are known.
        Form::Path(_) => Carried::Nothing,
    }
}

/// What follows the scheme's word in a header.
fn worded<'r>(request: &'r wire::Incoming, name: &str, word: &str) -> Result<Option<&'r str>, Failure> {
    match header(request, name) {
        Sent::Nothing => Ok(None),
        Sent::Several => Err(Failure::Wrong),
        Sent::One(value) => after_word(value, word).map(Some).ok_or(Failure::Foreign),
    }
}

fn basic(encoded: &str) -> Carried {
    let Ok(decoded) = BASE64.decode(encoded.trim_end()).map(Zeroizing::new) else {
        return Carried::Failed(Failure::Wrong);
    };
    let Some(colon) = decoded.iter().position(|byte| *byte == b':') else { return Carried::Failed(Failure::Wrong) };
    let (username, password) = (&decoded[..colon], &decoded[colon + 1..]);
    Carried::Parts(vec![Zeroizing::new(username.to_vec()), Zeroizing::new(password.to_vec())])
}

/// All of them, or nothing: half a credential is none.
fn headers(rules: &[(String, String)], request: &wire::Incoming) -> Carried {
    let mut parts = Parts::new();
    for (name, prefix) in rules {
        let value = match header(request, name) {
            Sent::Nothing => return Carried::Nothing,
            Sent::Several => return Carried::Failed(Failure::Wrong),
            Sent::One(value) => value.trim(),
        };
        match value.strip_prefix(prefix.as_str()) {
            Some(secret) => parts.push(part(secret)),
            None => return Carried::Failed(Failure::Foreign),
        }
    }
    if parts.is_empty() { Carried::Nothing } else { Carried::Parts(parts) }
}

fn part(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}
