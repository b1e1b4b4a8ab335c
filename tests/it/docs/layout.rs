//! `switchboard fmt` on real files: the shipped ones are laid out, broken ones are left alone.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::root;

fn fmt(arguments: &[&str], folder: &Path) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_switchboard")).arg("fmt").args(arguments).current_dir(folder).output();
    said(output.unwrap())
}

fn said(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn shipped_files_are_laid_out() {
    let (code, listed, said) = fmt(&["--check"], root());
    assert!(code == 0 && said.is_empty(), "run: cargo run -- fmt\n{listed}{said}");
    let count: usize = listed.split(' ').next().unwrap().parse().unwrap();
    assert!(count > 9, "{listed}");
}

#[test]
fn files_are_changed_or_listed_or_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| fs::write(path(name), text).unwrap();
    write("good.yaml", "a: 1\n");
    write("loose.yaml", "a:\n    b: {c: $.d?}   # why\n");
    write("broken.yaml", "a: [ 1\n");
    write("other.txt", "a:    1\n");

    let (code, listed, said) = fmt(&["--check", "."], folder.path());
    assert_eq!((code, listed.as_str()), (1, "./loose.yaml\n3 files, 1 not laid out\n"));
    assert!(said.contains("./broken.yaml:1:4") && said.contains("SB0101"), "{said}");
    assert_eq!(fs::read_to_string(path("loose.yaml")).unwrap(), "a:\n    b: {c: $.d?}   # why\n");

    let (code, listed, _) = fmt(&["good.yaml", "loose.yaml"], folder.path());
    assert_eq!((code, listed.as_str()), (0, "loose.yaml\n2 files, 1 changed\n"));
    assert_eq!(fs::read_to_string(path("loose.yaml")).unwrap(), "a:\n  b: { c: '$.d?' }  # why\n");
    assert_eq!(fmt(&["--check", "good.yaml", "loose.yaml"], folder.path()).0, 0);

    assert_eq!(fmt(&["."], folder.path()).0, 1, "broken.yaml is reported");
    assert_eq!(fs::read_to_string(path("broken.yaml")).unwrap(), "a: [ 1\n");
    assert_eq!(fs::read_to_string(path("other.txt")).unwrap(), "a:    1\n");
    assert_eq!(fmt(&["missing.yaml"], folder.path()).0, 1);
}

#[test]
fn standard_input_goes_through() {
    let through = |arguments: &[&str], text: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        let command =
            command.arg("fmt").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        said(child.wait_with_output().unwrap())
    };
    assert_eq!(through(&["-"], "a:   [1]\n"), (0, "a: [ 1 ]\n".to_owned(), String::new()));
    assert_eq!(through(&["--check", "-"], "a:   [1]\n"), (1, String::new(), String::new()));
    assert_eq!(through(&["--check", "-"], "a: [ 1 ]\n"), (0, String::new(), String::new()));
    let (code, out, said) = through(&["-"], "a: [");
    assert!(code == 1 && out.is_empty() && said.contains("standard input:1:"), "{said}");
}
