//! Files of any kind, laid out: what loads says the same afterwards, keeps its comments, and has nothing more to do.

use granit_parser::{Event, Parser, options};
use switchboard::diagnostic::{Diagnostic, Source, render};
use switchboard::yaml;

/// Lays out a text. Any that loads can be.
pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (source, mut problems) = (Source::new("input", text), Vec::new());
    let tree = yaml::parse(&source, &mut problems).filter(|_| !problems.iter().any(Diagnostic::is_error));
    let laid_out = yaml::format(&source);
    let Some(tree) = tree else {
        assert!(laid_out.is_err(), "{text:?}");
        return;
    };
    let once = laid_out.unwrap_or_else(|problems| panic!("{text:?}: {}", render(&problems)));
    let after = Source::new("laid out", once);
    let again = yaml::parse(&after, &mut Vec::new()).unwrap_or_else(|| panic!("{text:?}: {:?}", after.text));
    assert_eq!(yaml::to_tree(&again), yaml::to_tree(&tree), "{text:?}");
    assert_eq!(comments(&after.text), comments(text), "{text:?}");
    let twice = yaml::format(&after).unwrap_or_else(|problems| panic!("{:?}: {}", after.text, render(&problems)));
    assert_eq!(twice, *after.text, "{text:?}");
}

/// What the comments say, sorted: one may stand above a line that it stood behind.
fn comments(text: &str) -> Vec<String> {
    let events = Parser::new_from_str_with_options(text, options! { emit_comments: true });
    let said = events.filter_map(|event| match event {
        Ok((Event::Comment(said, ..), _)) => Some(said.trim_end().to_owned()),
        _ => None,
    });
    let mut said: Vec<String> = said.collect();
    said.sort_unstable();
    said
}
