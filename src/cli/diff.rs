//! `switchboard diff`: what two versions of mappings and tenants make of the same traffic, without sending any of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value as Json, json};

use super::options::{FileOptions, gateway_file, storage};
use super::runtime;
use super::test::folder::Folder;
use crate::app::{self, Recorded, now, read_folder, read_served};
use crate::cases::{Change, Comparison, Side, Suite};
use crate::cli::out::outln;
use crate::config::Files;
use crate::diagnostic::{self, Source};
use crate::model::parse_duration;
use crate::operate::Mask;
use crate::sim::keys;
use crate::value::Timestamp;

/// What is compared, and on what.
#[derive(Debug, Args)]
pub(super) struct DiffOptions {
    /// Before: a folder with `mappings` and `tenants` in it, or one of mappings alone; left out with NEW: what the store's gateway serves
    #[arg(value_name = "OLD")]
    first: Option<PathBuf>,
    /// After [default: the folders that `serve` takes]. One folder alone is NEW
    #[arg(value_name = "NEW")]
    second: Option<PathBuf>,
    /// How far back the traffic goes that the store has
    #[arg(long, value_name = "TIME", default_value = "24h")]
    traffic: String,
    /// At most so many messages of it, the newest
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    most: usize,
    /// Of that tenant alone
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// The contract cases of this folder are the traffic, instead of a store's; OLD and NEW must be said
    #[arg(long, value_name = "DIR", requires_all = ["first", "second"], conflicts_with_all = ["store", "tenant", "traffic", "most"])]
    cases: Option<PathBuf>,
    /// The store that the traffic is in, beside its gateway too [default: that of the gateway file, or sqlite:data/switchboard.db]
    #[arg(long, env = "SWITCHBOARD_STORE", value_name = "STORE", hide_env_values = true)]
    store: Option<String>,
    #[command(flatten)]
    files: FileOptions,
}

/// Why nothing was compared.
type Trouble = Box<dyn std::error::Error>;

/// What came of it, with what is needed to show it.
struct Came {
    comparison: Comparison,
    /// What traffic says is somebody's.
    mask: Option<Mask>,
    /// What could not be compared, in words.
    notes: Vec<String>,
}

pub(super) fn run(options: &DiffOptions) -> ExitCode {
    let came = match &options.cases {
        Some(cases) => of_cases(options, cases),
        None => of_store(options),
    };
    match came {
        Ok(came) => {
            show(&came, options.files.json);
            ExitCode::from(u8::from(came.comparison.changed > 0))
        }
        Err(problem) => {
            eprintln!("switchboard: {}", problem.to_string().trim_end());
            ExitCode::from(2)
        }
    }
}

fn of_store(options: &DiffOptions) -> Result<Came, Trouble> {
    let own = gateway_file(options.files.config.as_deref())?;
    let store = storage(options.store.clone().or_else(|| own.file.store.clone()))?;
    let ago = parse_duration(&options.traffic).map_err(|problem| format!("--traffic: {problem}"))?;
    let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
    let since = Timestamp::from_millis(now().millis().saturating_sub(ago));
    let runtime = runtime()?;
    let (old, new) = match (&options.first, &options.second) {
        (Some(old), Some(new)) => (files(options, Some(old))?, files(options, Some(new))?),
        (new, _) => {
            let served = runtime.block_on(app::served_files(&store, &own))?;
            let old = Files { public_url: options.files.public_url()?, ..served };
            (old, files(options, new.as_deref())?)
        }
    };
    let key = keys::generate()?.private_pem;
    let (old, new) = (side(&old, &key)?, side(&new, &key)?);
    let Recorded { samples, left_out, closed } = runtime.block_on(app::recorded(&store, &own, since, options.most))?;
    let mut comparison = Comparison::default();
    let wanted = |tenant: &String| options.tenant.as_ref().is_none_or(|name| name == tenant);
    samples.iter().filter(|sample| wanted(&sample.tenant)).for_each(|sample| comparison.sample([&old, &new], sample));
    let counted = [
        (left_out, "older messages were left out: --most takes more"),
        (closed, "contents are sealed with a key that is not given: the gateway file names the keys"),
        (comparison.unreadable, "samples are of no tenant that is there, or neither side can read them"),
    ];
    let notes = counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let mask = Some(Mask::of(&[old.snapshot(), new.snapshot()]));
    Ok(Came { comparison, mask, notes })
}

