//! What shells and `man` read of the command line: every command is in it, and the shell takes it.

use std::fs;
use std::process::Command;

use switchboard::cli::grammar;

fn run(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_switchboard")).args(arguments).env_clear().output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// What bash offers after these words.
fn offered(words: &[&str]) -> Vec<String> {
    let (_, text) = run(&["completions", "bash"]);
    let script = format!(
        "{text}\nCOMP_WORDS=({}); COMP_CWORD={}; _switchboard switchboard \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn shells_complete_commands_flags_and_values() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, text) = run(&["completions", shell]);
        assert_eq!(code, 0, "{shell}");
        for command in grammar().get_subcommands() {
            assert!(text.contains(command.get_name()), "{shell}: {}", command.get_name());
        }
    }
    assert_eq!(run(&["completions", "tcsh"]).0, 2);
    assert_eq!(offered(&["switchboard", "do"]), ["doctor"]);
    assert_eq!(offered(&["switchboard", "store", "ba"]), ["backup"]);
    assert_eq!(offered(&["switchboard", "redrive", "--dry"]), ["--dry-run"]);
    assert_eq!(offered(&["switchboard", "redrive", "--mapping", "acc"]), ["accepted"]);
}

#[test]
fn every_command_has_its_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("man");
    let (code, said) = run(&["man", "--out", path.to_str().unwrap()]);
    assert!(code == 0 && said.ends_with("man/switchboard.1\n"), "{said}");
    for command in grammar().get_subcommands() {
        let page = path.join(format!("switchboard-{}.1", command.get_name()));
        let text = fs::read_to_string(&page).unwrap_or_else(|_| panic!("there is no {}", page.display()));
        assert!(text.contains(".SH NAME") && text.contains(command.get_name()), "{text}");
    }
    assert!(path.join("switchboard-store-backup.1").exists());
    let (code, text) = run(&["man"]);
    assert_eq!((code, text), (0, fs::read_to_string(path.join("switchboard.1")).unwrap()));
    assert_eq!(run(&["man", "--out", "/proc/nowhere"]).0, 1);
}
