//! What the files say: is the tenant served by them, does it have what both sides ask for, are its numbers its own, and does
//! a webhook that is signed with its secret pass at the route where the provider posts.

use super::{Check, Patient};
use crate::auth::{Request, Scheme};
use crate::cases::{Signed, sign};
use crate::config::{Found, PublicUrl, incoming};
use crate::diagnostic::Diagnostic;
use crate::mapping::{Leg, Party, Route, Section};
use crate::model::wire::Incoming;
use crate::operate::standing::{Standing, file};

const FILE: &str = "file";
const CREDENTIALS: &str = "credentials";
const NUMBERS: &str = "numbers";
const SIGNATURE: &str = "signature";

/// A tenant that is not served: its file's problems.
pub(super) fn unserved(standing: &Standing, name: &str) -> Vec<Check> {
    let line = format!("tenant: {name}");
    let meant = |problem: &&Diagnostic| {
        let source = problem.place.as_ref().map(|(source, _)| source);
        source.is_some_and(|source| {
            let stem = source.name.rsplit('/').next().and_then(|file| file.split('.').next());
            stem == Some(name) || source.text.lines().any(|written| written.trim_end() == line)
        })
    };
    let problems = standing.problems.iter().filter(|problem| problem.is_error()).filter(meant);
    problems.map(|problem| broken(problem, "the tenant is not served")).collect()
}

fn broken(problem: &Diagnostic, what: &str) -> Check {
    let place = file(problem).map(|file| format!(" in {file}")).unwrap_or_default();
    let fix = match &problem.help[..] {
        [] => format!("`switchboard check` shows the place; `switchboard check --explain {}` says more", problem.code),
        help => help.join("; "),
    };
    Check::finding(FILE, format!("{what}: {}{place}", problem.message), fix)
}

