//! `switchboard fmt`: lays out mapping, tenant, gateway and case files.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::fail;
use crate::app::{read_file, read_folder};
use crate::cli::out::{out, outln};
use crate::diagnostic::{self, Diagnostic, Source};
use crate::yaml;

/// Which files.
#[derive(Debug, Args)]
pub(super) struct FmtOptions {
    /// Files, folders of YAML files, or `-` for standard input [default: mappings, tenants and switchboard.yaml, as far as they are there]
    paths: Vec<PathBuf>,
    /// Change nothing: list the files that are not laid out, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

pub(super) fn run(options: &FmtOptions) -> ExitCode {
    if let [path] = options.paths.as_slice()
        && path == Path::new("-")
    {
        return standard_input(options.check);
    }
    let sources = match sources(&options.paths) {
        Ok(sources) => sources,
        Err(problem) => return fail(&problem),
    };
    let (mut problems, mut changed) = (Vec::new(), 0_usize);
    for source in &sources {
        match yaml::format(source) {
            Ok(text) if *text == *source.text => {}
            Ok(text) => {
                if !options.check
                    && let Err(problem) = replace(Path::new(&*source.name), &text)
                {
                    return fail(&format!("{}: {problem}", source.name));
                }
                outln!("{}", source.name);
                changed += 1;
            }
            Err(found) => problems.extend(found),
        }
    }
    eprint!("{}", diagnostic::render(&problems));
    let what = if options.check { "not laid out" } else { "changed" };
    outln!("{} files, {changed} {what}", sources.len());
    ExitCode::from(u8::from(!problems.is_empty() || options.check && changed > 0))
}

fn standard_input(check: bool) -> ExitCode {
    let mut text = String::new();
    if let Err(problem) = std::io::stdin().read_to_string(&mut text) {
        return fail(&format!("standard input: {problem}"));
    }
    let source = Source::new("standard input", text);
    match yaml::format(&source) {
        Ok(laid_out) if check => ExitCode::from(u8::from(*laid_out != *source.text)),
        Ok(laid_out) => {
            out!("{laid_out}");
            ExitCode::SUCCESS
        }
        Err(problems) => refuse(&problems),
    }
}

fn refuse(problems: &[Diagnostic]) -> ExitCode {
    eprint!("{}", diagnostic::render(problems));
    ExitCode::from(1)
}

fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, crate::app::FileProblem> {
    let usual = ["mappings", "tenants", "switchboard.yaml"].map(PathBuf::from);
    let usual: Vec<PathBuf> = usual.into_iter().filter(|path| path.exists()).collect();
    let paths = if paths.is_empty() { &usual } else { paths };
    let mut sources = Vec::new();
    for path in paths {
        if path.is_dir() {
            sources.extend(read_folder(path)?);
        } else {
            sources.push(read_file(path)?);
        }
    }
    Ok(sources)
}

/// Writes beside the file first: a gateway that watches the folder sees the old text or the new one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let permissions = std::fs::metadata(path)?.permissions();
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    std::fs::set_permissions(file.path(), permissions)?;
    file.persist(path)?;
    Ok(())
}
