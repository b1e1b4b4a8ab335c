//! `auth:` of a mapping: schemes whose values are small programs over a tenant's credentials and settings.
//!
//! What a scheme does with the values is the room `auth`; putting a tenant's values in is `config`'s affair.

use super::fields::{Fields, Reader};
use super::scopes;
use crate::language::{Compiler, Layout, Program, ScopeBuilder};
use crate::shape;
use crate::yaml::Node;

/// One claim of an inbound token.
#[derive(Debug)]
pub struct ClaimIn {
    /// The claim's name.
    pub name: String,
    /// What it must be; nothing: not checked.
    pub expected: Program,
    /// Written with `?`: a token may leave it out, a tenant too.
    pub optional: bool,
}

/// A scheme by which a party proves itself.
#[derive(Debug)]
pub enum SchemeIn {
    /// Anybody.
    None,
    /// `Authorization: Basic`.
    Basic {
        /// The user name.
        username: Program,
        /// The password.
        password: Program,
    },
    /// `header: Bearer TOKEN`.
    Bearer {
        /// As written in the mapping.
        header: String,
        /// The token.
        token: Program,
    },
    /// Headers, all needed: name, text before the secret, value.
    Header(Vec<(Program, String, Program)>),
    /// A member of the query.
    Query {
        /// The member's name.
        name: String,
        /// Its value.
        value: Program,
    },
    /// A token signed with HMAC-SHA256.
    JwtHs256 {
        /// In lower case; the first that is there carries the token.
        headers: Vec<String>,
        /// The key.
        secret: Program,
        /// What the token must say.
        claims: Vec<ClaimIn>,
        /// The claim that holds the body's hash.
        body_hash: Option<String>,
        /// A duration.
        max_age: Option<Program>,
    },
}

/// A scheme by which we prove ourselves.
#[derive(Debug)]
pub enum SchemeOut {
    /// Nothing is added.
    None,
    /// `Authorization: Basic`.
    Basic {
        /// The user name.
        username: Program,
        /// The password.
        password: Program,
    },
    /// `header: Bearer TOKEN`.
    Bearer {
        /// As written in the mapping.
        header: String,
        /// The token.
        token: Program,
    },
    /// Headers: name, text before the secret, value.
    Header(Vec<(String, String, Program)>),
    /// A member of the query.
    Query {
        /// The member's name.
        name: String,
        /// Its value.
        value: Program,
    },
    /// A token signed with RSA-SHA256.
    JwtRs256 {
        /// The private key, PEM.
        key: Program,
        /// What the token says besides its times and id.
        claims: Vec<(String, Program)>,
        /// How long a token is good.
        valid: std::time::Duration,
    },
}

impl SchemeIn {
    /// Every program in it, for "which credentials does it need".
    #[must_use]
    pub fn programs(&self) -> Vec<&Program> {
        match self {
            Self::None => Vec::new(),
            Self::Basic { username, password } => vec![username, password],
            Self::Bearer { token, .. } => vec![token],
            Self::Header(rules) => rules.iter().map(|(_, _, value)| value).collect(),
            Self::Query { value, .. } => vec![value],
            Self::JwtHs256 { secret, claims, .. } => {
                let required = claims.iter().filter(|claim| !claim.optional).map(|claim| &claim.expected);
                std::iter::once(secret).chain(required).collect()
            }
        }
    }
}

impl SchemeOut {
    /// Every program in it, for "which credentials does it need".
    #[must_use]
    pub fn programs(&self) -> Vec<&Program> {
        match self {
            Self::None => Vec::new(),
            Self::Basic { username, password } => vec![username, password],
            Self::Bearer { token, .. } => vec![token],
            Self::Header(rules) => rules.iter().map(|(_, _, value)| value).collect(),
            Self::Query { value, .. } => vec![value],
            Self::JwtRs256 { key, claims, .. } => {
                std::iter::once(key).chain(claims.iter().map(|(_, value)| value)).collect()
            }
        }
    }
}

const KINDS: &str = "one of: none, basic, bearer, header, query, jwt_hs256 (in), jwt_rs256 (out)";

/// A scheme is a word (`none`) or a map with one key.
fn kind<'n>(reader: &mut Reader, node: &'n Node) -> Option<(&'n str, &'n Node)> {
    if let Some(word) = node.as_text() {
        return Some((word, node));
    }
    match node.as_map() {
        Some([(key, value)]) => Some((&*key.text, value)),
        _ => {
            reader.error("SB0309", node.span, "a scheme is one word or a map with one key", KINDS);
            None
        }
    }
}

/// Reads `auth.in`, or a section's own `auth`.
pub(super) fn read_in(reader: &mut Reader, compiler: &mut Compiler<'_>, node: &Node) -> (Vec<SchemeIn>, Layout) {
    let mut scope = compiler.scope(scopes::AUTH);
    let schemes =
        Reader::one_or_many(node).iter().filter_map(|item| scheme_in(reader, compiler, &mut scope, item)).collect();
    (schemes, scope.finish())
}

/// Reads `auth.out`.
pub(super) fn read_out(reader: &mut Reader, compiler: &mut Compiler<'_>, node: &Node) -> (Vec<SchemeOut>, Layout) {
    let mut scope = compiler.scope(scopes::AUTH);
    let schemes =
        Reader::one_or_many(node).iter().filter_map(|item| scheme_out(reader, compiler, &mut scope, item)).collect();
    (schemes, scope.finish())
}

