//! The tier of templates: what a tenant's platform sends, held against the templates that its provider lists. Nobody is
//! asked: the listing is in files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value as Json, json};

use super::tiers::Tier;
use crate::app::now;
use crate::cases::{Finding, Trial, Tried, Trying, stand};
use crate::cli::test::folder::{Folder, Trouble};
use crate::config::{Files, Preflight, Snapshot, Tenant};
use crate::diagnostic::{Diagnostic, Source};
use crate::sim::keys;

/// What is held against what.
#[derive(Debug, Args)]
pub(super) struct TemplateOptions {
    /// Hold template messages against these templates: the provider's answer to the listing as it came, a file a page;
    /// or a .yaml file with `templates` as `given` of a case has them
    #[arg(long, value_name = "FILE", num_args = 1..)]
    templates: Vec<PathBuf>,
    /// Requests' bodies as the platform posts them, each held against --templates
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "templates")]
    send: Vec<PathBuf>,
    /// Whose templates, and by whose mappings; may be left out where there is one tenant
    #[arg(long, value_name = "NAME", requires = "templates")]
    tenant: Option<String>,
}

/// A tenant, its templates as `given`, and a key for what is signed with one.
struct Stand<'a> {
    files: &'a Files,
    name: String,
    given: String,
    key: String,
}

/// What came of it; nothing where nobody asked.
pub(super) fn run(
    options: &TemplateOptions,
    files: &Files,
    mappings: Option<&Path>,
) -> Result<Option<(Tier, Vec<Diagnostic>)>, Trouble> {
    if options.templates.is_empty() {
        return Ok(None);
    }
    let key = keys::generate()?.private_pem;
    let (snapshot, _) = stand::without_secrets(files, &|| key.clone());
    let tenant = tenant(&snapshot, options.tenant.as_deref())?;
    if tenant.delivery.preflight == Preflight::Off {
        return Ok(Some((Tier::not_asked("templates", "the tenant's `delivery.preflight` is off"), Vec::new())));
    }
    let mut stand = Stand { files, name: tenant.name.to_string(), given: String::new(), key };
    stand.given = stand.templates(&options.templates)?;
    let mut problems = Vec::new();
    for path in &options.send {
        let found = stand.send(path)?;
        problems.extend(found.into_iter().map(|finding| told(&path.display().to_string(), &finding, tenant)));
    }
    let mut sends = options.send.len();
    let (mut unlisted, mut unheld) = (0, 0);
    if let Some(mappings) = mappings {
        let (folder, given) = (Folder::read(mappings)?, Source::new("`given`", &*stand.given));
        let own = |source: &Source| source.name == tenant.platform.source.name;
        for suite in folder.suites()?.iter().filter(|suite| own(suite.source())) {
            let made = folder.with(|material| suite.preflight(material, &given));
            let made = made.map_err(|problem| problem.to_string())?;
            (sends, unlisted, unheld) = (sends + made.sends, unlisted + made.unlisted, unheld + made.unheld);
            let found = made.findings.into_iter();
            problems.extend(found.map(|(case, finding)| told(&format!("the case `{case}`"), &finding, tenant)));
        }
    }
    let skipped = [(unlisted, "cases of templates that are not listed"), (unheld, "cases of numbers without a `waba`")];
    let skipped = skipped.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let skipped = skipped.collect::<Vec<_>>().join(", ");
    let ran = format!("{} sends of {}", sends - unlisted - unheld, stand.name);
    Ok(Some((Tier::ran("templates", ran, Some(skipped).filter(|skipped| !skipped.is_empty())), problems)))
}

/// The tenant that is meant, if its messages are held against templates at all.
fn tenant<'s>(snapshot: &'s Snapshot, name: Option<&str>) -> Result<&'s Arc<Tenant>, Trouble> {
    let all = || snapshot.tenants.iter().map(|tenant| tenant.name.as_str()).collect::<Vec<_>>().join(", ");
    let tenant = match (name, snapshot.tenants.as_slice()) {
        (None, [only]) => only,
        (None, _) => return Err(format!("say whose templates: --tenant NAME; there are: {}", all()).into()),
        (Some(name), _) => {
            let none = || format!("there is no tenant `{name}`; there are: {}", all());
            snapshot.tenants.iter().find(|tenant| tenant.name.as_str() == name).ok_or_else(none)?
        }
    };
    if tenant.numbers.iter().any(|number| number.waba.is_some()) {
        return Ok(tenant);
    }
    Err(format!("no number of `{}` has a `waba`: what it sends is held against no templates", tenant.name).into())
}

