//! docs/security.md lists the attacks that there are. `SWITCHBOARD_BLESS=1` writes them into the page.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::GROUPS;

const PAGE: &str = "docs/security.md";
const BEGIN: &str = "<!-- attacks -->\n";
const END: &str = "<!-- end attacks -->";

fn table() -> String {
    let mut table = String::new();
    for (group, attacks) in GROUPS {
        let _ = writeln!(table, "**{group}** ({})\n\n| what is tried | what comes of it |\n|---|---|", attacks.len());
        for attack in *attacks {
            let _ = writeln!(table, "| {} | {} |", attack.name, attack.end);
        }
        table.push('\n');
    }
    table
}

#[test]
fn the_page_lists_the_attacks_that_there_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for them");
    let (listed, after) = rest.split_once(END).expect("and an end of it");
    if std::env::var_os("SWITCHBOARD_BLESS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
    } else {
        assert!(listed == table(), "{PAGE} is not the tests': SWITCHBOARD_BLESS=1 cargo test --test it abuse::page");
    }
}

#[test]
fn there_are_enough_and_each_has_a_name_of_its_own() {
    let names: Vec<&str> = GROUPS.iter().flat_map(|(_, attacks)| attacks.iter().map(|attack| attack.name)).collect();
    assert!(names.len() >= 80, "{}", names.len());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}
