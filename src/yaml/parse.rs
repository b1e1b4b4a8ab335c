//! From a text to a [`Node`]: feeds the parser's events to the builder. What each event becomes is the builder's.

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, options};

use super::build::{Builder, Stop};
use super::node::{Node, Scalar, Shape, Style};
use super::{syntax, traps};
use crate::diagnostic::{Diagnostic, Source, Span};

/// After so many problems the rest is not looked at: the file is something else than was meant.
const MOST_PROBLEMS: usize = 100;

/// Reads one document. All problems are pushed to `problems`; `None` if there is no tree to speak of.
///
/// With an error among the problems there may still be a tree, so that its reader finds further problems; it must
/// not be used beyond that. An empty text is `null`.
pub fn parse(source: &Source, problems: &mut Vec<Diagnostic>) -> Option<Node> {
    // The nesting limits are the parser's own defence; ours is lower and says where.
    let rules = options! { disallow_directives: true, emit_unresolved_aliases: true, emit_anchor_events: true, emit_comments: false };
    let known = problems.len();
    traps::invisible(source, problems);
    let mut builder = Builder::new(source, problems);
    for event in Parser::new_from_str_with_options(&source.text, rules) {
        match event {
            Ok((event, span)) => {
                if feed(&mut builder, event, &span) == Stop::Yes || builder.problems() > known + MOST_PROBLEMS {
                    return None;
                }
            }
            Err(error) => {
                let in_flow = builder.in_flow();
                let problem = syntax::explain(source, &error, in_flow);
                // What the builder has said already of the very same place led to this.
                let same = |known: &Diagnostic| known.code == problem.code && known.place_is(&problem);
                if !problems.iter().any(same) {
                    problems.push(problem);
                }
                return None;
            }
        }
    }
    let nothing = Node { shape: Shape::Scalar(Scalar::Null, Style::Plain), span: Span::default() };
    Some(builder.finish().unwrap_or(nothing))
}

fn feed(builder: &mut Builder<'_>, event: Event<'_>, place: &granit_parser::Span) -> Stop {
    let span = bytes(place);
    if event.tag().is_some() {
        builder.tag(place.tag_span().map_or(span, |tag| bytes(&tag)));
    }
    match event {
        Event::DocumentStart(..) => builder.document(span),
        Event::Scalar(text, style, ..) => builder.scalar(&text, written(style), span),
        Event::SequenceStart(style, ..) => builder.open_list(span, style == StructureStyle::Flow),
        Event::MappingStart(style, ..) => builder.open_map(span, style == StructureStyle::Flow),
        Event::SequenceEnd | Event::MappingEnd => builder.close(span),
        Event::Anchor(..) => builder.anchor(span),
        Event::Alias(_) | Event::UnresolvedAlias(_) => builder.alias(span),
        _ => Stop::No,
    }
}

const fn written(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}

