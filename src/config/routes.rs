//! Where requests go: method and path to the sections that mappings declare.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Span};
use crate::mapping::{Mapping, Route, SchemePlan, Section};

/// One section that a path reaches.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Whose section.
    pub mapping: Arc<Mapping>,
    /// Its place among [`Mapping::sections`].
    pub section: usize,
    /// Its place among the section's routes.
    pub route: usize,
    /// Its place among [`super::Snapshot::credentials`].
    pub credentials: usize,
}

impl Hit {
    /// The section.
    #[must_use]
    pub fn section(&self) -> Option<&Section> {
        self.mapping.sections().nth(self.section)
    }

    /// The route.
    #[must_use]
    pub fn route(&self) -> Option<&Route> {
        self.section()?.routes.get(self.route)
    }

    /// A path that led here, for logs: a segment that is a credential is shown as its `{name}`.
    #[must_use]
    pub fn shown<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let schemes = self.section().and_then(|section| section.auth.as_ref()).unwrap_or(&self.mapping.auth_in);
        let secret = |name: &str| {
            schemes.0.iter().any(|scheme| matches!(scheme, SchemePlan::Path { name: (known, _), .. } if known == name))
        };
        if !schemes.0.iter().any(|scheme| matches!(scheme, SchemePlan::Path { .. })) {
            return path.into();
        }
        let shown =
            self.with_values(path, |name, text| if secret(name) { format!("{{{name}}}") } else { text.to_owned() });
        shown.unwrap_or_default().into()
    }

    /// A path that led here with other values for its `{name}` segments: `change` is told the name and the segment as it is
    /// written. Nothing for one that does not lead here.
    #[must_use]
    pub fn with_values(&self, path: &str, change: impl Fn(&str, &str) -> String) -> Option<String> {
        let given: Vec<&str> = path.split('/').skip(1).collect();
        let paths = self.route().map_or(&[][..], |route| &route.paths).iter();
        let mut patterns = paths.map(|path| Pattern { segments: segments(path), methods: HashMap::new() });
        let pattern = patterns.find(|pattern| pattern.values(&given).is_some())?;
        let changed = pattern.segments.iter().zip(given).map(|(segment, text)| match segment {
            Segment::Any(name) => format!("/{}", change(name, text)),
            Segment::Word(_) => format!("/{text}"),
        });
        Some(changed.collect())
    }
}

impl Hit {
    /// A query without the members that are credentials.
    #[must_use]
    pub fn shown_query(&self, query: &str) -> String {
        let schemes = self.section().and_then(|section| section.auth.as_ref()).unwrap_or(&self.mapping.auth_in);
        let secret = |pair: &str| {
            let name = url::form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name);
            let is = |scheme: &SchemePlan| matches!(scheme, SchemePlan::Query { name: known, .. } if Some(known.as_str()) == name.as_deref());
            schemes.0.iter().any(is)
        };
        query.split('&').filter(|pair| !secret(pair)).collect::<Vec<_>>().join("&")
    }
}

/// Whatever a mapping says, what stands in these is nobody's to keep.
const CREDENTIALS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

impl Hit {
    /// Whether the section reads a header of that name, in lower case.
    #[must_use]
    pub fn reads_header(&self, name: &str) -> bool {
        let reads = self.section().map_or(&[][..], |section| &section.headers);
        reads.iter().any(|read| read.is_empty() || **read == *name)
    }

    /// Whether a header of that name, in lower case, may carry what proves the party.
    #[must_use]
    pub fn is_credential(&self, name: &str) -> bool {
        let schemes = self.section().and_then(|section| section.auth.as_ref()).unwrap_or(&self.mapping.auth_in);
        CREDENTIALS.contains(&name) || schemes.0.iter().any(|scheme| scheme.in_header(name))
    }
}

/// What a path leads to.
#[derive(Debug)]
pub enum Found<'t> {
    /// These sections, and the values of `{name}` segments, percent-decoded.
    Sections(&'t [Hit], Vec<(&'t str, String)>),
    /// The path is known with other methods.
    WrongMethod,
    /// No such path.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Segment {
    Word(String),
    Any(String),
}

#[derive(Debug)]
struct Pattern {
    segments: Vec<Segment>,
    methods: HashMap<String, Vec<Hit>>,
}

