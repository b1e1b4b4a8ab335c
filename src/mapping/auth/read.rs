//! Reading schemes: one table of them, one reader each, whichever way it goes.

use super::hmac;
use super::{ClaimIn, ClientCredentialsPlan, HeaderPlan, SchemePlan};
use crate::auth::Style;
use crate::language::{Compiler, Layout, Program, ScopeBuilder};
use crate::mapping::fields::{Fields, Reader};
use crate::mapping::scopes;
use crate::shape;
use crate::yaml::Node;
use std::time::Duration;

/// Who proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mapping) enum Way {
    /// A party.
    In,
    /// We.
    Out,
}

/// A scheme: its name, which ways it goes, and how its keys are read.
struct Row {
    name: &'static str,
    ways: &'static [Way],
    read: fn(&mut Reading<'_, '_>, &Node) -> Option<SchemePlan>,
}

const BOTH: &[Way] = &[Way::In, Way::Out];

const SCHEMES: &[Row] = &[
    Row { name: "none", ways: BOTH, read: |_, _| Some(SchemePlan::None) },
    Row { name: "basic", ways: BOTH, read: basic },
    Row { name: "bearer", ways: BOTH, read: bearer },
    Row { name: "header", ways: BOTH, read: header },
    Row { name: "query", ways: BOTH, read: query },
    Row { name: "path", ways: &[Way::In], read: path },
    Row { name: "hmac", ways: BOTH, read: hmac::read },
    Row { name: "jwt_hs256", ways: &[Way::In], read: jwt_hs256 },
    Row { name: "jwt_rs256", ways: BOTH, read: jwt_rs256 },
    Row { name: "oauth2_client_credentials", ways: &[Way::Out], read: client_credentials },
];

/// What schemes are read with.
pub(super) struct Reading<'r, 'c> {
    pub(super) reader: &'r mut Reader,
    pub(super) compiler: &'r mut Compiler<'c>,
    pub(super) scope: &'r mut ScopeBuilder,
    pub(super) way: Way,
}

/// Reads `auth.in`, `auth.out`, or a section's own `auth`: one scheme or a list.
pub(in crate::mapping) fn read(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    way: Way,
    node: &Node,
) -> (Vec<SchemePlan>, Layout) {
    let mut scope = compiler.scope(scopes::AUTH);
    scope.silent(Some("a scheme is made once, when the files are loaded"));
    let nodes = Reader::one_or_many(node);
    let open = nodes.iter().position(|node| node.as_text() == Some("none"));
    for late in open.map_or(&[][..], |open| &nodes[open + 1..]) {
        let message = "this scheme is never needed: `none` above takes everything";
        reader.warning("SB0231", late.span, message, "remove `none`, or this scheme");
    }
    let schemes = nodes.iter().filter_map(|item| one(reader, compiler, &mut scope, way, item)).collect();
    (schemes, scope.finish())
}

/// Reads one scheme: a word (`none`) or a map with one key.
pub(in crate::mapping) fn one(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    way: Way,
    node: &Node,
) -> Option<SchemePlan> {
    let goes = |row: &&Row| row.ways.contains(&way);
    let known = || SCHEMES.iter().filter(goes).map(|row| row.name).collect::<Vec<_>>().join(", ");
    let (name, value) = match (node.as_text(), node.as_map()) {
        (Some(word), _) => (word, node),
        (None, Some([(key, value)])) => (&*key.text, value),
        _ => {
            let help = format!("one of: {}", known());
            reader.error("SB0309", node.span, "a scheme is one word or a map with one key", help);
            return None;
        }
    };
    let Some(row) = SCHEMES.iter().filter(goes).find(|row| row.name == name) else {
        let who = if way == Way::In { "a party" } else { "we" };
        let text = format!(
            "`{name}` is no scheme that {who} can prove {} by",
            if way == Way::In { "itself" } else { "ourselves" }
        );
        reader.error("SB0309", node.span, text, format!("one of: {}", known()));
        return None;
    };
    (row.read)(&mut Reading { reader, compiler, scope, way }, value)
}

impl Reading<'_, '_> {
    /// A value of a scheme; `None` where a key that is needed is missing, which has been said.
    pub(super) fn tree(&mut self, fields: Fields<'_>, name: &str) -> Option<Program> {
        fields.get(name).map(|node| self.scope.tree(self.compiler, node))
    }

    pub(super) fn text(&mut self, fields: Fields<'_>, name: &str) -> Option<String> {
        fields.get(name).and_then(|node| self.reader.text(node, name)).map(str::to_owned)
    }
}

fn basic(reading: &mut Reading<'_, '_>, node: &Node) -> Option<SchemePlan> {
    let fields = Fields::read(reading.reader, node, &shape::BASIC);
    let (username, password) = (reading.tree(fields, "username"), reading.tree(fields, "password"));
    Some(SchemePlan::Basic { username: username?, password: password? })
}

fn bearer(reading: &mut Reading<'_, '_>, node: &Node) -> Option<SchemePlan> {
    let fields = Fields::read(reading.reader, node, &shape::BEARER);
    let header = reading.text(fields, "header").unwrap_or_else(|| "Authorization".to_owned());
    Some(SchemePlan::Bearer { header, token: reading.tree(fields, "token")? })
}

