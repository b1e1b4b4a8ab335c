//! What becomes of what; and of anything at all: the same tree, the same comments, and nothing more to do.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::format;
use crate::diagnostic::{Diagnostic, Source, render};
use crate::yaml::parse;

fn laid_out(text: &str) -> String {
    format(&Source::new("t.yaml", text)).unwrap_or_else(|problems| panic!("{text}\n{}", render(&problems)))
}

fn check(text: &str, expected: &str) {
    assert_eq!(laid_out(text), expected, "{text}");
    assert_eq!(laid_out(expected), expected, "not settled");
}

fn stays(text: &str) {
    check(text, text);
}

#[test]
fn indentation_and_brackets() {
    check(
        "a:\n    b:   1\n    c:\n    - x\n    -   d: 1\n        z: 2\n",
        "a:\n  b: 1\n  c:\n    - x\n    - d: 1\n      z: 2\n",
    );
    check("a: {b: 1,c: [1,2 , 3]}\nd: []\ne: { }\n", "a: { b: 1, c: [ 1, 2, 3 ] }\nd: []\ne: {}\n");
    check("- - a\n  - b\n-\n  - c\n-\n  x: 1\n-\n", "- - a\n  - b\n- - c\n- x: 1\n-\n");
    check("a: {\n  b: 1,\n\n  c: 2 }\n", "a: { b: 1, c: 2 }\n");
    check("a: { b, c: , d: ~ }\n", "a: { b, c, d: ~ }\n");
    check("a: [ b: 1, c ]\n", "a: [ { b: 1 }, c ]\n");
    check("? a\n: b\n\"c d\" : e\n", "a: b\n\"c d\": e\n");
    check("---\na: 1\n...\n", "a: 1\n");
    check("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\n", "a: 1\nb: |\n  x\n  y\n");
    check("a: |\n     \nb: 1\n", "a: |\n\nb: 1\n");
    check("|\n  ", "|\n");
    check("", "");
    check("# only this", "# only this\n");
    check("just a text", "just a text\n");
    check("[ a,\n b ]\n", "[ a, b ]\n");
}

#[test]
fn quotes_where_yaml_or_other_tools_would_cut_or_misread() {
    check("a: { b: $.c?, d: $.e | string, f: $.g }\n", "a: { b: '$.c?', d: '$.e | string', f: $.g }\n");
    check("a: [ $.it's? ]\n", "a: [ \"$.it's?\" ]\n");
    stays("a: $.b?\nc: $.d | table(e, f)\ng: { h: \"$.i?\", j: '$.k ?? \"l\"' }\n");
    check("a: yes\nb: on\nc: 0123\nd: +1\nm: 1.10\n", "a: \"yes\"\nb: on\nc: \"0123\"\nd: \"+1\"\nm: 1.10\n");
    check("y: 1\n0123: 2\n", "\"y\": 1\n0123: 2\n");
}

#[test]
fn scalars_of_several_lines() {
    stays("a: |\n  x\n    y\n\n  z\nb: >-\n  x\n  y\n");
    check("a:\n    b: |+\n        x\n\n\n    c: |2-\n         y\n", "a:\n  b: |+\n    x\n\n\n  c: |2-\n       y\n");
    check("a:\n- |\n   x\n- k: >\n     y\n", "a:\n  - |\n    x\n  - k: >\n      y\n");
    check("a: \"x\n      y\n\n   z\"\nb: [ \"x\n  y\" ]\n", "a: \"x\n  y\n\n  z\"\nb: [ \"x y\" ]\n");
    check("a: plain\n    and more\n", "a: plain\n  and more\n");
    check("a: |\n  x  ", "a: |\n  x  \n");
}

#[test]
fn an_expression_has_one_alternative_a_line() {
    stays("a: $.b\n  ?? $.c | in(\"?? x\")\n  ?? $.d\n");
    check("a: $.b ??\n     $.c\n", "a: $.b\n  ?? $.c\n");
    check("a: $.b | string |\n     integer\n", "a: $.b | string | integer\n");
    let long = "x".repeat(50);
    check(
        &format!("a:\n  b: $.{long} && $.{long} == ($.a || $.b) && $.c\n"),
        &format!("a:\n  b: $.{long}\n    && $.{long} == ($.a || $.b)\n    && $.c\n"),
    );
    check(
        &format!("- '$.{long} ?? $.{long} ?? \"it''s\"'\n"),
        &format!("- '$.{long}\n  ?? $.{long}\n  ?? \"it''s\"'\n"),
    );
    stays("a: $.b ?? $.c\n");
}