/// Who has a method and a path from before.
pub(super) type Owner<'o> = &'o dyn Fn(&str, &str) -> Option<&'o Arc<Mapping>>;

/// All routes of a snapshot. Paths without `{name}` are looked up, the few others are walked.
#[derive(Debug, Default)]
pub struct RouteTable {
    fixed: HashMap<String, HashMap<String, Vec<Hit>>>,
    patterns: Vec<Pattern>,
}

impl RouteTable {
    /// What a method and a path (as received, without query) lead to.
    #[must_use]
    pub fn find<'t>(&'t self, method: &str, path: &str) -> Found<'t> {
        if let Some(methods) = self.fixed.get(path) {
            return methods.get(method).map_or(Found::WrongMethod, |hits| Found::Sections(hits, Vec::new()));
        }
        let given: Vec<&str> = path.split('/').skip(1).collect();
        for pattern in &self.patterns {
            if let Some(values) = pattern.values(&given) {
                return pattern.methods.get(method).map_or(Found::WrongMethod, |hits| Found::Sections(hits, values));
            }
        }
        Found::Unknown
    }

    /// Adds a section's routes; `credentials` is its index of credentials. A route of another file is a clash, and stays with
    /// whoever has it from before.
    pub(super) fn add(
        &mut self,
        mapping: &Arc<Mapping>,
        section: usize,
        credentials: usize,
        owner: Owner<'_>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let Some(declared) = mapping.sections().nth(section) else { return };
        for (place, route) in declared.routes.iter().enumerate() {
            for path in &route.paths {
                for method in &route.methods {
                    let hits = self.methods(path).entry(method.clone()).or_default();
                    let other = hits.first().map(|hit| &hit.mapping).or_else(|| owner(method, path));
                    if let Some(other) = other.filter(|other| other.name != mapping.name) {
                        problems.push(clash(mapping, other, method, path));
                        continue;
                    }
                    hits.push(Hit { mapping: mapping.clone(), section, route: place, credentials });
                }
            }
        }
    }

    fn methods(&mut self, path: &str) -> &mut HashMap<String, Vec<Hit>> {
        if !path.contains('{') {
            return self.fixed.entry(path.to_owned()).or_default();
        }
        let segments = segments(path);
        let place = self.patterns.iter().position(|pattern| pattern.same(&segments));
        let place = place.unwrap_or_else(|| {
            self.patterns.push(Pattern { segments, methods: HashMap::new() });
            self.patterns.len() - 1
        });
        &mut self.patterns[place].methods
    }
}

fn clash(mapping: &Mapping, other: &Mapping, method: &str, path: &str) -> Diagnostic {
    Diagnostic::error("SB0502", format!("{method} {path} is declared by two mappings"))
        .at(&mapping.source, Span::default())
        .help(format!("the other is {}; give one of them another path", other.source.name))
}

fn segments(path: &str) -> Vec<Segment> {
    path.split('/').skip(1).map(Segment::parse).collect()
}

impl Segment {
    fn parse(text: &str) -> Self {
        let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        name.map_or_else(|| Self::Word(text.to_owned()), |name| Self::Any(name.to_owned()))
    }
}

impl Pattern {
    fn same(&self, segments: &[Segment]) -> bool {
        self.segments.len() == segments.len()
            && self.segments.iter().zip(segments).all(|pair| match pair {
                (Segment::Word(a), Segment::Word(b)) => a == b,
                (Segment::Any(_), Segment::Any(_)) => true,
                _ => false,
            })
    }

    fn values(&self, given: &[&str]) -> Option<Vec<(&str, String)>> {
        if given.len() != self.segments.len() {
            return None;
        }
        let mut values = Vec::new();
        for (segment, text) in self.segments.iter().zip(given) {
            match segment {
                Segment::Word(word) if word == text => {}
                Segment::Any(name) if !text.is_empty() => values.push((name.as_str(), percent_decode(text)?)),
                _ => return None,
            }
        }
        Some(values)
    }
}

/// A segment's text; `None` where it is no UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        // Not everything that reads as a number is one here: `+1` does.
        let hex = tail.get(..2).filter(|hex| *first == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}