/// The parser gives byte offsets whenever it reads from one text.
fn bytes(place: &granit_parser::Span) -> Span {
    let range = place.byte_range().unwrap_or_default();
    Span { start: range.start, end: range.end.max(range.start) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::render;
    use crate::yaml::to_tree;

    fn read(text: &str) -> (Option<Node>, Source, Vec<Diagnostic>) {
        let (source, mut problems) = (Source::new("t.yaml", text), Vec::new());
        let node = parse(&source, &mut problems);
        (node, source, problems)
    }

    fn json(text: &str, expected: &str) {
        let (node, _, problems) = read(text);
        assert!(problems.is_empty(), "{text}\n{}", render(&problems));
        assert_eq!(serde_json::to_string(&to_tree(&node.unwrap())).unwrap(), expected, "{text}");
    }

    #[test]
    fn values() {
        json("", "null");
        json("# only a comment\n", "null");
        json("---\na: 1\n...\n", r#"{"a":1}"#);
        json("\u{feff}a: 1", r#"{"a":1}"#);
        json("a: 1\r\nb: |\r\n  x\r\n  y\r\nc: z\r\n", r#"{"a":1,"b":"x\ny\n","c":"z"}"#);
        json("b: {}\na: []\nc:\nd: ~", r#"{"b":{},"a":[],"c":null,"d":null}"#);
        json("a: [1, -2.5, true, x, '1', \"\\u00e9\", 1.0]", r#"{"a":[1,-2.5,true,"x","1","é",1.0]}"#);
        json("1022: a\n1.5: b\ntrue: c\nnull: d", r#"{"1022":"a","1.5":"b","true":"c","null":"d"}"#);
        json("a: >-\n  x\n  y\nb: |-\n  x\n  y", r#"{"a":"x y","b":"x\ny"}"#);
        json("a: $.b ?? $.c | table(x, y)\nb: $5 off", r#"{"a":"$.b ?? $.c | table(x, y)","b":"$5 off"}"#);
    }

    #[test]
    fn places() {
        let check = |text: &str, key: &str, expected: &str| {
            let (node, source, problems) = read(text);
            assert!(problems.is_empty(), "{text}\n{}", render(&problems));
            let node = node.unwrap();
            let (name, value) = node.entry(key).unwrap();
            assert_eq!(source.slice(name.span).trim_matches(['"', '\'']), key);
            assert_eq!(value.raw(&source), expected, "{text}");
        };
        check("a: é x  # c\nb: 1", "a", "é x");
        check("a: 'é x' # c\nb: 1", "a", "'é x'");
        check("'a' : \"x\\n\"\nb: 1", "a", "\"x\\n\"");
        check("a: |\n  x\n  y\n\nb: 1", "a", "x\n  y");
        check("a: { b: [1, 2] }\nb: 1", "a", "{ b: [1, 2] }");
        check("a:\n  - x\n  - k: z\n\n# c\nb: 1", "a", "- x\n  - k: z");
        check("a:\n  b: 1\n  c: 2 \n\n# c\nb: 1", "a", "b: 1\n  c: 2");
        check("a:\nb: 1.0", "a", "");
        check("a:\nb: 1.0", "b", "1.0");
        // An indentless list begins for the parser after its first dash.
        check("a:\n- x\nb: 1", "a", "x");
    }

    #[test]
    fn duplicate_keys_name_both_places() {
        let (node, _, problems) = read("a: 1\nt:\n  1022: x\n  \"1022\": z\na: 2\n");
        let expected = "\
error[SB0102]: the key `1022` is given twice in one map
 --> t.yaml:4:3
  |
4 |   \"1022\": z
  |   ^^^^^^ again here
  = help: it is given first in line 3, column 3; keep one of them

error[SB0102]: the key `a` is given twice in one map
 --> t.yaml:5:1
  |
5 | a: 2
  | ^ again here
  = help: it is given first in line 1, column 1; keep one of them

2 errors
";
        assert_eq!(render(&problems), expected);
        assert_eq!(serde_json::to_string(&to_tree(&node.unwrap())).unwrap(), r#"{"a":1,"t":{"1022":"x"}}"#);
    }

    #[test]
    fn bounds() {
        let check = |text: &str, code: &str| {
            let (node, _, problems) = read(text);
            let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
            assert!(node.is_none() && codes == [code], "{codes:?}");
        };
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(64)).0.is_some());
        check(&nested(65), "SB0108");
        check(&nested(5000), "SB0108");
        check(&"- ".repeat(5000), "SB0108");
        check(&(0..300).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>(), "SB0108");
        check(&"- 1\n".repeat(100_001), "SB0109");
        assert!(read(&"- 1\n".repeat(99_999)).0.is_some());
        assert_eq!(read(&format!("[{}]", "$.a | f(b, c), {d:1}, ".repeat(9000))).2.len(), 101);
        assert_eq!(read(&format!("[{}]", "$.a | f(b, c), ".repeat(9000))).2.len(), 20);
        assert_eq!(read(&"a: *b\na: &c 1\n".repeat(50_000)).2.len(), 101);
    }

    #[test]
    fn a_part_of_a_text_is_found_in_the_source() {
        let check = |text: &str, part: &str, expected: &str| {
            let (node, source, _) = read(text);
            let node = node.unwrap();
            let value = node.get("a").unwrap();
            let start = value.as_text().unwrap().find(part).unwrap();
            assert_eq!(source.slice(value.part(&source, start, start + part.len())), expected, "{text}");
        };
        check("a: $.b | phone", "phone", "phone");
        check("a: '$.b | in(''x'') | é'", "é", "é");
        check("a: '''x'' $.b'", "$.b", "$.b");
        check(r#"a: "$.b == \"x\" | phone""#, "phone", "phone");
        check("a: $.b ??\n   $.c", "$.c", "$.c");
        check("a: $.b ??\n   $.c", "?? $", "??\n   $");
        check("a: |\n  x\n  $.b\n", "$.b", "$.b");
        check("a: |\n  x\n    y $.b\n", "$.b", "$.b");
        check("a: >\n  x\n  y\n\n  $.b\n", "$.b", "$.b");
        check(r#"a: "\u0041 $.b""#, "$.b", r#""\u0041 $.b""#);
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics_and_every_place_can_be_shown(
            text in r#"([a$.|?{}\[\]()'",:#&*!%@\-<> \t\r\n0+é\\]|\$\.|: |\{\{|"x"){0,40}"#
        ) {
            let (node, source, problems) = read(&text);
            proptest::prop_assert!(node.is_some() || !problems.is_empty());
            for problem in &problems {
                let span = problem.place.as_ref().unwrap().1;
                proptest::prop_assert!(source.text.get(span.start..span.end).is_some(), "{:?}", problem);
                let _ = problem.to_string();
            }
            let _ = node.map(|node| to_tree(&node));
        }
    }
}
