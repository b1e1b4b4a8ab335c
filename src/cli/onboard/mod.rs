//! `switchboard onboard`: a new tenant's file from few answers, what is to be entered in whose dashboard, and, where a
//! gateway runs, what `doctor` says of it.

mod ask;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use url::Url;

use self::ask::{Asker, pairs};
use super::operator;
use super::options::FileOptions;
use super::out::{out, outln};
use crate::app::{Secrets, read_served};
use crate::config::{self, Draft, Files, NoSecret, PublicUrl, Reference, Snapshot, settings_asked};
use crate::diagnostic::{self, Diagnostic, Source};
use crate::mapping::{Mapping, Party};
use crate::model::Secret;
use crate::yaml;

/// Who comes, and what is known of them.
#[derive(Debug, Args)]
pub(super) struct OnboardOptions {
    /// The platform's mapping
    platform: String,
    /// The tenant's name: letters, digits, `-` `_` `.`
    tenant: String,
    /// The provider's mapping [default: the only one there is]
    #[arg(long)]
    provider: Option<String>,
    /// The sender, digits with the country code
    #[arg(long)]
    number: Option<String>,
    /// The WhatsApp business account of the sender
    #[arg(long)]
    waba: Option<String>,
    /// A setting, such as report_url=https://…
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// Where a credential is, if not in the environment: PARTY.NAME=${file:/path}
    #[arg(long = "secret", value_name = "PARTY.NAME=REFERENCE")]
    secrets: Vec<String>,
    /// The words of a keyword rule instead of the mapping's, such as opt_out=STOP,END
    #[arg(long = "words", value_name = "RULE=WORD,…")]
    words: Vec<String>,
    /// What a keyword rule answers, such as opt_out=Goodbye.
    #[arg(long = "reply", value_name = "RULE=TEXT")]
    replies: Vec<String>,
    #[command(flatten)]
    files: FileOptions,
    /// The admin listener of the gateway that reads these files, for `doctor`; its token is read from SWITCHBOARD_ADMIN_TOKEN
    #[arg(long, env = "SWITCHBOARD_ADMIN", value_name = "URL", default_value = "http://127.0.0.1:8081")]
    admin: Url,
}

/// Why nobody was onboarded, and the exit code.
struct Trouble(String, u8);

impl<E: std::fmt::Display> From<E> for Trouble {
    fn from(problem: E) -> Self {
        Self(problem.to_string(), 1)
    }
}

pub(super) fn run(options: &OnboardOptions) -> ExitCode {
    onboarded(options).unwrap_or_else(|Trouble(text, code)| {
        eprintln!("switchboard: {text}");
        ExitCode::from(code)
    })
}

fn onboarded(options: &OnboardOptions) -> Result<ExitCode, Trouble> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if options.tenant.starts_with('.') || options.tenant.is_empty() || !options.tenant.chars().all(is_name) {
        return Err(Trouble(
            format!("`{}` is no name for a tenant: letters, digits, `-`, `_` and `.`", options.tenant),
            2,
        ));
    }
    let (mappings, tenants) = options.files.folders()?;
    let path = tenants.join(format!("{}.yaml", options.tenant));
    if path.exists() {
        return Err(Trouble(format!("{} is there already: change it by hand", path.display()), 1));
    }
    let public_url = options.files.public_url()?;
    let files = read_served(&mappings, &tenants)?;
    let files = Files { public_url: public_url.clone(), defaults: options.files.defaults()?, ..files };
    let (snapshot, found) = config::build(&files, None, &resolve, [0; 32]);
    let draft = drafted(options, &snapshot).map_err(|Trouble(text, code)| {
        let broken = found.iter().any(Diagnostic::is_error);
        Trouble(if broken { format!("{text}\nfiles have errors, see `switchboard check`") } else { text }, code)
    })?;
    let text = laid_out(&draft, &path)?;
    let problems = problems(&files, &path, &text);
    out!("{}", diagnostic::render(&problems));
    if problems.iter().any(|problem| problem.is_error() || options.files.deny_warnings) {
        return Err(Trouble("nothing was written".to_owned(), 1));
    }
    write(&path, &text)?;
    show(&draft, &path, public_url.as_ref().map_or("https://HOST", PublicUrl::as_str));
    Ok(operator::examined(&options.admin, &options.tenant))
}

