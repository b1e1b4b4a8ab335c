//! The cookbook: every recipe runs with its own cases, and every construct that contracts ask for has one.

use std::fs;

use switchboard::cases::{Suite, Verdict};
use switchboard::diagnostic::{Source, render};
use switchboard::value::Tree;
use switchboard::yaml;

use super::fences::{Fence, fences};
use super::{root, state};
use crate::shipped::material;

/// What contracts of platforms and providers ask for, by group, as the page's headings say it.
const CONSTRUCTS: [(&str, &[&str]); 10] = [
    (
        "A. In and out of the wire",
        &[
            "JSON with any root",
            "Form out",
            "Form in",
            "Query in",
            "JSON inside a field",
            "XML",
            "Gzip in",
            "Text instead of JSON",
            "Multipart",
            "Two kinds of body on one route",
            "Parts of paths",
        ],
    ),
    (
        "B. Who is calling, for whom",
        &[
            "Basic in",
            "Bearer or key in a header",
            "HMAC over a composed message",
            "HMAC over the bytes received",
            "Signed tokens in",
            "Tokens signed by a key set",
            "Query token, secret path, nobody",
            "Proving ourselves",
            "OAuth2 client credentials out",
            "RS256 token out",
            "Secrets in a body",
            "Whose request it is",
            "No, in the party's words",
            "Handshakes",
        ],
    ),
    (
        "C. Reading and building",
        &[
            "Missing, and the first that is there",
            "Nothing, null and empty",
            "Conditions",
            "Lists",
            "A choice per item",
            "A named tree, used twice",
            "Lists and numbered keys",
            "Filling {{1}} in a text",
            "Texts, numbers, booleans",
            "Phone numbers",
            "Times",
            "Texts and hashes",
            "A text with names in it",
            "A table",
            "A table with several keys",
            "A tenant's own values",
            "Facts about a text",
            "Constants",
        ],
    ),
    ("D. One request, several messages", &["Items of a list", "All or nothing", "An answer for each item", "Lengths"]),
    (
        "E. Answers and errors",
        &[
            "An answer for everything",
            "Checks, in their order",
            "Success by a field",
            "Where an error's code hides",
            "From a reason to their code",
            "Slow down",
            "Within a deadline",
        ],
    ),
    (
        "F. Identity",
        &[
            "The message's id",
            "What counts as a repeat",
            "Finding the message again",
            "Kept for later",
            "What a reply answers",
        ],
    ),
    (
        "G. Events",
        &[
            "Several events in one webhook",
            "Which kind of event",
            "From a status to their word",
            "Once, in order",
            "A shape per status",
            "Where reports go",
            "Trying again",
            "No reports",
            "Another channel after a failure",
        ],
    ),
    ("H. Keywords", &["Rules", "What a rule does", "An answer of one's own", "Taps"]),
    ("I. Templates", &["Their question for templates", "Page after page", "Caching"]),
    ("J. Operation", &["Versions", "Checked at load", "Cases and trying", "Bounds", "Tenants set up by the platform"]),
];

/// Constructs that no contract needs so far, and one that is wanted. The page says of each that it is not built.
const NOT_BUILT: [&str; 4] =
    ["Multipart", "Another channel after a failure", "Caching", "Tenants set up by the platform"];

fn page() -> String {
    fs::read_to_string(root().join("docs/cookbook.md")).unwrap()
}

/// What stands under a heading of the third level.
fn under<'p>(page: &'p str, heading: &str) -> &'p str {
    let rest = page.split_once(&format!("\n### {heading}\n")).unwrap_or_else(|| panic!("no heading `{heading}`")).1;
    rest.split("\n## ").next().and_then(|rest| rest.split("\n### ").next()).unwrap()
}

fn tree(fence: &Fence) -> Tree {
    let mut problems = Vec::new();
    let source = Source::new(format!("docs/cookbook.md:{}", fence.line), fence.text.clone());
    let node = yaml::parse(&source, &mut problems).unwrap_or_else(|| panic!("{}", render(&problems)));
    assert!(problems.is_empty(), "{}", render(&problems));
    yaml::to_tree(&node)
}