#[test]
fn long_brackets_are_opened() {
    let long = "x".repeat(60);
    check(
        &format!("a: {{ b: {long}, c: {{ d: {long} }} }}  # e\n"),
        &format!("a:  # e\n  b: {long}\n  c: {{ d: {long} }}\n"),
    );
    check(&format!("- {{ b: {long}, c: [ {long} ] }}  # e\n"), &format!("# e\n- b: {long}\n  c: [ {long} ]\n"));
    let words: Vec<String> = (100..130).map(|number| format!("word{number}")).collect();
    let filled = laid_out(&format!("a: [ {} ]\n", words.join(", ")));
    assert_eq!(filled.lines().count(), 4, "{filled}");
    assert!(filled.starts_with("a:\n  [ word100, ") && filled.lines().all(|line| line.len() <= 120), "{filled}");
    stays(&filled);
}

#[test]
fn comments_and_blank_lines() {
    stays(
        "# top\n\n# about a\na: 1  # one\n\n\nb:  # two\n  # about c\n  c: 1\n  # end of b\n# about d\nd: 2\n# end\n"
            .replace("\n\n\n", "\n\n")
            .as_str(),
    );
    check("a: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n");
    check(
        "a: { # one\n  b: 1, # two\n  # three\n  c: 2 # four\n  # five\n}\n",
        "a:   # one\n  b: 1  # two\n  # three\n  c: 2  # four\n  # five\n",
    );
    check("a:\n- x\n# about b\nb: 1\n", "a:\n  - x\n# about b\nb: 1\n");
    check("a:\n  # on the value\n  1\nb: # behind\n  2\n", "# on the value\na: 1\nb: 2  # behind\n");
    check("-  # behind the dash\n  a: 1\n", "# behind the dash\n- a: 1\n");
    check("a: | # why\n   x\nb: \"#\" # c\n", "a: |  # why\n  x\nb: \"#\"  # c\n");
    check(
        "a:\n    - x\n    # end of the list\n\n    # and more\nb: 1\n",
        "a:\n  - x\n  # end of the list\n\n  # and more\nb: 1\n",
    );
}

#[test]
fn columns_are_kept() {
    stays("a:\n  long_name: { x: 1 }   # one\n  b:         { x: 22 }  # two\n");
    stays(
        "rows:\n  - { http: 401,             reason: unauthenticated }\n  - { http: 422, code: \"12\", reason: malformed }\n",
    );
    check(
        "rows:\n- { a: $.b?,  c: 1 }\n- { a: $.dd?, c: 2 }\n- { a: x }\n",
        "rows:\n  - { a: '$.b?',  c: 1 }\n  - { a: '$.dd?', c: 2 }\n  - { a: x }\n",
    );
    check("a:   1\nbb: 2\n", "a: 1\nbb: 2\n");
    stays("a: 1                  # kept\nb: 2\nc:                    # kept too\n  d: 1\n");
    stays("- basic:  { username: a }\n- header: [ { name: b } ]\n");
}

#[test]
fn what_is_no_yaml_is_left_alone() {
    for text in ["a: [", "a: *b", "a: 1\na: 2", "a: { b: $.c | f(1, 2) }", "a: 1\n---\nb: 2"] {
        let problems = format(&Source::new("t.yaml", text)).unwrap_err();
        assert!(problems.iter().all(Diagnostic::is_error) && !problems.is_empty(), "{text}");
        assert!(problems.iter().all(|problem| problem.code != "SB0121"), "{text}");
    }
}

/// Files as people might write them.
fn document() -> impl Strategy<Value = String> {
    (node(), any::<u64>()).prop_map(|(node, seed)| {
        let mut text = String::new();
        let mut dice = Dice(seed | 1);
        node.block(0, &mut dice, &mut text);
        text
    })
}

