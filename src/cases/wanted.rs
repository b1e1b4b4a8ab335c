//! A tree of a case with its places: samples read in, `$omit` kept as such. Expressions do not exist here.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::codec::{self, Format};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::value::{Arena, Tree};
use crate::yaml::{Node, Shape as Yaml, to_tree};

/// A part of a case with its place.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) shape: Shape,
    pub(super) span: Span,
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// `$omit`.
    Omit,
    Leaf(Tree),
    List(Vec<Wanted>),
    Map(Vec<(Box<str>, Wanted)>),
    /// `$exact`: in all maps of it there is nothing else.
    Exact(Box<Wanted>),
}

/// A sample's bytes, and whether they are JSON.
type Sample = (Arc<[u8]>, bool);

/// Reads the trees of one case, and remembers which samples they need.
pub(super) struct Trees<'c> {
    pub(super) source: &'c Source,
    sample: &'c dyn Fn(&str) -> Option<Arc<[u8]>>,
    used: RefCell<BTreeSet<String>>,
}

impl<'c> Trees<'c> {
    pub(super) fn new(source: &'c Source, sample: &'c dyn Fn(&str) -> Option<Arc<[u8]>>) -> Self {
        Self { source, sample, used: RefCell::default() }
    }

    pub(super) fn used(self) -> BTreeSet<String> {
        self.used.into_inner()
    }

    /// A problem of this case.
    pub(super) fn problem(&self, code: &'static str, span: Span, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(code, message).at(self.source, span))
    }

    /// Reads a tree.
    pub(super) fn read(&self, node: &Node) -> Result<Wanted, Box<Diagnostic>> {
        self.tree(node, false)
    }

    /// Reads what is expected: `$exact` may stand in it.
    pub(super) fn expected(&self, node: &Node) -> Result<Wanted, Box<Diagnostic>> {
        self.tree(node, true)
    }

    fn tree(&self, node: &Node, expected: bool) -> Result<Wanted, Box<Diagnostic>> {
        let span = node.span;
        let shape = match &node.shape {
            Yaml::Scalar(..) if node.as_text() == Some("$omit") => Shape::Omit,
            Yaml::Scalar(..) => Shape::Leaf(to_tree(node)),
            Yaml::List(items) => {
                Shape::List(items.iter().map(|item| self.tree(item, expected)).collect::<Result<_, _>>()?)
            }
            Yaml::Map(members) => match members.as_slice() {
                [(key, literal)] if &*key.text == "$literal" => return Ok(Wanted::of(to_tree(literal), span)),
                [(key, name)] if &*key.text == "$file" => return self.file(name),
                [(key, inner)] if &*key.text == "$exact" && expected => {
                    if inner.scalar().is_some() {
                        let problem = self.problem("SB0608", inner.span, "`$exact` takes a map or a list");
                        return Err(Box::new(problem.help("a value that is no map is always compared as a whole")));
                    }
                    Shape::Exact(Box::new(self.tree(inner, true)?))
                }
                _ => {
                    if let Some((key, _)) = members.iter().find(|(key, _)| key.text.starts_with('$')) {
                        let text = format!("`{}` has no meaning in a case", key.text);
                        let known = "a case knows `$omit`, `$literal`, `$file` and, in `expect`, `$exact`, each alone in its map; put a map that is meant as it is under `$literal`";
                        return Err(Box::new(self.problem("SB0601", key.span, text).help(known)));
                    }
                    let member =
                        |(key, value): &(crate::yaml::Key, Node)| Ok((key.text.clone(), self.tree(value, expected)?));
                    Shape::Map(members.iter().map(member).collect::<Result<_, Box<Diagnostic>>>()?)
                }
            },
        };
        Ok(Wanted { shape, span })
    }

    /// The bytes of `{ $file: NAME }` and whether they are JSON; `None` for anything else.
    pub(super) fn bytes(&self, node: &Node) -> Option<Result<Sample, Box<Diagnostic>>> {
        match node.as_map()? {
            [(key, name)] if &*key.text == "$file" => {
                Some(self.sample(name).map(|(bytes, name)| (bytes, name.ends_with(".json"))))
            }
            _ => None,
        }
    }

    fn sample<'n>(&self, node: &'n Node) -> Result<(Arc<[u8]>, &'n str), Box<Diagnostic>> {
        let name = node.as_text().ok_or_else(|| self.problem("SB0605", node.span, "`$file` takes a file's name"))?;
        self.used.borrow_mut().insert(name.to_owned());
        let bytes = (self.sample)(name).ok_or_else(|| {
            let problem = self.problem("SB0605", node.span, format!("there is no sample `{name}`"));
            Box::new(problem.help("samples are in the folder `samples` beside the mapping"))
        })?;
        Ok((bytes, name))
    }

    /// A sample as a tree: JSON for `.json`, else text.
    fn file(&self, node: &Node) -> Result<Wanted, Box<Diagnostic>> {
        let (bytes, name) = self.sample(node)?;
        let format = if name.ends_with(".json") { Format::Json } else { Format::Text };
        let arena = Arena::new();
        let value = codec::decode(format, &bytes, &arena)
            .map_err(|problem| self.problem("SB0605", node.span, format!("the sample `{name}` is {problem}")))?;
        Ok(Wanted::of(Tree::from(value), node.span))
    }
}

impl Wanted {
    /// A value, all of it at one place.
    pub(super) fn of(tree: Tree, span: Span) -> Self {
        let shape = match tree {
            Tree::List(items) => Shape::List(items.into_iter().map(|item| Self::of(item, span)).collect()),
            Tree::Map(members) => {
                Shape::Map(members.into_iter().map(|(key, value)| (key, Self::of(value, span))).collect())
            }
            leaf => Shape::Leaf(leaf),
        };
        Self { shape, span }
    }

    /// As a value; `None` for `$omit`, which drops its member or item.
    pub(super) fn tree(&self) -> Option<Tree> {
        match &self.shape {
            Shape::Omit => None,
            Shape::Leaf(leaf) => Some(leaf.clone()),
            Shape::Exact(inner) => inner.tree(),
            Shape::List(items) => Some(Tree::List(items.iter().filter_map(Self::tree).collect())),
            Shape::Map(members) => {
                let members = members.iter().filter_map(|(key, value)| Some((key.clone(), value.tree()?)));
                Some(Tree::Map(members.collect()))
            }
        }
    }

    /// A member of a map, `$omit` included.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Shape::Map(members) = &self.shape else { return None };
        members.iter().find(|(name, _)| **name == *key).map(|(_, value)| value)
    }

    /// `over` laid over this: maps member by member, everything else replaced.
    pub(super) fn under(self, over: Self) -> Self {
        let (Shape::Map(mut members), Shape::Map(more)) = (self.shape, over.shape.clone()) else { return over };
        for (key, value) in more {
            match members.iter_mut().find(|(name, _)| *name == key) {
                Some((_, known)) => {
                    let under = std::mem::replace(known, Self { shape: Shape::Omit, span: value.span });
                    *known = under.under(value);
                }
                None => members.push((key, value)),
            }
        }
        Self { shape: Shape::Map(members), span: over.span }
    }

    /// An empty map.
    pub(super) const fn empty() -> Self {
        Self { shape: Shape::Map(Vec::new()), span: Span { start: 0, end: 0 } }
    }
}
