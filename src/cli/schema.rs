//! `switchboard schema`: JSON Schemas of the files, for editors.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::fail;
use crate::cli::out::{out, outln};
use crate::shape::{self, Document};

/// Which schema, and where to.
#[derive(Debug, Args)]
pub(super) struct SchemaOptions {
    /// The kind of files
    #[arg(required_unless_present = "out")]
    of: Option<Of>,
    /// Write all of them, or the one named, into this folder as NAME.json
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// The kinds of files, as words.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    Mapping,
    Tenant,
    Gateway,
    Cases,
}

impl From<Of> for Document {
    fn from(of: Of) -> Self {
        match of {
            Of::Mapping => Self::Mapping,
            Of::Tenant => Self::Tenant,
            Of::Gateway => Self::Gateway,
            Of::Cases => Self::Cases,
        }
    }
}

pub(super) fn run(options: &SchemaOptions) -> ExitCode {
    let of: Vec<Document> = options.of.map_or_else(|| Document::ALL.to_vec(), |of| vec![of.into()]);
    for document in of {
        let text = format!("{:#}\n", shape::schema(document));
        let Some(folder) = &options.out else {
            out!("{text}");
            continue;
        };
        let path = folder.join(format!("{}.json", document.as_str()));
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
        if let Err(problem) = written {
            return fail(&format!("{}: {problem}", path.display()));
        }
        outln!("{}", path.display());
    }
    ExitCode::SUCCESS
}