impl Stand<'_> {
    /// A `given` with the templates of these files.
    fn templates(&self, paths: &[PathBuf]) -> Result<String, Trouble> {
        let is_yaml = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        if let [path] = paths
            && is_yaml(&path)
        {
            let text = std::fs::read_to_string(path).map_err(|problem| format!("{}: {problem}", path.display()))?;
            return Ok(text);
        }
        let pages = paths.iter().map(|path| bytes(path)).collect::<Result<Vec<_>, _>>()?;
        let answer = |page: usize| json!({"http": 200, "body": {"$file": format!("{page}.json")}});
        let answers = Json::from((0..pages.len()).map(answer).collect::<Vec<_>>()).to_string();
        let page = |name: &str| pages.get(name.strip_suffix(".json")?.parse::<usize>().ok()?).cloned();
        let legs = self.run(&Trying::Listing, &page, "{}", &answers)?;
        let listed = legs.first().and_then(|leg| leg.outcome.get("templates")?.get("list")).cloned();
        let why = || {
            let leg = legs.first();
            let why = leg.and_then(|leg| leg.why.clone().or_else(|| leg.notes.first().cloned()));
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            format!("the listing cannot be read as `{}` reads it, whole and in order{why}", self.name)
        };
        let asked = legs.first().and_then(|leg| leg.outcome.get("calls")?.as_array()).map_or(0, Vec::len);
        let whole = |listed: &Json| asked == pages.len() && listed.as_array().is_some_and(|all| !all.is_empty());
        let listed = listed.filter(whole).ok_or_else(why)?;
        Ok(json!({ "templates": listed }).to_string())
    }

    /// What preflight says of a request, or why it is refused all the same.
    fn send(&self, path: &Path) -> Result<Vec<Finding>, Trouble> {
        let body = bytes(path)?;
        let (snapshot, _) = stand::without_secrets(self.files, &|| self.key.clone());
        let request = snapshot.tenant(&self.name).and_then(|tenant| stand::Asking::default().written(tenant));
        let request = request.ok_or("the platform's mapping has no route without names for a send")?;
        let sample = |name: &str| (name == stand::BODY).then(|| body.clone());
        let legs = self.run(&Trying::Request(request), &sample, &self.given, "[]")?;
        let send = legs.into_iter().next().ok_or("nothing came of it")?;
        match &send.why {
            Some(why) if send.findings.is_empty() => Err(format!("{}: {why}", path.display()).into()),
            _ => Ok(send.findings),
        }
    }

    fn run(
        &self,
        trying: &Trying,
        sample: &dyn Fn(&str) -> Option<Arc<[u8]>>,
        given: &str,
        answers: &str,
    ) -> Result<Vec<Tried>, Trouble> {
        // Each is read anew: a mapping is watched once.
        let (snapshot, _) = stand::without_secrets(self.files, &|| self.key.clone());
        let tenant = snapshot.tenant(&self.name).cloned().ok_or("the tenant is gone")?;
        let trial = Trial { snapshot: &snapshot, sample, given, answers, rsa_key_pem: &self.key, now: now() };
        Ok(trial.run(&tenant, trying).map_err(|problem| problem.to_string())?)
    }
}

fn bytes(path: &Path) -> Result<Arc<[u8]>, Trouble> {
    let bytes = std::fs::read(path).map_err(|problem| format!("{}: {problem}", path.display()))?;
    Ok(Arc::from(bytes))
}

/// A finding at the line of the mapping that it is about.
fn told(what: &str, finding: &Finding, tenant: &Tenant) -> Diagnostic {
    let Finding { reason, text, misfit, made_by, sent } = finding;
    let said = format!("{what} does not fit its template: {}", if text.is_empty() { reason.as_str() } else { text });
    let is_refused = !sent && tenant.delivery.preflight == Preflight::Refuse;
    let problem = if is_refused { Diagnostic::error("SB0613", said) } else { Diagnostic::warning("SB0613", said) };
    let problem = match made_by {
        Some(line) => problem.at(&tenant.platform.source, line.span),
        None => problem,
    };
    let Some(misfit) = misfit else { return problem };
    let placeholder = misfit.placeholder.as_ref().map(|name| format!(" for {{{{{name}}}}}")).unwrap_or_default();
    let problem = if made_by.is_some() { problem.label("made here") } else { problem };
    problem.help(format!("it is `{}`{placeholder}", misfit.part))
}