/// As the page says: maps are merged but for a `body` and maps with an operator, anything else is replaced.
fn laid_over(base: Tree, recipe: Tree) -> Tree {
    let merges =
        |tree: &Tree| matches!(tree, Tree::Map(members) if members.iter().all(|(name, _)| !name.starts_with('$')));
    if !merges(&base) || !merges(&recipe) {
        return recipe;
    }
    let (Tree::Map(base), Tree::Map(recipe)) = (base, recipe) else { unreachable!("both are maps") };
    let mut members = base.into_vec();
    for (name, value) in recipe {
        match members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) if &*name != "body" => *old = laid_over(std::mem::take(old), value),
            Some((_, old)) => *old = value,
            None => members.push((name, value)),
        }
    }
    Tree::Map(members.into())
}

#[test]
fn every_recipe_comes_to_what_its_cases_say() {
    let page = page();
    let fences = fences(&page);
    let base = |party: &str| tree(fences.iter().find(|fence| fence.kind == format!("yaml {party} base")).unwrap());
    let (mut recipes, mut cases) = (0, 0);
    for fence in &fences {
        let Some(party) = fence.kind.strip_prefix("yaml ").filter(|kind| ["platform", "provider"].contains(kind))
        else {
            continue;
        };
        // JSON is YAML, and keeps the order of keys.
        let whole = serde_json::to_string_pretty(&laid_over(base(party), tree(fence))).unwrap();
        let name = format!("docs/cookbook.md:{} {}", fence.line, fence.heading);
        let (suites, problems) = Suite::pair(&[Source::new(name.clone(), whole)], &[], &|_| None);
        assert!(problems.is_empty(), "{name}\n{}", render(&problems));
        let report = suites[0].run(&material(&|_| None));
        assert!(report.problems.is_empty(), "{name}\n{}", render(&report.problems));
        assert!(!report.outcomes.is_empty(), "{name}: a recipe has cases");
        for outcome in &report.outcomes {
            assert!(matches!(outcome.verdict, Verdict::Passed), "{name}\n{outcome}");
        }
        recipes += 1;
        cases += report.outcomes.len();
    }
    assert!(recipes >= 65 && cases >= 100, "only {recipes} recipes with {cases} cases were found");
}

#[test]
fn every_construct_has_a_recipe() {
    let page = page();
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let groups: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(groups, CONSTRUCTS.map(|(group, _)| group));
    assert_eq!(headings, CONSTRUCTS.iter().flat_map(|(_, own)| *own).copied().collect::<Vec<_>>());
    let fences = fences(&page);
    for heading in headings {
        let own: Vec<&Fence> = fences.iter().filter(|fence| fence.heading == heading).collect();
        if NOT_BUILT.contains(&heading) {
            assert!(own.is_empty() && under(&page, heading).contains("Not "), "`{heading}` says that it is not built");
        } else {
            assert!(own.iter().any(|fence| fence.kind.starts_with("yaml")), "`{heading}` has no recipe");
        }
    }
    for fence in &fences {
        let known = ["yaml platform base", "yaml provider base", "yaml platform", "yaml provider", "yaml part"];
        let run = known.contains(&fence.kind.as_str()) || ["yaml wrong", "text"].contains(&fence.kind.as_str());
        assert!(run, "docs/cookbook.md:{}: nothing tests a fence `{}`", fence.line, fence.kind);
    }
}

#[test]
fn what_is_wrong_is_said_as_the_page_shows() {
    let fences = fences(&page());
    let mut shown = 0;
    for pair in fences.windows(2) {
        let [wrong, text] = pair else { continue };
        if wrong.kind == "yaml wrong" {
            let problems = state("shop.yaml", &wrong.text);
            let said = render(&problems);
            assert!(text.kind == "text" && text.text.trim_end() == said.trim_end(), "the page must show:\n{said}");
            shown += 1;
        }
    }
    assert!(shown > 0, "no mistake is shown");
}
