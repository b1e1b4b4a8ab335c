//! Paths: the text goes to the parser of RFC 9535, its result is cut to what we offer and becomes steps.
//!
//! Nothing of that crate runs per message: it costs 20 times a walk over steps, and a path of it cannot tell a secret
//! from a text. Here are no scopes either: names come back as names, `scope` knows their slots.

use jsonpath_rust::parser::model::{
    Comparable, Comparison as Compared, Filter, FilterAtom, FnArg, JpQuery, Literal, Segment, Selector, SingularQuery,
    SingularQuerySegment, Test as Tested, TestFunction,
};
use jsonpath_rust::parser::parse_json_path;

use super::expression::Comparison;
use super::plan::{Base, Operand, Path, Step, Test};
use crate::value::{Number, Tree};

/// A path has at most this many bytes.
const LONGEST: usize = 512;
/// And at most this many steps.
const DEEPEST: usize = 32;

/// A path whose first name is still a name.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The first name.
    pub(super) root: Box<str>,
    /// The steps behind it.
    pub(super) steps: Vec<Step>,
}

/// Why a path is none of ours; for the author.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PathProblem {
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
}

fn problem(message: impl Into<String>) -> PathProblem {
    PathProblem { message: message.into(), help: None }
}

/// Finds the base of an absolute path in a filter: root name and the first member behind it.
pub(super) type Resolve<'r> = dyn FnMut(&str, &[Step]) -> Option<Resolved> + 'r;

/// Where a name lives, and how many of the steps that takes away (`tenant.name`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolved {
    pub(super) base: Base,
    pub(super) taken: usize,
}

/// Reads a path; absolute paths in filters are looked up with `resolve`, which reports what it does not find.
pub(super) fn parse(text: &str, resolve: &mut Resolve<'_>) -> Result<Parsed, PathProblem> {
    if text.len() > LONGEST {
        return Err(problem(format!("a path has at most {LONGEST} bytes")));
    }
    if text.contains("match(") || text.contains("search(") {
        return Err(PathProblem {
            message: "`match()` and `search()` are not offered in a filter".to_owned(),
            help: Some("compare with `==`, or read the text and use `capture`"),
        });
    }
    let query: JpQuery = parse_json_path(text).map_err(|_| PathProblem {
        message: "this is no path of RFC 9535".to_owned(),
        help: Some("members are `.name` or `['a name']`, items `[0]`, `[*]`, `[1:]` or `[?@.name == \"x\"]`"),
    })?;
    let mut steps = segments(&query.segments, resolve)?;
    if steps.is_empty() || !matches!(steps[0], Step::Key(_)) {
        return Err(problem("a path begins with a name of the scope"));
    }
    let Step::Key(root) = steps.remove(0) else { return Err(problem("a path begins with a name of the scope")) };
    Ok(Parsed { root, steps })
}

fn segments(segments: &[Segment], resolve: &mut Resolve<'_>) -> Result<Vec<Step>, PathProblem> {
    if segments.len() > DEEPEST {
        return Err(problem(format!("a path has at most {DEEPEST} steps")));
    }
    segments.iter().map(|segment| step(segment, resolve)).collect()
}

fn step(segment: &Segment, resolve: &mut Resolve<'_>) -> Result<Step, PathProblem> {
    let selector = match segment {
        Segment::Selector(selector) => selector,
        Segment::Selectors(_) => return Err(problem("one bracket holds one selector")),
        Segment::Descendant(_) => return Err(problem("`..` searches everything and is not offered")),
    };
    Ok(match selector {
        Selector::Name(name) => Step::Key(name.as_str().into()),
        Selector::Index(index) => Step::Index(*index),
        Selector::Wildcard => Step::Wildcard,
        Selector::Slice(start, end, None | Some(1)) => Step::Slice(*start, *end),
        Selector::Slice(..) => return Err(problem("a slice has no step")),
        Selector::Filter(filter) => Step::Filter(test(filter, resolve)?),
    })
}

fn test(filter: &Filter, resolve: &mut Resolve<'_>) -> Result<Test, PathProblem> {
    let mut all = |filters: &[Filter]| -> Result<Box<[Test]>, PathProblem> {
        filters.iter().map(|filter| test(filter, resolve)).collect()
    };
    Ok(match filter {
        Filter::Or(filters) => Test::Or(all(filters)?),
        Filter::And(filters) => Test::And(all(filters)?),
        Filter::Atom(FilterAtom::Filter { expr, not }) => negated(test(expr, resolve)?, *not),
        Filter::Atom(FilterAtom::Test { expr, not }) => negated(Test::Exists(tested(expr, resolve)?), *not),
        Filter::Atom(FilterAtom::Comparison(comparison)) => compared(comparison, resolve)?,
    })
}

fn negated(test: Test, not: bool) -> Test {
    if not { Test::Not(Box::new(test)) } else { test }
}

fn tested(test: &Tested, resolve: &mut Resolve<'_>) -> Result<Path, PathProblem> {
    match test {
        Tested::RelQuery(inner) => Ok(Path { base: Base::This, steps: segments(inner, resolve)?.into() }),
        Tested::AbsQuery(query) => absolute(segments(&query.segments, resolve)?, resolve),
        Tested::Function(_) => Err(problem("a function in a filter stands in a comparison")),
    }
}

