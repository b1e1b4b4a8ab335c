//! `switchboard check`: every problem of every file, with its place and its fix.

use std::process::ExitCode;

use super::fail;
use super::options::FileOptions;
use crate::app::{Secrets, read_files};
use crate::config::{self, Files, NoSecret, Reference};
use crate::diagnostic;
use crate::mapping::Mapping;
use crate::model::Secret;

pub(super) fn run(options: &FileOptions) -> ExitCode {
    let folders = match options.folders() {
        Ok(folders) => folders,
        Err(problem) => return fail(&problem),
    };
    let files = match read_files(&folders.0, &folders.1) {
        Ok(files) => files,
        Err(problem) => return fail(&problem),
    };
    let public_url = match options.public_url() {
        Ok(url) => url,
        Err(problem) => return fail(&problem),
    };
    let files = Files { public_url, ..files };
    let (snapshot, mut problems) = config::build(&files, None, &resolve, [0; 32]);
    diagnostic::sort(&mut problems);
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let warnings = problems.len() - errors;
    let versions: Vec<(&str, &Mapping)> =
        snapshot.by_file.iter().map(|(file, mapping)| (&**file, &**mapping)).collect();
    if options.json {
        let versions = versions.iter().map(|(file, mapping)| {
            serde_json::json!({ "file": file, "name": mapping.name.as_str(), "version": mapping.version })
        });
        let versions: Vec<_> = versions.collect();
        println!(
            "{}",
            serde_json::json!({
                "problems": problems, "errors": errors, "warnings": warnings, "mappings": versions
            })
        );
    } else {
        print!("{}", diagnostic::render(&problems));
        for (file, mapping) in versions {
            println!("{}@{}  {file}", mapping.name, mapping.version);
        }
        println!(
            "{} mappings, {} tenants: {errors} errors, {warnings} warnings",
            snapshot.mappings.len(),
            snapshot.tenants.len()
        );
    }
    ExitCode::from(u8::from(errors > 0 || options.deny_warnings && warnings > 0))
}

/// A check of files needs no secrets: one that is not here is at the gateway. What is here is taken, so that clashes
/// show.
fn resolve(reference: &Reference) -> Result<Secret, NoSecret> {
    let place = match reference {
        Reference::Env(name) | Reference::File(name) => name,
    };
    Ok(Secrets::default().resolve(reference).unwrap_or_else(|_| Secret::new(format!("not here: {place}"))))
}