#[derive(Clone, Debug)]
enum Node {
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

fn node() -> impl Strategy<Value = Node> {
    let word = prop::sample::select(vec![
        "a",
        "12",
        "1.10",
        "true",
        "yes",
        "~",
        "",
        "0123",
        "it's",
        "a b",
        "$.a?",
        "$.a | string",
        "$.a ?? $.b[0]",
        "# no",
        "x: y",
        "- z",
        "{{1}}",
        "é\\",
        "\"q\"",
        "  pad ",
        "two\nlines\n",
        "\nlead",
        "tail\n\n",
        "$.a && $.b == \"x\" || $.c",
        "a long text that goes on and on until no line can hold it, which is what the last column is there to find out",
        "[",
        "on",
        "*",
        "&x",
        "%",
        "@",
        "`",
        "!t",
        "|",
        ">",
        "?",
        "? q",
        "null",
        "-",
        "--",
        "1e3",
        "\u{85}",
        "\u{7f}",
        "😀",
    ]);
    let leaf = word.prop_map(|word| Node::Scalar(word.to_owned()));
    leaf.prop_recursive(5, 40, 6, |inner| {
        let key =
            prop::sample::select(vec!["a", "key", "long_key", "1022", "y", "it's", "a b", "$when", "x#y", "{", ""]);
        let members = prop::collection::vec((key, inner.clone()), 0..5).prop_map(|members| {
            let mut seen = std::collections::BTreeSet::new();
            let members = members.into_iter().filter(|(key, _)| seen.insert(*key));
            Node::Map(members.map(|(key, node)| (key.to_owned(), node)).collect())
        });
        prop_oneof![prop::collection::vec(inner, 0..5).prop_map(Node::List), members]
    })
}

/// Choices of the one who writes.
struct Dice(u64);

impl Dice {
    fn of(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn blanks(&mut self) -> String {
        " ".repeat(if self.of(3) == 0 { usize::try_from(self.of(6)).unwrap() + 1 } else { 1 })
    }

    fn comment(&mut self) -> &'static str {
        ["", "", "", " # why", "      # far", "  #x"][usize::try_from(self.of(6)).unwrap()]
    }