impl Patient<'_> {
    pub(super) fn setup(&self) -> Vec<Check> {
        let mut checks = self.files();
        checks.extend([Party::Platform, Party::Provider].map(|party| self.credentials(party)));
        checks.extend(self.numbers());
        checks.extend(self.signatures());
        checks
    }

    /// The tenant's own file and those of its mappings.
    fn files(&self) -> Vec<Check> {
        let standing = self.desk.standing();
        let own = [&self.tenant.source, &self.tenant.platform.source, &self.tenant.provider.source];
        let of = |problem: &&Diagnostic| file(problem).is_some_and(|file| own.iter().any(|own| own.name == file));
        let problems: Vec<&Diagnostic> = standing.problems.iter().filter(of).collect();
        let mut checks: Vec<Check> = problems
            .iter()
            .filter(|problem| problem.is_error())
            .map(|problem| broken(problem, "an earlier text of the file is served"))
            .collect();
        if self.tenant.removed {
            let fix = "put the file back, or let what is under way come to its end";
            checks.push(Check::finding(FILE, "the tenant's file is gone: its sends are refused", fix));
        } else if !self.tenant.enabled {
            let fix = "`enabled: true` in the tenant's file, or remove the line";
            checks.push(Check::finding(FILE, "the tenant is disabled: its sends are refused", fix));
        }
        if let Some(failure) = &standing.failure {
            checks.push(Check::finding(
                FILE,
                format!("the files cannot be read: {failure}"),
                "mend the folder's rights",
            ));
        }
        if checks.is_empty() {
            let warned = match problems.len() {
                0 => String::new(),
                count => format!(", with {count} warnings: `switchboard check`"),
            };
            checks.push(Check::fine(FILE, format!("{} is served as it is{warned}", self.tenant.source.name)));
        }
        checks
    }

    /// Whether there is a scheme whose credentials are all there, for each direction.
    fn credentials(&self, party: Party) -> Check {
        let (mapping, side) = (self.tenant.mapping(party), self.tenant.side(party));
        let name = &mapping.name;
        let comes_in = mapping.sections().next().is_some();
        let schemes = mapping.sections().filter_map(|section| section.auth.as_ref());
        let in_is_there = std::iter::once(&mapping.auth_in)
            .chain(schemes)
            .any(|schemes| !incoming(mapping, schemes, self.tenant.name.as_str(), side).is_empty());
        let prover = match party {
            Party::Platform => &self.tenant.platform_auth,
            Party::Provider => &self.tenant.provider_auth,
        };
        let goes_out = mapping.calls().any(|call| call.auth.is_none());
        let lacks = [
            (comes_in && !in_is_there, "what it proves itself by to us"),
            (goes_out && prover.is_none(), "what we prove ourselves by to it"),
        ];
        let lacks: Vec<&str> = lacks.iter().filter(|(lacks, _)| *lacks).map(|(_, what)| *what).collect();
        let names = side.credentials.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        if lacks.is_empty() {
            return Check::fine(CREDENTIALS, format!("those of {name} are there: {names}"));
        }
        let fix = format!(
            "complete `credentials: {{ {name}: … }}`; there are: {names}. `auth` of {} lists the schemes",
            mapping.source.name
        );
        Check::finding(CREDENTIALS, format!("{name}: there is not {}", lacks.join(" and ")), fix)
    }

    fn numbers(&self) -> Vec<Check> {
        let tenant = &self.tenant;
        let place = self.snapshot.index_of(tenant.name.as_str());
        let mut checks = Vec::new();
        for number in &tenant.numbers {
            let written = number.number.as_str();
            let digits = written.bytes().all(|byte| byte.is_ascii_digit());
            if !digits || !(7..=15).contains(&written.len()) {
                let says =
                    format!("{written} is no number of 7 to 15 digits: the platform and the provider say digits alone");
                checks.push(Check::finding(NUMBERS, says, "write it with its country code, without `+`, in quotes"));
            } else if number.inbound && self.snapshot.by_number(&tenant.provider.name, written) != place {
                let says = format!("what people write to {written} goes to another tenant");
                checks.push(Check::finding(NUMBERS, says, "one tenant alone may have `inbound` for a number"));
            } else if number.waba.is_none() {
                let says = format!(
                    "{written} has no `waba`, so its templates are not synced and nothing is checked against them"
                );
                checks.push(Check::finding(NUMBERS, says, "add `waba:`, the id of the WhatsApp business account"));
            }
        }
        if checks.is_empty() {
            let all = tenant.numbers.iter().map(|number| number.number.as_str()).collect::<Vec<_>>().join(", ");
            checks.push(Check::fine(NUMBERS, format!("{all}: digits only, this tenant's, with an account")));
        }
        checks
    }

    /// A webhook of ours, signed as the provider would: the right secret must pass, and a wrong one must not.
    fn signatures(&self) -> Vec<Check> {
        let sections =
            self.tenant.provider.sections().filter(|section| matches!(section.leg, Leg::Status | Leg::Inbound));
        let all = sections.filter_map(|section| Some((section, section.routes.first()?)));
        all.map(|(section, route)| self.signature(section, route)).collect()
    }

    fn signature(&self, section: &Section, route: &Route) -> Check {
        let (tenant, path) = (&self.tenant, route.paths.first().map(String::as_str).unwrap_or_default());
        let schemes = section.auth.as_ref().unwrap_or(&tenant.provider.auth_in);
        let schemes = incoming(&tenant.provider, schemes, tenant.name.as_str(), &tenant.provider_side);
        let tried = match schemes.first() {
            None => {
                return Check::finding(
                    SIGNATURE,
                    format!("{path}: nothing to verify a webhook with"),
                    "complete the provider's credentials",
                );
            }
            Some(Scheme::None) => {
                return Check::finding(
                    SIGNATURE,
                    format!("{path}: anybody may post there"),
                    "give the mapping's `auth.in` a scheme",
                );
            }
            Some(Scheme::JwtRs256 { .. }) => {
                let says = format!("{path}: signed with keys of the provider's own, so no test can sign for it");
                return Check::unseen(SIGNATURE, says, "send a message to yourself: `switchboard send`");
            }
            Some(scheme) => [Signed::Right, Signed::Wrong].map(|signed| self.passes(scheme, route, path, signed)),
        };
        match tried {
            [Ok(true), Ok(false)] => Check::fine(
                SIGNATURE,
                format!("{path}: a webhook signed with the tenant's secret passes, one with another does not"),
            ),
            [Err(why), _] | [_, Err(why)] => Check::unseen(
                SIGNATURE,
                format!("{path}: no test can be signed: {why}"),
                "`switchboard send` shows whether statuses come",
            ),
            [Ok(false), _] => Check::finding(
                SIGNATURE,
                format!("{path}: a webhook signed with the tenant's own secret is refused"),
                "another tenant may share the account with another secret; `switchboard check`",
            ),
            [_, Ok(true)] => Check::finding(
                SIGNATURE,
                format!("{path}: a webhook signed with a wrong secret passes"),
                "the secret may be empty; `switchboard check`",
            ),
        }
    }

    fn passes(&self, scheme: &Scheme, route: &Route, path: &str, signed: Signed) -> Result<bool, String> {
        let method = route.methods.first().cloned().unwrap_or_default();
        let kind = route.content_type.clone().unwrap_or_else(|| "application/json".to_owned());
        let headers = vec![("content-type".to_owned(), kind)];
        let (query, body) = (String::new(), bytes::Bytes::from_static(b"{}"));
        let mut request = Incoming { method, path: path.to_owned(), query, headers, body, peer: None };
        let Found::Sections(hits, found) = self.snapshot.routes.find(&request.method, path) else {
            return Err("another mapping has its route".to_owned());
        };
        // What stands for a segment in the mapping is read back as itself; the tenant's own name is what it mostly is.
        let name = self.tenant.name.as_str();
        let mut values: Vec<(&str, String)> = found.iter().map(|(segment, _)| (*segment, name.to_owned())).collect();
        let url = self.snapshot.public_url.as_ref().map(PublicUrl::as_str);
        sign(scheme, &mut request, (&mut values, url), "", signed, self.now)?;
        let place = self.snapshot.index_of(name);
        let asked = Request { incoming: &request, path: &values, public_url: url, keys: &self.snapshot.keys };
        let indexes = hits.iter().filter_map(|hit| self.snapshot.credentials.get(hit.credentials));
        let mut verified = indexes.filter_map(|index| index.verify(&asked, self.now).ok());
        Ok(verified.any(|verified| place.is_some_and(|place| verified.tenants.contains(&place))))
    }
}
