//! Every expression of the shipped mappings can be read. What they mean is tested by their own cases.

use crate::diagnostic::Source;
use crate::language::expression::{is_expression, parse};
use crate::yaml::{self, Node, Shape};

#[test]
fn every_expression_is_read() {
    let mut count = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/mappings")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        if !name.ends_with(".yaml") || name.ends_with(".cases.yaml") || name.ends_with("mutants.yaml") {
            continue;
        }
        let source = Source::new(name.as_str(), std::fs::read_to_string(&path).unwrap());
        let mut problems = Vec::new();
        let node = yaml::parse(&source, &mut problems).unwrap();
        walk(&node, &mut |text| {
            count += 1;
            assert!(parse(text).is_ok(), "{name}: {text}: {:?}", parse(text));
        });
    }
    assert!(count > 300, "{count}");
}

fn walk(node: &Node, visit: &mut dyn FnMut(&str)) {
    match &node.shape {
        Shape::Scalar(..) => {
            if let Some(text) = node.as_text().filter(|text| is_expression(text)) {
                visit(text);
            }
        }
        Shape::List(items) => items.iter().for_each(|item| walk(item, visit)),
        Shape::Map(entries) => entries.iter().for_each(|(_, node)| walk(node, visit)),
    }
}
