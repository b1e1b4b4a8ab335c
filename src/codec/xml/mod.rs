//! XML with one root element, as a map with one key.
//!
//! An element with neither attributes nor elements in it is its text; any other is a map: attributes as `@name`,
//! elements by name, and its own text, if it is not blank, as `#text`. An element that repeats in its parent is a
//! list. Names keep their prefixes. Absent on purpose: document types and the entities they define.

mod read;
mod write;

#[cfg(test)]
mod tests;

pub(super) use read::read;
pub(super) use write::write;

const NAME: &str = "XML";
/// What an attribute's key begins with.
const ATTRIBUTE: char = '@';
/// The key of the text beside attributes and elements.
const TEXT: &str = "#text";
