//! Each package that `Cargo.toml` names has its row, and its reason, in docs/dependencies.md; no row is left over.

use std::collections::BTreeSet;
use std::fs;

use crate::docs::root;

/// The names in one table of `Cargo.toml`.
fn named(manifest: &str, table: &str) -> BTreeSet<String> {
    let lines = manifest.lines().skip_while(|line| *line != format!("[{table}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split_once(" = "));
    names.filter(|(name, _)| !name.starts_with('#')).map(|(name, _)| name.to_owned()).collect()
}

/// The packages of the page's tables; each cell of each row says something.
fn explained(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let names = rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells.len() >= 2 && cells.iter().all(|cell| !cell.is_empty()), "{row}");
        cells[0].trim_matches('`').to_owned()
    });
    names.collect()
}

#[test]
fn each_has_its_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let page = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let (gateway, tests) = page.split_once("## Of the tests and benches alone").unwrap();
    let dependencies = named(&manifest, "dependencies");
    assert!(dependencies.len() > 30, "{dependencies:?}");
    assert_eq!(explained(gateway), dependencies, "docs/dependencies.md against Cargo.toml");
    // The others are the gateway's own with another feature.
    let more = named(&manifest, "dev-dependencies").into_iter().filter(|name| !dependencies.contains(name));
    assert_eq!(explained(tests), more.collect(), "docs/dependencies.md against Cargo.toml");
}