    fn lines(&mut self, indent: usize) -> String {
        match self.of(10) {
            0 => "\n".to_owned(),
            1 => format!("{}# own\n", " ".repeat(indent)),
            2 => format!("\n\n{}# odd\n\n", " ".repeat(usize::try_from(self.of(8)).unwrap())),
            _ => String::new(),
        }
    }
}

fn plain_holds(text: &str, flow: bool) -> bool {
    let first = text.chars().next();
    let starts = first.is_some_and(|c| c.is_alphanumeric() || "$/.".contains(c));
    let cut = text.contains(": ") || text.contains(" #") || text.ends_with(':') || text.trim() != text;
    let bracket = flow && text.contains(['[', ']', '{', '}', ',']);
    starts && !cut && !bracket && !text.contains(['\n', '\u{85}', '\u{7f}'])
}

fn scalar(text: &str, flow: bool, dice: &mut Dice) -> String {
    let printable = !text.contains(['\n', '\u{85}', '\u{7f}']);
    match dice.of(3) {
        0 if plain_holds(text, flow) => text.to_owned(),
        1 if printable => format!("'{}'", text.replace('\'', "''")),
        _ if plain_holds(text, flow) => text.to_owned(),
        _ => serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f").replace('\u{85}', "\\u0085"),
    }
}

impl Node {
    fn flow(&self, dice: &mut Dice) -> String {
        let gap = |dice: &mut Dice, indent: &str| match dice.of(12) {
            0 => format!("\n{indent}"),
            1 => format!(" # in\n{indent}"),
            2 => format!("\n{indent}# in\n{indent}"),
            _ => dice.blanks(),
        };
        let indent = " ".repeat(40);
        match self {
            Self::Scalar(text) => scalar(text, true, dice),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.flow(dice) + &gap(dice, &indent)).collect();
                format!("[{}{}]", gap(dice, &indent), items.join(&format!(",{}", gap(dice, &indent))))
            }
            Self::Map(members) => {
                let member = |(key, node): &(String, Self), dice: &mut Dice| {
                    format!("{}:{}{}{}", scalar(key, true, dice), dice.blanks(), node.flow(dice), gap(dice, &indent))
                };
                let members: Vec<String> = members.iter().map(|entry| member(entry, dice)).collect();
                format!("{{{}{}}}", gap(dice, &indent), members.join(&format!(",{}", gap(dice, &indent))))
            }
        }
    }

    /// Under a key or dash that stands in column `indent` less what the dice say; begins behind it.
    fn below(&self, indent: usize, dice: &mut Dice, text: &mut String) {
        let deeper = indent + 1 + usize::try_from(dice.of(4)).unwrap();
        let pad = " ".repeat(deeper);
        match self {
            Self::Scalar(said)
                if dice.of(4) == 0
                    && said.trim() == said.trim_end_matches('\n')
                    && !said.trim().is_empty()
                    && !said.contains(['\u{85}', '\u{7f}']) =>
            {
                let lines: Vec<String> =
                    said.trim_end_matches('\n').lines().map(|line| format!("{pad}{line}")).collect();
                let sign = if dice.of(2) == 0 { '|' } else { '>' };
                let keep = ["", "-", "+"][usize::try_from(dice.of(3)).unwrap()];
                text.push_str(&format!(" {sign}{keep}{}\n{}\n", dice.comment(), lines.join("\n")));
            }
            Self::List(items) if !items.is_empty() && dice.of(3) > 0 => {
                text.push_str(&format!("{}\n", dice.comment()));
                self.block(deeper, dice, text);
            }
            Self::Map(members) if !members.is_empty() && dice.of(3) > 0 => {
                text.push_str(&format!("{}\n", dice.comment()));
                self.block(deeper, dice, text);
            }
            Self::Scalar(said) => {
                text.push_str(&format!("{}{}{}\n", dice.blanks(), scalar(said, false, dice), dice.comment()));
            }
            _ => text.push_str(&format!("{}{}{}\n", dice.blanks(), self.flow(dice), dice.comment())),
        }
    }

    fn block(&self, indent: usize, dice: &mut Dice, text: &mut String) {
        let pad = " ".repeat(indent);
        match self {
            Self::Scalar(said) => text.push_str(&format!("{pad}{}\n", scalar(said, false, dice))),
            Self::List(items) if items.is_empty() => text.push_str(&format!("{pad}[]\n")),
            Self::Map(members) if members.is_empty() => text.push_str(&format!("{pad}{{}}\n")),
            Self::List(items) => {
                for item in items {
                    text.push_str(&dice.lines(indent));
                    text.push_str(&format!("{pad}-"));
                    item.below(indent, dice, text);
                }
            }
            Self::Map(members) => {
                for (key, node) in members {
                    text.push_str(&dice.lines(indent));
                    text.push_str(&format!("{pad}{}:", scalar(key, false, dice)));
                    node.below(indent, dice, text);
                }
            }
        }
    }
}

fn settles(text: &str) -> Result<bool, TestCaseError> {
    let source = Source::new("t.yaml", text);
    let mut problems = Vec::new();
    let _ = parse(&source, &mut problems);
    if problems.iter().any(Diagnostic::is_error) {
        prop_assert!(format(&source).is_err());
        return Ok(false);
    }
    let once = format(&source).map_err(|problems| TestCaseError::fail(format!("{text}\n{}", render(&problems))))?;
    let twice = format(&Source::new("t.yaml", once.clone()));
    prop_assert_eq!(twice.ok(), Some(once), "{}", text);
    Ok(true)
}

#[test]
fn what_people_write_is_laid_out_once_and_for_all() {
    let good = std::cell::Cell::new(0);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() });
    let found = runner.run(&document(), |text| {
        good.set(good.get() + usize::from(settles(&text)?));
        Ok(())
    });
    found.unwrap_or_else(|problem| panic!("{problem}"));
    assert!(good.get() > 1000, "only {} of the files were YAML", good.get());
}

proptest! {
    #[test]
    fn nothing_panics(text in r#"([a$.|?{}\[\]()'",:#&*!%@\-<> \t\r\n0+é\\]|\$\.|: |\{\{|"x"|\n  ){0,40}"#) {
        let source = Source::new("t.yaml", text);
        if let Ok(once) = format(&source) {
            let twice = format(&Source::new("t.yaml", once.clone()));
            prop_assert_eq!(twice.ok(), Some(once), "{}", &source.text);
        }
    }
}