/// What cases say is nobody's: it is shown as it is.
fn of_cases(options: &DiffOptions, cases: &Path) -> Result<Came, Trouble> {
    let folder = Folder::read(cases)?;
    let read = |side: &Option<PathBuf>| -> Result<Vec<Suite>, Trouble> {
        let side = side.as_deref().map(|side| parts(side).0);
        let files = read_folder(&side.ok_or("OLD and NEW must both be said")?)?;
        let mappings: Vec<Source> = files.into_iter().filter(|source| is_mapping(&source.name)).collect();
        // Cases of a mapping that this side does not have are told below.
        Ok(Suite::pair(&mappings, &folder.cases, &|_| None).0)
    };
    let (old, new) = (read(&options.first)?, read(&options.second)?);
    let (mut comparison, mut notes) = (Comparison::default(), Vec::new());
    let of = |side: &'_ [Suite], name: &str| side.iter().position(|suite| suite.name() == name);
    folder.with(|material| {
        for suite in &new {
            match of(&old, suite.name()) {
                Some(place) => comparison.cases([&old[place], suite], material),
                None => notes.push(format!("`{}` is new: {}", suite.name(), suite.source().name)),
            }
        }
    });
    let gone = old.iter().filter(|suite| of(&new, suite.name()).is_none());
    notes.extend(gone.map(|suite| format!("`{}` is gone: {}", suite.name(), suite.source().name)));
    if comparison.compared == 0 {
        return Err(format!("no case in {} is of a mapping that both sides have", cases.display()).into());
    }
    Ok(Came { comparison, mask: None, notes })
}

/// The mappings of a folder, and its tenants where it has some.
fn parts(folder: &Path) -> (PathBuf, Option<PathBuf>) {
    let there = |name: &str| Some(folder.join(name)).filter(|path| path.is_dir());
    match there("mappings") {
        Some(mappings) => (mappings, there("tenants")),
        None => (folder.to_owned(), None),
    }
}

fn is_mapping(name: &str) -> bool {
    ![".cases.yaml", ".cases.yml", "mutants.yaml"].iter().any(|end| name.ends_with(end))
}

/// The texts of a folder, and what it lacks from where `serve` takes it.
fn files(options: &DiffOptions, folder: Option<&Path>) -> Result<Files, Trouble> {
    let (own_mappings, own_tenants) = options.files.folders()?;
    let (mappings, tenants) = match folder.map(parts) {
        None => (own_mappings, own_tenants),
        Some((mappings, tenants)) => (mappings, tenants.unwrap_or(own_tenants)),
    };
    let (public_url, defaults) = (options.files.public_url()?, options.files.defaults()?);
    Ok(Files { public_url, defaults, ..read_served(&mappings, &tenants)? })
}

fn side(files: &Files, key: &str) -> Result<Side, Trouble> {
    Side::new(files, key).map_err(|problems| diagnostic::render(&problems).into())
}

fn show(came: &Came, as_json: bool) {
    let Came { comparison, notes, .. } = came;
    let changes = comparison.changes();
    if as_json {
        let changes: Vec<Json> = changes.iter().map(|change| written(change, came)).collect();
        let counts = json!({ "compared": comparison.compared, "changed": comparison.changed });
        let sorts = &comparison.sorts;
        outln!("{}", json!({ "samples": counts, "sorts": sorts, "changes": changes, "notes": notes }));
        return;
    }
    for change in changes {
        shown(change, came).iter().for_each(|line| outln!("{line}"));
    }
    notes.iter().for_each(|note| outln!("note: {note}"));
    let of = if comparison.compared == 1 { "sample" } else { "samples" };
    let sorts: Vec<String> = comparison.sorts.iter().map(|(sort, count)| format!("{count} {sort}")).collect();
    let sorts = if sorts.is_empty() { String::new() } else { format!(" ({})", sorts.join(", ")) };
    outln!("{} {of}{sorts}, {} with a difference", comparison.compared, comparison.changed);
}

/// What came of an example, before or after, as it may be shown; nothing where there is none.
fn value(change: &Change, place: usize, came: &Came) -> Json {
    let value = change.values[place].clone().unwrap_or_default();
    match (&came.mask, &value) {
        // Why something is refused is said in words of ours.
        (Some(_), Json::String(why)) if change.path == "why" => Mask::words(why).into(),
        (Some(mask), _) => mask.value(value),
        (None, _) => value,
    }
}

fn written(change: &Change, came: &Came) -> Json {
    let side = |place: usize| json!({ "value": value(change, place, came), "line": change.lines[place] });
    json!({
        "leg": change.leg, "mapping": change.mapping, "path": change.path, "tenants": change.tenants,
        "samples": change.count, "example": change.example, "old": side(0), "new": side(1),
    })
}

fn shown(change: &Change, came: &Came) -> Vec<String> {
    let Change { leg, mapping, path, tenants, count, example, .. } = change;
    let place = if leg.is_empty() { path.clone() } else { format!("{leg} of {mapping}: {path}") };
    let whose: Vec<&str> = tenants.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let whose = if whose.is_empty() { String::new() } else { format!(" of {}", whose.join(", ")) };
    let samples = if *count == 1 { "sample" } else { "samples" };
    let side = |sign: &str, place: usize| {
        let there = change.values[place].is_some();
        let said = if there { value(change, place, came).to_string() } else { "nothing".to_owned() };
        let line = change.lines[place].as_ref().map(|line| format!("    {line}")).unwrap_or_default();
        format!("  {sign} {said}{line}").replace(char::is_control, "?")
    };
    let head = format!("{place}: {count} {samples}{whose}, such as {example}");
    let mut lines = vec![head, side("-", 0), side("+", 1)];
    let alike = value(change, 0, came) == value(change, 1, came);
    lines.extend(alike.then(|| "    both differ in what is masked".to_owned()));
    lines
}
