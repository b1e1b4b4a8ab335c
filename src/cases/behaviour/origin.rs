//! Which line of a trace made the value at a place of an output.
//!
//! The trace names places as the mapping's file does (`send.call.body.to`), an output as a case does (`calls[0].body.to`):
//! what both have is the end. Of lines that end alike the one that came to the value is meant.

use serde_json::Value as Json;

use super::super::Line;

/// Its place in a file; nothing where no line made it, or several may have.
pub(super) fn line(lines: &[Line], path: &str, value: Option<&Json>) -> Option<String> {
    let written = value.map(Json::to_string);
    let steps = steps(path);
    // The first step is the output's own name for itself: `calls[0]`, `message`.
    (1..steps.len().max(2))
        .find_map(|from| {
            let end = steps.get(from..).filter(|steps| !steps.is_empty()).unwrap_or(&steps).concat();
            let fits: Vec<&Line> = lines.iter().filter(|line| ends(&line.what, &end)).collect();
            let exact = fits.iter().find(|line| Some(&line.came) == written.as_ref());
            let only = || if let [only] = fits.as_slice() { Some(only) } else { None };
            exact.or_else(only).map(|line| line.place.clone())
        })
        .or_else(|| decided(lines, path))
}

/// Of what has no line of its own, a subtree or something that is not there any more, that of the nearest place above.
fn decided(lines: &[Line], path: &str) -> Option<String> {
    let steps = steps(path);
    let above = steps.split_last()?.1;
    (1..above.len()).find_map(|from| {
        let place = above.get(from..)?.concat();
        let within = format!("{place}.");
        let made = lines.iter().find(|line| ends(&line.what, &place) || line.what.contains(&within));
        made.map(|line| line.place.clone())
    })
}

/// `.a`, `[0]`, `.b` of `a[0].b`.
fn steps(path: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for part in path.split('.') {
        let mut inside = part.split('[');
        steps.extend(inside.next().filter(|name| !name.is_empty()).map(|name| format!(".{name}")));
        steps.extend(inside.map(|index| format!("[{index}")));
    }
    steps
}

/// Whether a place of the file ends so, at a border of steps.
fn ends(what: &str, end: &str) -> bool {
    what.ends_with(end) && !end.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    fn traced(what: &str, came: &str, place: &str) -> Line {
        let span = Span::default();
        Line { place: place.to_owned(), span, what: what.to_owned(), came: came.to_owned(), by: Vec::new() }
    }

    #[test]
    fn the_line_that_ends_like_the_place_made_it() {
        let lines = [
            traced("send.call.body.to", "\"1\"", "m.yaml:1:1"),
            traced("send.call.body.items[0].to", "\"2\"", "m.yaml:2:1"),
            traced("send.call.body.items[1].to", "\"3\"", "m.yaml:3:1"),
            traced("let row", "{}", "m.yaml:4:1"),
        ];
        let of = |path: &str, value: Json| line(&lines, path, Some(&value));
        let at = |line: u32| Some(format!("m.yaml:{line}:1"));
        assert_eq!(of("calls[0].body.to", Json::from("1")), at(1));
        assert_eq!(of("calls[0].body.items[1].to", Json::from("3")), at(3));
        assert_eq!(of("calls[0].body.other", Json::from("x")), at(1), "made by nobody: what stands beside it");
        assert_eq!(of("answer.http", Json::from(200)), None);
    }
}
