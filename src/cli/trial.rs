//! `switchboard try`: a leg on a sample, without a gateway and without secrets: placeholders stand in for them.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgGroup, Args};
use serde_json::{Value as Json, json};

use super::options::FileOptions;
use crate::app::{now, read_served};
use crate::cases::{Trial, Tried, Trying, stand};
use crate::cli::out::{out, outln};
use crate::config::{Files, Snapshot, Tenant};
use crate::diagnostic::{self, Diagnostic};
use crate::sim::keys;

/// What is tried, and for whom.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["request", "message", "event", "inbound", "listing"]))]
pub(super) struct TryOptions {
    /// The tenant; may be left out where there is one, and with --inbound, which then asks all
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// A request's body, to a route of the platform or the provider; `-` is standard input
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// A message of the model, to the provider
    #[arg(long, value_name = "FILE")]
    message: Option<PathBuf>,
    /// An event of the model, to the platform
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// What a person writes: a text, or a file with an inbound message of the model
    #[arg(long, value_name = "TEXT|FILE")]
    inbound: Option<String>,
    /// The provider's listing of templates, page by page as --answer says
    #[arg(long)]
    listing: bool,
    /// The request's path [default: the first of the platform's send]
    #[arg(long, requires = "request")]
    path: Option<String>,
    /// The request's method [default: the first of that route]
    #[arg(long, requires = "request")]
    method: Option<String>,
    /// A header of the request
    #[arg(long, value_name = "NAME: VALUE", requires = "request")]
    header: Vec<String>,
    /// A member of the request's query
    #[arg(long, value_name = "NAME=VALUE", requires = "request")]
    query: Vec<String>,
    /// What the provider answers, in order: files with `http`, `headers`, `body`, as in cases
    #[arg(long, value_name = "FILE")]
    answer: Vec<PathBuf>,
    /// What is known beside the tenant's file, as in cases: templates message quoted last said suppressed now
    #[arg(long, value_name = "FILE")]
    given: Option<PathBuf>,
    #[command(flatten)]
    files: FileOptions,
}

/// Why nothing was tried, and the exit code.
struct Trouble(String, u8);

impl<E: std::fmt::Display> From<E> for Trouble {
    fn from(problem: E) -> Self {
        Self(problem.to_string(), 1)
    }
}

pub(super) fn run(options: &TryOptions) -> ExitCode {
    match tried(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble(text, code)) => {
            eprintln!("switchboard: {}", text.trim_end());
            ExitCode::from(code)
        }
    }
}

fn tried(options: &TryOptions) -> Result<(), Trouble> {
    let (mappings, tenants) = options.files.folders()?;
    let (public_url, defaults) = (options.files.public_url()?, options.files.defaults()?);
    let files = Files { public_url, defaults, ..read_served(&mappings, &tenants)? };
    let names = names(&load(&files).0, options)?;
    let body = options.request.as_ref().map(bytes).transpose()?;
    let sample = |name: &str| match (name, &body) {
        (stand::BODY, Some(body)) => Some(Arc::from(body.as_slice())),
        _ => std::fs::read(mappings.join("samples").join(name)).ok().map(Arc::from),
    };
    let given = options.given.as_ref().map_or(Ok("{}".to_owned()), text)?;
    let answers = options.answer.iter().map(|path| text(path).map(|text| indented(&text)));
    let answers: String = answers.collect::<Result<Vec<_>, _>>()?.concat();
    let answers = if answers.is_empty() { "[]".to_owned() } else { answers };
    let mut all = Vec::new();
    for name in names {
        // Each tenant is read anew: a mapping is watched once.
        let (snapshot, _) = load(&files);
        let Some(tenant) = snapshot.tenant(&name).cloned() else { continue };
        let trying = trying(options, &tenant)?;
        let key = if snapshot.key_sets().is_empty() { String::new() } else { keys::generate()?.private_pem };
        let (snapshot, rsa_key_pem) = (&snapshot, key.as_str());
        let trial = Trial { snapshot, sample: &sample, given: &given, answers: &answers, rsa_key_pem, now: now() };
        let legs = trial.run(&tenant, &trying).map_err(|problem| Trouble(diagnostic::render(&[*problem]), 1))?;
        all.push((name, legs));
    }
    if options.files.json {
        let tenants = all
            .iter()
            .map(|(name, legs)| json!({"tenant": name, "legs": legs.iter().map(Tried::json).collect::<Vec<_>>()}));
        outln!("{}", json!({"tenants": tenants.collect::<Vec<_>>()}));
    } else {
        all.iter().for_each(|(name, legs)| legs.iter().for_each(|leg| out!("{}", shown(name, leg))));
    }
    Ok(())
}

