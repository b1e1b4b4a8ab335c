//! A route: where a section is reached, and how what comes in there is read.

use super::answer;
use super::fields::{Fields, Reader};
use crate::codec::Format;
use crate::shape;
use crate::yaml::Node;

/// One way to reach a section.
#[derive(Clone, Debug)]
pub struct Route {
    /// In upper case.
    pub methods: Vec<String>,
    /// With `{name}` for a segment that is read as `$.path.name`.
    pub paths: Vec<String>,
    /// How the body is read.
    pub decode: Format,
    /// Only requests of this content type.
    pub content_type: Option<String>,
    /// In bytes.
    pub max_body: usize,
}

/// Reads one route.
pub(super) fn route(reader: &mut Reader, node: &Node) -> Option<Route> {
    let fields = Fields::read(reader, node, &shape::ROUTE);
    let mut texts = |name: &str| -> Vec<String> {
        let nodes = fields.get(name).map_or(&[][..], Reader::one_or_many);
        nodes.iter().filter_map(|node| reader.text(node, name).map(str::to_owned)).collect()
    };
    let paths = texts("path");
    let methods = fields.get("method").map_or(&[][..], Reader::one_or_many);
    let methods: Vec<String> = methods.iter().filter_map(|node| method(reader, node)).collect();
    if let Some(node) = fields.get("path") {
        for wrong in paths.iter().filter(|path| !path.starts_with('/') || path.contains(['?', '#', ' '])) {
            reader.error(
                "SB0312",
                node.span,
                format!("`{wrong}` is no path"),
                "begin with `/`; no query; {name} stands for one segment",
            );
        }
    }
    let max_body = fields.get("max_body").map_or(Some(256 * 1024), |node| size(reader, node))?;
    let content_type = fields.get("type").and_then(|node| reader.text(node, "type")).map(str::to_owned);
    Some(Route {
        methods,
        paths,
        decode: answer::format(reader, fields.get("decode"), "decode"),
        content_type,
        max_body,
    })
}

/// HTTP's methods, in upper case.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Reads an HTTP method.
pub(super) fn method(reader: &mut Reader, node: &Node) -> Option<String> {
    let method = reader.text(node, "method")?.to_ascii_uppercase();
    if !METHODS.contains(&&*method) {
        let help = format!("one of: {}", METHODS.join(", "));
        reader.error("SB0305", node.span, format!("`{method}` is no HTTP method"), help);
    }
    Some(method)
}

fn size(reader: &mut Reader, node: &Node) -> Option<usize> {
    let text = node.scalar_text()?;
    let (number, unit) = text
        .strip_suffix("KiB")
        .map(|n| (n, 1024))
        .or_else(|| text.strip_suffix("MiB").map(|n| (n, 1024 * 1024)))
        .unwrap_or((&text, 1));
    let size = number
        .trim()
        .parse::<usize>()
        .ok()
        .and_then(|n| n.checked_mul(unit))
        .filter(|size| (1..=16 * 1024 * 1024).contains(size));
    if size.is_none() {
        reader.error(
            "SB0304",
            node.span,
            format!("`{text}` is no size"),
            "bytes, KiB or MiB, at most 16MiB: for example 256KiB",
        );
    }
    size
}

/// The `{name}` segments of a section's routes, and whether every path has them.
pub(super) fn segments(routes: &[Route]) -> Vec<(&str, bool)> {
    let paths: Vec<Vec<&str>> = routes.iter().flat_map(|route| &route.paths).map(|path| names_in(path)).collect();
    let mut names: Vec<&str> = paths.iter().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| (name, paths.iter().all(|path| path.contains(&name)))).collect()
}

fn names_in(path: &str) -> Vec<&str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect()
}