fn header(reading: &mut Reading<'_, '_>, node: &Node) -> Option<SchemePlan> {
    let mut headers = Vec::new();
    for rule in Reader::one_or_many(node) {
        let fields = Fields::read(reading.reader, rule, &shape::HEADER);
        let (name, value) = (reading.tree(fields, "name"), reading.tree(fields, "value"));
        let prefix = reading.text(fields, "prefix").unwrap_or_default();
        headers.push(HeaderPlan { name: name?, prefix, value: value? });
    }
    Some(SchemePlan::Header(headers))
}

fn query(reading: &mut Reading<'_, '_>, node: &Node) -> Option<SchemePlan> {
    let fields = Fields::read(reading.reader, node, &shape::QUERY);
    Some(SchemePlan::Query { name: reading.text(fields, "name")?, value: reading.tree(fields, "value")? })
}

fn path(reading: &mut Reading<'_, '_>, node: &Node) -> Option<SchemePlan> {
    let fields = Fields::read(reading.reader, node, &shape::PATH);
    let name = (reading.text(fields, "name")?, fields.get("name")?.span);
    Some(SchemePlan::Path { name, value: reading.tree(fields, "value")? })
}

fn jwt_hs256(reading: &mut Reading<'_, '_>, node: &Node) -> Option<SchemePlan> {
    let fields = Fields::read(reading.reader, node, &shape::JWT_HS256_IN);
    let (headers, claims) = token(reading, fields);
    Some(SchemePlan::JwtHs256 {
        headers,
        claims,
        body_hash: reading.text(fields, "body_hash"),
        max_age: reading.tree(fields, "max_age"),
        secret: reading.tree(fields, "secret")?,
    })
}

fn jwt_rs256(reading: &mut Reading<'_, '_>, node: &Node) -> Option<SchemePlan> {
    if reading.way == Way::Out {
        return jwt_rs256_out(reading, node);
    }
    let fields = Fields::read(reading.reader, node, &shape::JWT_RS256_IN);
    let (headers, claims) = token(reading, fields);
    Some(SchemePlan::JwtRs256In {
        headers,
        claims,
        body_hash: reading.text(fields, "body_hash"),
        max_age: reading.tree(fields, "max_age"),
        jwks: reading.tree(fields, "jwks")?,
    })
}

/// Where a token of theirs stands, and what it must say.
fn token(reading: &mut Reading<'_, '_>, fields: Fields<'_>) -> (Vec<String>, Vec<ClaimIn>) {
    let headers = fields.get("header").map_or_else(
        || vec!["authorization".to_owned()],
        |node| {
            let names = Reader::one_or_many(node).iter();
            names.filter_map(|name| reading.reader.text(name, "header").map(str::to_ascii_lowercase)).collect()
        },
    );
    let claims = claims(reading, fields);
    let claims = claims.into_iter().map(|(name, node)| {
        let optional = node.as_text().is_some_and(|text| text.starts_with("$.") && text.ends_with('?'));
        ClaimIn { name, expected: reading.scope.tree(reading.compiler, node), optional }
    });
    (headers, claims.collect())
}

fn jwt_rs256_out(reading: &mut Reading<'_, '_>, node: &Node) -> Option<SchemePlan> {
    let fields = Fields::read(reading.reader, node, &shape::JWT_RS256_OUT);
    let claims = claims(reading, fields);
    let claims = claims.into_iter().map(|(name, node)| (name, reading.scope.tree(reading.compiler, node))).collect();
    let valid = fields.get("valid").and_then(|node| reading.reader.duration(node, "valid"));
    let valid = valid.unwrap_or(Duration::from_secs(900));
    Some(SchemePlan::JwtRs256 { key: reading.tree(fields, "key")?, claims, valid })
}

const STYLES: &[(&str, Style)] = &[("basic", Style::Basic), ("body", Style::Body)];

fn client_credentials(reading: &mut Reading<'_, '_>, node: &Node) -> Option<SchemePlan> {
    let fields = Fields::read(reading.reader, node, &shape::CLIENT_CREDENTIALS);
    let style = fields.get("style").and_then(|node| reading.reader.word(node, "style", STYLES));
    let params = fields.get("params").map_or(&[][..], |node| reading.reader.map(node, "params")).iter();
    let params = params.map(|(key, node)| (key.text.to_string(), reading.scope.tree(reading.compiler, node))).collect();
    let (url, id, secret) = (reading.tree(fields, "url"), reading.tree(fields, "id"), reading.tree(fields, "secret"));
    Some(SchemePlan::ClientCredentials(Box::new(ClientCredentialsPlan {
        scope: reading.tree(fields, "scope"),
        style: style.unwrap_or(Style::Basic),
        params,
        url: url?,
        id: id?,
        secret: secret?,
    })))
}

fn claims<'n>(reading: &mut Reading<'_, '_>, fields: Fields<'n>) -> Vec<(String, &'n Node)> {
    let members = fields.get("claims").map_or(&[][..], |node| reading.reader.map(node, "claims"));
    members.iter().map(|(key, node)| (key.text.to_string(), node)).collect()
}