/// Which tenants are asked.
fn names(snapshot: &Snapshot, options: &TryOptions) -> Result<Vec<String>, Trouble> {
    let all: Vec<String> = snapshot.tenants.iter().map(|tenant| tenant.name.to_string()).collect();
    let listed = || if all.is_empty() { "there is none".to_owned() } else { format!("there are: {}", all.join(", ")) };
    match &options.tenant {
        Some(name) if all.contains(name) => Ok(vec![name.clone()]),
        Some(name) => Err(Trouble(format!("there is no tenant `{name}`; {}", listed()), 1)),
        None if all.len() == 1 || options.inbound.is_some() && !all.is_empty() => Ok(all),
        None => Err(Trouble(format!("say whose: --tenant NAME; {}", listed()), 2)),
    }
}

/// Without secrets; where there can be no key, what is signed with one says so.
fn load(files: &Files) -> (Arc<Snapshot>, Vec<Diagnostic>) {
    stand::without_secrets(files, &|| keys::generate().map(|pair| pair.private_pem).unwrap_or_default())
}

fn trying(options: &TryOptions, tenant: &Tenant) -> Result<Trying, Trouble> {
    if options.request.is_some() {
        return Ok(Trying::Request(request(options, tenant)?));
    }
    if let Some(path) = &options.message {
        return Ok(Trying::Message(text(path)?));
    }
    if let Some(path) = &options.event {
        return Ok(Trying::Event(text(path)?));
    }
    if let Some(written) = &options.inbound {
        let file = PathBuf::from(written);
        let is_file = written == "-" || file.is_file();
        return Ok(Trying::Inbound(if is_file { text(&file)? } else { stand::said(tenant, written) }));
    }
    Ok(Trying::Listing)
}

fn request(options: &TryOptions, tenant: &Tenant) -> Result<String, Trouble> {
    let pair = |text: &String, at: char| match text.split_once(at) {
        Some((name, value)) => Ok((name.trim().to_owned(), Json::from(value.trim()))),
        None => Err(Trouble(format!("`{text}` is no name and value with `{at}` between"), 2)),
    };
    let headers: serde_json::Map<_, _> = options.header.iter().map(|text| pair(text, ':')).collect::<Result<_, _>>()?;
    let query: serde_json::Map<_, _> = options.query.iter().map(|text| pair(text, '=')).collect::<Result<_, _>>()?;
    let asking = stand::Asking { path: options.path.clone(), method: options.method.clone(), headers, query };
    asking.written(tenant).ok_or_else(|| Trouble("say where the request goes: --path PATH".to_owned(), 2))
}

/// A file's bytes; `-` is standard input.
fn bytes(path: &PathBuf) -> Result<Vec<u8>, Trouble> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(|problem| Trouble(format!("{}: {problem}", path.display()), 1))
}

fn text(path: &PathBuf) -> Result<String, Trouble> {
    String::from_utf8(bytes(path)?).map_err(|_| Trouble(format!("{} is no UTF-8", path.display()), 1))
}

/// A document as an item of a list.
fn indented(text: &str) -> String {
    let mut item = String::from("-\n");
    text.lines().for_each(|line| item.push_str(&format!("  {line}\n")));
    item
}

fn shown(tenant: &str, leg: &Tried) -> String {
    let mut text = format!("{tenant}, {} of {}:\n", if leg.leg.is_empty() { "no leg" } else { leg.leg }, leg.party);
    if let Json::Object(members) = leg.masked() {
        for (name, value) in members {
            text.push_str(&format!("{name}: {}\n", serde_json::to_string_pretty(&value).unwrap_or_default()));
        }
    }
    leg.why.iter().for_each(|why| text.push_str(&format!("because: {why}\n")));
    leg.findings.iter().for_each(|finding| text.push_str(&format!("does not fit: {finding}\n")));
    leg.notes.iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
    text.push_str("trace:\n");
    leg.trace.iter().for_each(|line| text.push_str(&line.to_string()));
    text.push('\n');
    text
}
