//! The tables that every engine has, and what their columns hold. Data only. What an engine keeps besides (indexes, who
//! writes) is its own and follows from these.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Int,
    /// Yes or no, as 1 or 0.
    Flag,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
    /// A list of texts, as JSON; none for an empty one.
    List,
    /// A message's history, a line each: time, space, text.
    Lines,
}

use Kind::{Bytes, Flag, Int, Lines, List, Text};

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name in every engine.
    pub name: &'static str,
    /// Its columns; the first ones are its key.
    pub columns: &'static [(&'static str, Kind)],
    /// So many columns are its key.
    pub key: usize,
}

impl Table {
    /// The place of a column.
    pub(in crate::store) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(name, _)| *name == column)
    }
}

/// All of them, each after those that it speaks of.
#[rustfmt::skip]
pub(in crate::store) const TABLES: &[Table] = &[
    Table { name: "tenant", key: 1, columns: &[("id", Int), ("name", Text)] },
    Table { name: "lane", key: 1, columns: &[("id", Int), ("tenant", Int), ("sender", Text)] },
    Table { name: "message", key: 1, columns: &[
        ("ref", Int), ("lane", Int), ("class", Int), ("origin", Int), ("at", Int), ("phase", Int), ("attempts", Int),
        ("resends", Int), ("wake", Int), ("expires", Int), ("best", Int), ("told", Text), ("due", Int),
        ("revision", Int), ("providers", List), ("said", Text), ("campaign", Int), ("bill", Text),
        ("history", Lines),
    ] },
    Table { name: "body", key: 1, columns: &[
        ("ref", Int), ("recipient", Text), ("platform_id", Text), ("dedupe", Text), ("version", Text),
        ("content", Bytes), ("seal", Int), ("campaign", Text),
    ] },
    Table { name: "attempt", key: 1, columns: &[("ref", Int)] },
    Table { name: "call", key: 1, columns: &[
        ("id", Int), ("tenant", Int), ("name", Text), ("message", Int), ("context", Bytes), ("at", Int),
        ("attempts", Int), ("due", Int), ("newest", Flag), ("seal", Int),
    ] },
    Table { name: "letter", key: 1, columns: &[
        ("id", Int), ("tenant", Text), ("kind", Text), ("name", Text), ("message", Int), ("why", Text),
        ("content", Bytes), ("at", Int), ("attempts", Int), ("due", Int), ("hash", Int), ("call", Int), ("came", Text),
        ("seal", Int),
    ] },
    Table { name: "inbound", key: 2, columns: &[("tenant", Int), ("id", Text), ("at", Int)] },
    Table { name: "person", key: 2, columns: &[("tenant", Int), ("address", Text), ("person", Int)] },
    Table { name: "suppression", key: 3, columns: &[("tenant", Int), ("address", Text), ("sender", Text)] },
    Table { name: "proof", key: 3, columns: &[("tenant", Int), ("hash", Bytes), ("sender", Text)] },
    Table { name: "consent", key: 1, columns: &[
        ("id", Int), ("tenant", Int), ("sender", Text), ("address", Text), ("hash", Bytes), ("listed", Flag), ("at", Int),
        ("cause", Int), ("who", Text), ("word", Text), ("note", Text),
    ] },
    Table { name: "pause", key: 3, columns: &[
        ("tenant", Int), ("sender", Text), ("campaign", Text), ("at", Int), ("who", Text), ("reason", Text),
    ] },
    Table { name: "veil", key: 1, columns: &[("id", Int), ("key", Bytes), ("seal", Int)] },
    Table { name: "ledger", key: 1, columns: &[
        ("tenant", Int), ("accepted", Int), ("submitted", Int), ("rejected", Int), ("suppressed", Int),
        ("expired", Int), ("failed", Int),
    ] },
    Table { name: "purged", key: 1, columns: &[
        ("tenant", Int), ("submitted", Int), ("rejected", Int), ("suppressed", Int), ("expired", Int), ("failed", Int),
    ] },
    Table { name: "usage", key: 4, columns: &[
        ("lane", Int), ("month", Int), ("category", Text), ("currency", Text), ("messages", Int), ("priced", Int),
        ("units", Int), ("nanos", Int),
    ] },
    Table { name: "text", key: 3, columns: &[
        ("kind", Int), ("file", Text), ("version", Text), ("content", Bytes), ("retired", Int), ("seal", Int),
    ] },
    Table { name: "token", key: 1, columns: &[
        ("name", Text), ("hash", Bytes), ("at", Int), ("roles", Int), ("tenant", Text), ("until", Int),
    ] },
    Table { name: "audit", key: 1, columns: &[
        ("id", Int), ("at", Int), ("who", Text), ("what", Text), ("tenant", Text), ("about", Text),
    ] },
    Table { name: "sample", key: 1, columns: &[
        ("id", Int), ("tenant", Text), ("leg", Text), ("refused", Flag), ("path", Text), ("content", Bytes),
        ("came", Text), ("at", Int),
    ] },
    Table { name: "seal", key: 1, columns: &[("id", Int), ("name", Text), ("proof", Bytes)] },
];

/// One of them.
pub(super) fn table(name: &str) -> &'static Table {
    let found = TABLES.iter().find(|table| table.name == name);
    found.expect("names of tables are written in this room, and stand above")
}