fn scheme_in(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
) -> Option<SchemeIn> {
    let (kind, value) = kind(reader, node)?;
    match kind {
        "none" => Some(SchemeIn::None),
        "basic" => {
            let (username, password) = basic(reader, compiler, scope, value)?;
            Some(SchemeIn::Basic { username, password })
        }
        "bearer" => {
            let (header, token) = bearer(reader, compiler, scope, value)?;
            Some(SchemeIn::Bearer { header, token })
        }
        "header" => Some(SchemeIn::Header(
            Reader::one_or_many(value)
                .iter()
                .filter_map(|rule| {
                    let fields = Fields::read(reader, rule, &shape::HEADER_IN);
                    let name = scope.tree(compiler, fields.get("name")?);
                    Some((name, prefix(reader, fields), scope.tree(compiler, fields.get("value")?)))
                })
                .collect(),
        )),
        "query" => {
            let (name, value) = query(reader, compiler, scope, value)?;
            Some(SchemeIn::Query { name, value })
        }
        "jwt_hs256" => jwt_hs256(reader, compiler, scope, value),
        other => {
            reader.error(
                "SB0309",
                node.span,
                format!("`{other}` is no scheme that a party can prove itself by"),
                KINDS,
            );
            None
        }
    }
}

pub(super) fn scheme_out(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
) -> Option<SchemeOut> {
    let (kind, value) = kind(reader, node)?;
    match kind {
        "none" => Some(SchemeOut::None),
        "basic" => {
            let (username, password) = basic(reader, compiler, scope, value)?;
            Some(SchemeOut::Basic { username, password })
        }
        "bearer" => {
            let (header, token) = bearer(reader, compiler, scope, value)?;
            Some(SchemeOut::Bearer { header, token })
        }
        "header" => Some(SchemeOut::Header(
            Reader::one_or_many(value)
                .iter()
                .filter_map(|rule| {
                    let fields = Fields::read(reader, rule, &shape::HEADER_OUT);
                    let name = reader.text(fields.get("name")?, "a header's name")?.to_owned();
                    Some((name, prefix(reader, fields), scope.tree(compiler, fields.get("value")?)))
                })
                .collect(),
        )),
        "query" => {
            let (name, value) = query(reader, compiler, scope, value)?;
            Some(SchemeOut::Query { name, value })
        }
        "jwt_rs256" => {
            let fields = Fields::read(reader, value, &shape::JWT_RS256_OUT);
            let claims =
                claims(reader, fields).into_iter().map(|(name, node)| (name, scope.tree(compiler, node))).collect();
            let valid = fields.get("valid").and_then(|node| reader.duration(node, "valid"));
            let valid = valid.unwrap_or(std::time::Duration::from_secs(900));
            Some(SchemeOut::JwtRs256 { key: scope.tree(compiler, fields.get("key")?), claims, valid })
        }
        other => {
            reader.error("SB0309", node.span, format!("`{other}` is no scheme that we can prove ourselves by"), KINDS);
            None
        }
    }
}

fn basic(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
) -> Option<(Program, Program)> {
    let fields = Fields::read(reader, node, &shape::BASIC);
    Some((scope.tree(compiler, fields.get("username")?), scope.tree(compiler, fields.get("password")?)))
}

fn bearer(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
) -> Option<(String, Program)> {
    let fields = Fields::read(reader, node, &shape::BEARER);
    let header = fields.get("header").and_then(|node| reader.text(node, "header")).unwrap_or("Authorization");
    Some((header.to_owned(), scope.tree(compiler, fields.get("token")?)))
}

fn query(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
) -> Option<(String, Program)> {
    let fields = Fields::read(reader, node, &shape::QUERY);
    let name = reader.text(fields.get("name")?, "name")?.to_owned();
    Some((name, scope.tree(compiler, fields.get("value")?)))
}

fn jwt_hs256(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
) -> Option<SchemeIn> {
    let fields = Fields::read(reader, node, &shape::JWT_HS256_IN);
    let headers = fields.get("header").map_or_else(
        || vec!["authorization".to_owned()],
        |node| {
            let names = Reader::one_or_many(node).iter();
            names.filter_map(|name| reader.text(name, "header").map(str::to_ascii_lowercase)).collect()
        },
    );
    let claims = claims(reader, fields)
        .into_iter()
        .map(|(name, node)| {
            let optional = node.as_text().is_some_and(|text| text.starts_with("$.") && text.ends_with('?'));
            ClaimIn { name, expected: scope.tree(compiler, node), optional }
        })
        .collect();
    let body_hash = fields.get("body_hash").and_then(|node| reader.text(node, "body_hash")).map(str::to_owned);
    let max_age = fields.get("max_age").map(|node| scope.tree(compiler, node));
    Some(SchemeIn::JwtHs256 {
        headers,
        secret: scope.tree(compiler, fields.get("secret")?),
        claims,
        body_hash,
        max_age,
    })
}

fn claims<'n>(reader: &mut Reader, fields: Fields<'n>) -> Vec<(String, &'n Node)> {
    let members = fields.get("claims").map_or(&[][..], |node| reader.map(node, "claims"));
    members.iter().map(|(key, node)| (key.text.to_string(), node)).collect()
}

fn prefix(reader: &mut Reader, fields: Fields<'_>) -> String {
    fields.get("prefix").and_then(|node| reader.text(node, "prefix")).unwrap_or_default().to_owned()
}