/// The mapping of that party: the named one, or the only one.
fn party<'s>(snapshot: &'s Snapshot, party: Party, named: Option<&str>) -> Result<&'s Mapping, Trouble> {
    let word = match party {
        Party::Platform => "platform",
        Party::Provider => "provider",
    };
    let all = snapshot.of_party(party, named.unwrap_or_default());
    match (all, named) {
        (Ok(mapping), _) => Ok(mapping),
        (Err(names), None) if names.len() == 1 => {
            snapshot.of_party(party, names[0]).map_err(|_| Trouble(format!("there is no {word}"), 1))
        }
        (Err(names), None) => Err(Trouble(format!("--provider: one of {}", names.join(", ")), 2)),
        (Err(names), Some(named)) => {
            Err(Trouble(format!("there is no mapping of a {word} `{named}`; there are: {}", names.join(", ")), 2))
        }
    }
}

/// Asks for what no flag says: the number, its account, the settings, and what people are answered.
fn drafted<'s>(options: &OnboardOptions, snapshot: &'s Snapshot) -> Result<Draft<'s>, Trouble> {
    let platform = party(snapshot, Party::Platform, Some(&options.platform))?;
    let provider = party(snapshot, Party::Provider, options.provider.as_deref())?;
    let given = |flag: &str, written: &[String]| pairs(flag, written).map_err(|text| Trouble(text, 2));
    let mut asker = Asker::default();
    let number =
        asker.needed("--number", "the WhatsApp business number, digits with the country code", options.number.clone());
    let waba = Asker::wanted("its WhatsApp business account (WABA id)", options.waba.clone());
    let mut settings = given("--set", &options.settings)?;
    for question in settings_asked(platform, provider) {
        let said = settings.remove(question.name);
        let flag = format!("--set {}=…", question.name);
        let said = match question.needed {
            true => Some(asker.needed(&flag, question.about, said)),
            false => Asker::wanted(question.about, said),
        };
        settings.extend(said.map(|said| (question.name.to_owned(), said)));
    }
    let mut replies = given("--reply", &options.replies)?;
    for (rule, about) in &platform.onboard.replies {
        let said = replies.remove(rule);
        let said = Asker::wanted(about, said);
        replies.extend(said.map(|said| (rule.clone(), said)));
    }
    asker.end().map_err(|text| Trouble(text, 2))?;
    let words = given("--words", &options.words)?.into_iter();
    let words = words.map(|(rule, words)| (rule, words.split(',').map(|word| word.trim().to_owned()).collect()));
    let words: BTreeMap<String, Vec<String>> = words.collect();
    let secrets = given("--secret", &options.secrets)?;
    if let Some(name) = secrets.iter().find_map(|(name, written)| Reference::parse(written).is_none().then_some(name)) {
        return Err(Trouble(
            format!("--secret {name}: a reference, ${{env:NAME}} or ${{file:/path}}, never the value"),
            2,
        ));
    }
    let tenant = options.tenant.clone();
    Ok(Draft { tenant, platform, provider, number, waba, settings, secrets, words, replies })
}

fn laid_out(draft: &Draft<'_>, path: &Path) -> Result<String, Trouble> {
    let text = draft.text();
    let source = Source::new(path.display().to_string(), text);
    yaml::format(&source).map_err(|problems| Trouble(diagnostic::render(&problems), 1))
}

/// What `check` says of the new file beside all others.
fn problems(files: &Files, path: &Path, text: &str) -> Vec<Diagnostic> {
    let source = Source::new(path.display().to_string(), text);
    let name = source.name.clone();
    let files = Files { tenants: files.tenants.iter().cloned().chain([source]).collect(), ..files.clone() };
    let (_, problems) = config::build(&files, None, &resolve, [0; 32]);
    let own = |problem: &Diagnostic| problem.place.as_ref().is_some_and(|(source, _)| source.name == name);
    problems.into_iter().filter(own).collect()
}

/// Beside it first: a gateway that watches the folder sees all of it or nothing.
fn write(path: &PathBuf, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist_noclobber(path)?;
    Ok(())
}

fn show(draft: &Draft<'_>, path: &Path, gateway: &str) {
    outln!("written: {}", path.display());
    outln!("\nsecrets, for the gateway alone to read:");
    for mapping in [draft.platform, draft.provider] {
        for (name, about) in &mapping.onboard.credentials {
            outln!("  {}    {about}", draft.reference(mapping, name));
        }
    }
    for (at, fields) in draft.entries(gateway) {
        outln!("\n{at}:");
        let width = fields.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default();
        for (label, value) in fields {
            outln!("  {label:width$}  {value}");
        }
    }
    let mut notes = draft.notes().peekable();
    if notes.peek().is_some() {
        outln!("\nto be looked at by a person:");
        notes.for_each(|note| outln!("  - {note}"));
    }
    outln!("");
}

/// Secrets are at the gateway, not here.
fn resolve(reference: &Reference) -> Result<Secret, NoSecret> {
    let (Reference::Env(place) | Reference::File(place)) = reference;
    Ok(Secrets::default().resolve(reference).unwrap_or_else(|_| Secret::new(format!("not here: {place}"))))
}
