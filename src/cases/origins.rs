//! Which line of a mapping makes each field of a value, as far as the mapping alone tells: for messages whose request is not
//! there to be run again. A trial knows more: it watches the run.
//!
//! What a condition came to is seen only by what came of it: where several branches could have made a field, all are named.
//! Start at [`of_message`] and [`of_answer`].

mod walk;

use serde_json::Value as Json;
use walk::Walk;

use crate::diagnostic::line_col;
use crate::mapping::Mapping;
use crate::yaml::{self, Node};

/// A field, and what makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Where in the value: `template.components[0].type`; `[*]` is each item of a list that is not there yet.
    pub field: String,
    /// `file:line:column`; several where the mapping alone does not tell which, none where no line makes it.
    pub lines: Vec<String>,
    /// What stands there.
    pub written: Vec<String>,
    /// What it is, where there is a value.
    pub value: Option<Json>,
}

/// Of a message as it is stored. The gateway's own members have no line.
#[must_use]
pub fn of_message(mapping: &Mapping, message: &Json) -> Vec<Origin> {
    read(mapping, &["send", "message"], |walk, node| walk.value(vec![node], message, ""))
}

/// Of the answer to a request that was accepted.
#[must_use]
pub fn of_answer(mapping: &Mapping) -> Vec<Origin> {
    read(mapping, &["send", "answer"], |walk, node| walk.tree(node, ""))
}

/// What made a part of a message; of what is not there, the first of what holds it.
#[must_use]
pub fn of_part<'o>(origins: &'o [Origin], part: &str) -> Option<&'o Origin> {
    let known = |origin: &&'o Origin| !origin.lines.is_empty();
    super::trial::nearest(|within| origins.iter().filter(known).find(|origin| within(&origin.field)), part)
}

fn read(mapping: &Mapping, keys: &[&str], walked: impl FnOnce(&mut Walk<'_>, &Node)) -> Vec<Origin> {
    let Some(root) = yaml::parse(&mapping.source, &mut Vec::new()) else { return Vec::new() };
    let place = |node: &Node| {
        let at = line_col(&mapping.source, node.span.start);
        let text = node.raw(&mapping.source).split_whitespace().collect::<Vec<_>>().join(" ");
        (format!("{}:{}:{}", mapping.source.name, at.line, at.column), text)
    };
    let mut walk = Walk::new(root.get("use"), &place);
    if let Some(node) = keys.iter().try_fold(&root, |node, key| node.get(key)) {
        walked(&mut walk, node);
    }
    walk.found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnostic::Source;

    fn told(origins: &[Origin]) -> Vec<(String, String)> {
        origins.iter().map(|origin| (origin.field.clone(), origin.written.join(" or "))).collect()
    }

    #[test]
    fn each_field_names_what_stands_at_the_line_that_makes_it() {
        let text = include_str!("../../mappings/moengage.yaml");
        let source = Source::new("mappings/moengage.yaml", text);
        let mapping = crate::mapping::compile(&source, "v".to_owned(), None, &mut Vec::new()).unwrap();
        let message = json!({
            "ref": "m-1", "kind": "template", "id": "1", "to": "6598114720", "from": "6531290044", "class": "promotional",
            "template": { "name": "offer", "language": { "code": "en" }, "components": [
                { "type": "body", "parameters": [ { "type": "text", "text": "Asha" } ] },
                { "type": "button", "sub_type": "url", "index": 0, "parameters": [ { "type": "text", "text": "x" } ] },
            ] },
        });
        let origins = of_message(&mapping, &message);
        let of = |field: &str| {
            origins.iter().find(|origin| origin.field == field).unwrap_or_else(|| panic!("{field}: {origins:?}"))
        };
        for (field, written) in [
            ("id", "$.body.msg_id"),
            ("to", "$.body.to | phone"),
            ("class", "$.template.category | table(classes)"),
            ("template.name", "$.body.template.name"),
            ("template.language.code", "$.body.template.language.code"),
        ] {
            assert_eq!(of(field).written, [written], "{field}");
            let line: usize = of(field).lines[0].rsplit(':').nth(1).unwrap().parse().unwrap();
            assert!(mapping.source.line(line).contains(written), "{field}: {:?}", of(field).lines);
        }
        for ours in ["ref", "kind"] {
            assert!(of(ours).lines.is_empty(), "{ours}");
        }
        // Through `$each`, `$use` and `$match`: a component that goes on as it came may be of two cases.
        let body = of("template.components[0]");
        assert_eq!(
            (&body.written[..], body.lines.len()),
            (&["$.component".to_owned(), "$.component".to_owned()][..], 2)
        );
        assert_eq!(of("template.components[1].type").written, ["button"]);
        assert_eq!(of("template.components[1].sub_type").written, ["$.component.sub_type | lower"]);
        assert_eq!(of_part(&origins, "template.name").unwrap().field, "template.name");
        let missing = of_part(&origins, "template.components[0].parameters[3]").unwrap();
        assert_eq!(missing.field, "template.components[0]", "what holds it");
        assert_eq!(of_part(&origins, "kind"), None, "no line makes it");
        assert_eq!(
            told(&of_answer(&mapping)),
            [("http".to_owned(), "200".to_owned()), ("body.status".to_owned(), "success".to_owned())]
        );
    }
}
