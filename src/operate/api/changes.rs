//! What stands in a file and is not served: its lines against those of its last good text, secrets blotted out.

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use crate::diagnostic::Source;

/// Lines around a change that stay the same.
const AROUND: usize = 3;

/// The lines that differ with those around them, in pieces; `sign` is `-` for what is served and `+` for what the file says.
pub(super) fn changes(served: &Source, written: &Source) -> Vec<Value> {
    let diff = TextDiff::from_lines(served.veiled(), written.veiled());
    let place = |index: Option<usize>| index.map(|index| index + 1);
    let piece = |group: &Vec<similar::DiffOp>| {
        let lines = group.iter().flat_map(|op| diff.iter_changes(op)).map(|change| {
            let sign = match change.tag() {
                ChangeTag::Delete => "-",
                ChangeTag::Insert => "+",
                ChangeTag::Equal => " ",
            };
            let (old, new) = (place(change.old_index()), place(change.new_index()));
            json!({ "sign": sign, "old": old, "new": new, "text": change.value().trim_end_matches(['\n', '\r']) })
        });
        json!(lines.collect::<Vec<_>>())
    };
    diff.grouped_ops(AROUND).iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_are_told_with_their_places_and_no_secret() {
        let lines: Vec<String> = (1..=20).map(|line| format!("k{line}: {line}")).collect();
        let served = format!("{}\ncredentials: {{ token: one-secret }}\n", lines.join("\n"));
        let written =
            served.replace("k2: 2\n", "").replace("k18: 18", "k18: other").replace("one-secret", "two-secret");
        let [served, written] = [&served, &written].map(|text| Source::new("a.yaml", text.as_str()));
        let said = changes(&served, &written);
        assert_eq!(said.len(), 2, "two pieces: {said:#?}");
        assert_eq!(said[0][1], json!({ "sign": "-", "old": 2, "new": null, "text": "k2: 2" }));
        assert_eq!(said[0][2], json!({ "sign": " ", "old": 3, "new": 2, "text": "k3: 3" }));
        let signs: String = said[1].as_array().unwrap().iter().filter_map(|line| line["sign"].as_str()).collect();
        assert_eq!(signs, "   -+   ");
        assert!(!json!(said).to_string().contains("secret"), "{said:#?}");
        assert!(changes(&served, &served).is_empty());
    }
}
