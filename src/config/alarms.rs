//! `alarms:` of the gateway's file: whom the gateway tells when something goes wrong, and what of it. Nothing is told here.

use url::{Host, Url};

use super::secret::Reference;
use crate::mapping::{Fields, Reader};
use crate::shape::{self, AlarmKind};
use crate::yaml::Node;

/// Whom the gateway tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarms {
    /// Where it posts to.
    pub url: Url,
    /// Where the key is that it signs with.
    pub secret: Reference,
    /// The kinds that are told; nothing: all of them.
    pub only: Option<Vec<&'static str>>,
}

impl Alarms {
    /// Reads the map; nothing where it has an error.
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = Fields::read(reader, node, &shape::ALARMS);
        let url = fields.get("url").and_then(|node| url(reader, node));
        let secret = fields.get("secret").and_then(|node| secret(reader, node));
        let only = fields.get("only").map(|node| kinds(reader, node));
        Some(Self { url: url?, secret: secret?, only })
    }

    /// Whether alarms of that kind are told.
    #[must_use]
    pub fn tells(&self, kind: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&kind))
    }
}

fn url(reader: &mut Reader, node: &Node) -> Option<Url> {
    let text = reader.text(node, "`alarms.url`")?;
    let url = Url::parse(text).ok().filter(|url| url.username().is_empty() && url.password().is_none());
    // By plain http nowhere but to this machine, and there only where calls to loopback are allowed.
    let good = url.filter(|url| match url.scheme() {
        "https" => url.host().is_some(),
        "http" => match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        },
        _ => false,
    });
    if good.is_none() {
        let help = "such as https://pager.example/switchboard, without user name; by http to this machine only, with `allow_loopback`";
        reader.error("SB0424", node.span, "`alarms.url` is no address that alarms go to", help);
    }
    good
}

fn secret(reader: &mut Reader, node: &Node) -> Option<Reference> {
    let text = reader.text(node, "`alarms.secret`")?;
    let reference = Reference::parse(text);
    if reference.is_none() {
        let help = "write ${env:NAME} or ${file:/path} and keep the key there";
        reader.error("SB0424", node.span, "the key that alarms are signed with is written in the file itself", help);
    }
    reference
}

fn kinds(reader: &mut Reader, node: &Node) -> Vec<&'static str> {
    let words: Vec<(&str, &'static str)> = AlarmKind::WORDS.iter().map(|kind| (*kind, *kind)).collect();
    let kinds = Reader::one_or_many(node).iter();
    kinds.filter_map(|node| reader.word(node, "`alarms.only`", &words)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::yaml;

    fn read(text: &str) -> (Option<Alarms>, Vec<String>) {
        let source = Source::new("switchboard.yaml", text);
        let node = yaml::parse(&source, &mut Vec::new()).unwrap();
        let mut reader = Reader::new(source);
        let alarms = Alarms::read(&mut reader, &node);
        (alarms, reader.problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect())
    }

    #[test]
    fn an_address_a_reference_and_what_is_told() {
        let (alarms, problems) = read("{ url: \"https://pager.example/in\", secret: \"${env:K}\", only: lane_held }");
        let alarms = alarms.unwrap();
        assert_eq!(problems, [""; 0]);
        assert!(alarms.tells("lane_held") && !alarms.tells("dead_letters"));
        let (alarms, _) = read("{ url: \"http://127.0.0.1:9/in\", secret: \"${file:/k}\" }");
        assert!(alarms.unwrap().tells("dead_letters"));
    }

    #[test]
    fn what_cannot_be_told_to_is_named() {
        let no_url = "SB0424: `alarms.url` is no address that alarms go to";
        for url in ["http://pager.example/", "ftp://pager.example/", "https://me:x@pager.example/", "pager.example"] {
            let (alarms, problems) = read(&format!("{{ url: \"{url}\", secret: \"${{env:K}}\" }}"));
            assert_eq!((alarms, problems), (None, vec![no_url.to_owned()]), "{url}");
        }
        let (alarms, problems) = read("{ url: \"https://pager.example/\", secret: hunter2 }");
        let no_reference = "SB0424: the key that alarms are signed with is written in the file itself";
        assert_eq!((alarms, problems), (None, vec![no_reference.to_owned()]));
        let (_, problems) = read("{ url: \"https://pager.example/\", secret: \"${env:K}\", only: [ lane_help ] }");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(read("{ url: \"https://pager.example/\" }").0.is_none());
    }
}