fn compared(comparison: &Compared, resolve: &mut Resolve<'_>) -> Result<Test, PathProblem> {
    let how = match comparison {
        Compared::Eq(..) => Comparison::Equal,
        Compared::Ne(..) => Comparison::Unequal,
        Compared::Lt(..) => Comparison::Less,
        Compared::Lte(..) => Comparison::LessOrEqual,
        Compared::Gt(..) => Comparison::Greater,
        Compared::Gte(..) => Comparison::GreaterOrEqual,
    };
    let (left, right) = comparison.vals();
    Ok(Test::Compare(how, operand(left, resolve)?, operand(right, resolve)?))
}

fn operand(comparable: &Comparable, resolve: &mut Resolve<'_>) -> Result<Operand, PathProblem> {
    match comparable {
        Comparable::Literal(value) => Ok(Operand::Literal(literal(value))),
        Comparable::SingularQuery(SingularQuery::Current(steps)) => {
            Ok(Operand::Path(Path { base: Base::This, steps: singular(steps)?.into() }))
        }
        Comparable::SingularQuery(SingularQuery::Root(steps)) => absolute(singular(steps)?, resolve).map(Operand::Path),
        Comparable::Function(TestFunction::Length(argument)) => {
            let path = argued(argument, resolve)?;
            if path.is_plural() { Err(problem("`length` takes one value")) } else { Ok(Operand::Length(path)) }
        }
        Comparable::Function(TestFunction::Count(argument)) => argued(argument, resolve).map(Operand::Count),
        Comparable::Function(_) => Err(problem("of the functions in a filter, `length` and `count` are offered")),
    }
}

fn argued(argument: &FnArg, resolve: &mut Resolve<'_>) -> Result<Path, PathProblem> {
    match argument {
        FnArg::Test(test) => tested(test, resolve),
        FnArg::Literal(_) | FnArg::Filter(_) => Err(problem("a function in a filter takes a path")),
    }
}

fn singular(segments: &[SingularQuerySegment]) -> Result<Vec<Step>, PathProblem> {
    if segments.len() > DEEPEST {
        return Err(problem(format!("a path has at most {DEEPEST} steps")));
    }
    Ok(segments
        .iter()
        .map(|segment| match segment {
            SingularQuerySegment::Index(index) => Step::Index(*index),
            SingularQuerySegment::Name(name) => Step::Key(name.as_str().into()),
        })
        .collect())
}

fn absolute(mut steps: Vec<Step>, resolve: &mut Resolve<'_>) -> Result<Path, PathProblem> {
    if steps.iter().any(Step::is_plural) {
        return Err(problem("an absolute path in a filter yields one value"));
    }
    if !matches!(steps.first(), Some(Step::Key(_))) {
        return Err(problem("a path begins with a name of the scope"));
    }
    let Step::Key(root) = steps.remove(0) else { return Err(problem("a path begins with a name of the scope")) };
    // What is not found was reported by the resolver; the harmless slot is never run.
    let found = resolve(&root, &steps).unwrap_or(Resolved { base: Base::This, taken: 0 });
    Ok(Path { base: found.base, steps: steps.split_off(found.taken.min(steps.len())).into() })
}

fn literal(literal: &Literal) -> Tree {
    match literal {
        Literal::Int(value) => Tree::Number(Number::Int(*value)),
        Literal::Float(value) => Tree::Number(Number::Float(*value)),
        Literal::String(value) => Tree::from_text(value),
        Literal::Bool(value) => Tree::Bool(*value),
        Literal::Null => Tree::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let parsed = parse(text, &mut |_, _| Some(Resolved { base: Base::Slot(7), taken: 0 }));
        let shown = match parsed {
            Ok(parsed) => format!("{} {:?}", parsed.root, parsed.steps),
            Err(problem) => problem.message,
        };
        assert!(shown.contains(expected), "{text}: {shown}");
    }

    #[test]
    fn paths_become_steps() {
        check("$.a", "a []");
        check("$.a.b['c d'][-1]", r#"a [Key("b"), Key("c d"), Index(-1)]"#);
        check("$.a[*].b", r#"[Wildcard, Key("b")]"#);
        check("$.a[1:]", "[Slice(Some(1), None)]");
        check("$.a[:2]", "[Slice(None, Some(2))]");
        check("$.a['b\\'c']", r#"[Key("b'c")]"#);
        check(
            "$.a[?@.b == \"x\"]",
            r#"Compare(Equal, Path(Path { base: This, steps: [Key("b")] }), Literal(Text("x")))"#,
        );
        check("$.a[?@.b == $.c.d]", r#"Path(Path { base: Slot(7), steps: [Key("d")] })"#);
        check("$.a[?@.b && !(@.c || @.d > 1)]", "And([Exists(");
        check("$.a[?length(@.b) > 2]", "Length(");
        check("$.a[?count(@.b[*]) > 2]", "Count(");
    }

    #[test]
    fn what_is_not_offered_is_refused() {
        check("$.a[?match(@.b, 'x')]", "not offered");
        check("$.a[::2]", "no step");
        check("$.a['b','c']", "one selector");
        check("$.a[?length(@.b)]", "stands in a comparison");
        check("$.a[?value(@.b) == 1]", "are offered");
        check("$.a[?@.b == $.c[*]]", "no path");
        check("$.*", "begins with a name");
        check("$.a[01]", "no path");
        check(&format!("$.a{}", ".b".repeat(40)), "at most 32");
        check(&format!("$.{}", "a".repeat(600)), "at most 512");
    }
}
