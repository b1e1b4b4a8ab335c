//! Questions on a terminal, each once; without one, what is missing is named by its flag.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};

/// Asks for what no flag says.
#[derive(Debug, Default)]
pub(super) struct Asker {
    /// Flags that are needed, and nobody is there to be asked.
    missing: Vec<String>,
}

impl Asker {
    /// A value that there must be; asked until there is one.
    pub(super) fn needed(&mut self, flag: &str, about: &str, given: Option<String>) -> String {
        if let Some(given) = given {
            return given;
        }
        if !is_answered() {
            self.missing.push(format!("{flag}: {about}"));
            return String::new();
        }
        loop {
            match asked(about) {
                Some(said) if !said.is_empty() => return said,
                Some(_) => eprintln!("it is needed"),
                None => {
                    self.missing.push(format!("{flag}: {about}"));
                    return String::new();
                }
            }
        }
    }

    /// A value that there may be; an empty line is none.
    pub(super) fn wanted(about: &str, given: Option<String>) -> Option<String> {
        let said = match given {
            None if is_answered() => asked(&format!("{about} (may be left out)")),
            given => given,
        };
        said.filter(|said| !said.is_empty())
    }

    /// What is still missing.
    pub(super) fn end(self) -> Result<(), String> {
        if self.missing.is_empty() {
            return Ok(());
        }
        Err(format!("nobody is there to be asked, so these are needed:\n  {}", self.missing.join("\n  ")))
    }
}

fn is_answered() -> bool {
    std::io::stdin().is_terminal()
}

/// A line; none where the input ended.
fn asked(about: &str) -> Option<String> {
    eprint!("{about}: ");
    std::io::stderr().flush().ok()?;
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim().to_owned())
}

/// `NAME=VALUE`, each name once.
pub(super) fn pairs(flag: &str, written: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut all = BTreeMap::new();
    for one in written {
        let (name, value) =
            one.split_once('=').ok_or_else(|| format!("{flag}: `{one}` has no `=`: write NAME=VALUE"))?;
        if all.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(format!("{flag}: `{name}` is given twice"));
        }
    }
    Ok(all)
}
