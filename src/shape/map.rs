//! The rows of the tables: a map, its members, the kind of value each takes. Data only.

/// What stands at a place.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text; a number only in quotes.
    Text,
    /// A text in which `{{name}}` stands for what is known when it is sent.
    Prose,
    /// The name of a file.
    File,
    /// One of a closed list.
    Word(&'static [&'static str]),
    /// One of the reasons.
    Reason,
    /// Exactly this, a number or a text.
    Exactly(&'static str),
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// `15m`.
    Duration,
    /// `80/s`.
    Rate,
    /// `256KiB`.
    Size,
    /// Digits or a word, with quotes or without.
    Digits,
    /// An answer of a call: an HTTP status, or a class of them.
    AnswerCase,
    /// `${env:NAME}`, or a list of such while one is rotated.
    Secret,
    /// A text that begins with `$.`.
    Expression,
    /// A comparison, a boolean, or an expression with `?`.
    Condition,
    /// Functions in a row, without what they are applied to.
    Pipe,
    /// A value whose leaves are literals or expressions.
    Tree,
    /// The same, but no plain map.
    Computed,
    /// A value that computes nothing.
    Any,
    /// A map with these members.
    Map(&'static MapShape),
    /// A map from names of the writer's choice.
    Named(&'static Kind),
    /// A list.
    List(&'static Kind),
    /// One, or a list of them.
    Many(&'static Kind),
    /// Any one of these.
    Either(&'static [Kind]),
}

/// A member of a map.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its key.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The map is nothing without it.
    pub required: bool,
    /// What holds where it is left out, as it would be written.
    pub default: Option<&'static str>,
    /// One sentence, in Markdown.
    pub says: &'static str,
    /// Its value for example, as YAML on one line.
    pub example: &'static str,
}

impl Member {
    /// A member that may be left out.
    pub(super) const fn new(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Self {
        Self { name, kind, required: false, default: None, says, example }
    }

    /// The same, but needed.
    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same, with what holds without it.
    pub(super) const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}

/// Members whose names the tables do not know.
#[derive(Clone, Copy, Debug)]
pub struct Others {
    /// What their names match, a regular expression.
    pub pattern: &'static str,
    /// One of them; its name says how they are written.
    pub member: Member,
}

/// A map whose members are known.
#[derive(Clone, Copy, Debug)]
pub struct MapShape {
    /// By which schemas and the reference call it.
    pub name: &'static str,
    /// What it is called in a problem: `a route`.
    pub what: &'static str,
    /// One sentence, in Markdown.
    pub says: &'static str,
    groups: &'static [&'static [Member]],
    /// Members of other names.
    pub others: Option<&'static Others>,
    /// It holds exactly one of its members.
    pub choice: bool,
    /// At least one of these is needed.
    pub needs_one: &'static [&'static str],
    /// Keys that one may look for here, and where what they mean is said.
    pub elsewhere: &'static [(&'static str, &'static str)],
}

impl MapShape {
    pub(super) const fn new(
        name: &'static str,
        what: &'static str,
        says: &'static str,
        groups: &'static [&'static [Member]],
    ) -> Self {
        Self { name, what, says, groups, others: None, choice: false, needs_one: &[], elsewhere: &[] }
    }

    /// The same, with members of other names.
    pub(super) const fn others(self, others: &'static Others) -> Self {
        Self { others: Some(others), ..self }
    }

    /// The same, but with exactly one member.
    pub(super) const fn choice(self) -> Self {
        Self { choice: true, ..self }
    }

    /// The same, where one of these must stand.
    pub(super) const fn needs_one(self, names: &'static [&'static str]) -> Self {
        Self { needs_one: names, ..self }
    }

    /// The same, with a word on keys that belong elsewhere.
    pub(super) const fn elsewhere(self, keys: &'static [(&'static str, &'static str)]) -> Self {
        Self { elsewhere: keys, ..self }
    }

    /// All members, in the order of the reference.
    pub fn members(&self) -> impl Iterator<Item = &'static Member> + use<> {
        self.groups.iter().flat_map(|group| group.iter())
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.members().map(|member| member.name)
    }

    /// The member of that name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&'static Member> {
        self.members().find(|member| member.name == name)
    }
}
