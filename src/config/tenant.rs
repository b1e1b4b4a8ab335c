//! A tenant file: which platform and provider, which numbers, whose credentials, how fast.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::accounts::{Account, Book};
use super::budget;
use super::gateway::Defaults;
use super::index::Entries;
use super::keywords::{self, KeywordRule};
use super::limits::{self, Delivery, Limits};
use super::schemes;
use super::secret::Resolve;
use super::side::{self, Side};
use super::sources;
use super::under::Memo;
use super::versions::{NoMapping, version};
use crate::auth::Prover;
use crate::diagnostic::Source;
use crate::language::World;
use crate::mapping::{Fields, Mapping, Party, Reader};
use crate::model::{Address, Name, Rate};
use crate::shape;
use crate::value::{Arena, Tree, Value};
use crate::yaml::{Key, Node, to_tree};

/// One of a tenant's senders.
#[derive(Clone, Debug)]
pub struct Number {
    /// Digits, or a word.
    pub number: Address,
    /// The WhatsApp business account; without one no templates are synced.
    pub waba: Option<String>,
    /// At dispatch.
    pub rate: Rate,
    /// Its inbound messages belong to this tenant.
    pub inbound: bool,
    /// Everything written, read as `$.number.NAME`.
    pub members: Tree,
}

/// One brand.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its file.
    pub source: Source,
    /// A hash of its text, short.
    pub version: String,
    /// Its name.
    pub name: Name,
    /// False: its sends are refused and its queue is held.
    pub enabled: bool,
    /// The platform's mapping.
    pub platform: Arc<Mapping>,
    /// The provider's mapping.
    pub provider: Arc<Mapping>,
    /// Its senders.
    pub numbers: Vec<Number>,
    /// What it says to the platform's mapping.
    pub platform_side: Side,
    /// What it says to the provider's mapping.
    pub provider_side: Side,
    /// How calls to the platform prove themselves, where the call does not say.
    pub platform_auth: Option<Arc<Prover>>,
    /// How calls to the provider prove themselves.
    pub provider_auth: Option<Arc<Prover>>,
    pub(super) account: String,
    /// Its file is gone: disabled until its last message is settled.
    pub removed: bool,
    pub(super) written: [Box<str>; 2],
    pub(super) entries: Entries,
    pub(super) under: Memo,
    /// How fast.
    pub limits: Limits,
    /// How.
    pub delivery: Delivery,
    /// Address ranges the platform may call from; empty: any.
    pub sources: Vec<IpNet>,
    /// Hosts that calls may go to besides the mapping's.
    pub hosts: Vec<String>,
    /// The platform's rules with this tenant's words.
    pub keywords: Vec<KeywordRule>,
}

impl Tenant {
    /// The sender of that address.
    #[must_use]
    pub fn number(&self, address: &str) -> Option<&Number> {
        self.numbers.iter().find(|number| number.number.as_str() == address)
    }

    /// The sender that a party means, written with or without plus and spaces.
    #[must_use]
    pub fn sender(&self, written: &str) -> Option<&Number> {
        self.number(written).or_else(|| self.number(Address::plain(written).as_str()))
    }

    /// The sender whose member of that name has this value, for providers that name a sender by an id of their own.
    #[must_use]
    pub fn sender_with(&self, member: &str, value: &str) -> Option<&str> {
        let has = |number: &&Number| number.members.get(member).and_then(Tree::as_text) == Some(value);
        self.numbers.iter().find(has).map(|number| number.number.as_str())
    }

    /// Whether calls to that party may go to this host: `host` means its scheme's own port, `host:port` any other.
    #[must_use]
    pub fn lists_host(&self, party: Party, url: &url::Url) -> bool {
        lists(self.mapping(party).hosts.iter().chain(&self.hosts), url)
    }

    /// What it says to one party's mapping.
    #[must_use]
    pub const fn side(&self, party: Party) -> &Side {
        match party {
            Party::Platform => &self.platform_side,
            Party::Provider => &self.provider_side,
        }
    }

    /// One party's mapping.
    #[must_use]
    pub const fn mapping(&self, party: Party) -> &Arc<Mapping> {
        match party {
            Party::Platform => &self.platform,
            Party::Provider => &self.provider,
        }
    }

    /// Whether this is the version of a mapping that it goes by.
    #[must_use]
    pub fn means(&self, mapping: &Mapping) -> bool {
        let own = self.mapping(mapping.party);
        own.name == mapping.name && own.version == mapping.version
    }

    /// What the file says of one party's mapping: its name, perhaps with a version.
    #[must_use]
    pub fn written(&self, party: Party) -> &str {
        match party {
            Party::Platform => &self.written[0],
            Party::Provider => &self.written[1],
        }
    }

    /// Puts what the tenant says to one party into a world; `credentials` only where the scope has them.
    pub fn enter<'v>(&'v self, party: Party, credentials: bool, world: &mut World<'v>) {
        let side = self.side(party);
        world.tenant = self.name.as_str();
        world.settings = side.settings.view(world.arena);
        world.overrides = Some(&side.overrides);
        if credentials {
            world.credentials = side.secrets(0, world.arena);
        }
    }

    /// The provider account that calls are counted and stopped by: tenants who name one share it, else those with the
    /// same credentials.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Whether the platform may call from there.
    #[must_use]
    pub fn allows(&self, peer: Option<IpAddr>) -> bool {
        self.sources.is_empty()
            || peer.is_some_and(|peer| self.sources.iter().any(|network| network.contains(&peer.to_canonical())))
    }
}

impl Number {
    /// As `$.number`.
    pub fn view<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        self.members.view(arena)
    }
}

/// Whether one of these is the URL's host: `host` means its scheme's own port, `host:port` any other.
pub(super) fn lists<'h>(mut listed: impl Iterator<Item = &'h String>, url: &url::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    listed.any(|known| known == host && with_port.is_none() || Some(known) == with_port.as_ref())
}

/// Finds a mapping by side and what the file says.
pub(super) type Find<'f> = &'f dyn Fn(Party, &str) -> Result<Arc<Mapping>, NoMapping>;

/// Reads a tenant file. `None` if there is nothing to speak of; else the reader's problems say whether it may be used.
pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    find: Find<'_>,
    resolve: Resolve<'_>,
    (defaults, book): (&Defaults, &Book),
) -> Option<Tenant> {
    let fields = Fields::read(reader, node, &shape::TENANT);
    let name = reader.text(fields.get("tenant")?, "tenant")?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        reader.error(
            "SB0401",
            fields.get("tenant")?.span,
            format!("`{name}` is no name for a tenant"),
            "letters, digits, `-`, `_` and `.`",
        );
    }
    let platform = party(reader, fields.get("platform")?, Party::Platform, find);
    let account = fields.get("account").map(|node| book.find(reader, node));
    let provider = provider(reader, (node, fields), account, find);
    let account = account.flatten();
    let ((platform, platform_written), (provider, provider_written)) = (platform?, provider?);
    let parties = [platform.name.as_str(), provider.name.as_str()];
    let platform_side = side::read(reader, node, &platform, &parties, resolve, None);
    let provider_side = side::read(reader, node, &provider, &parties, resolve, account);
    undeclared(reader, fields, &[&platform, &provider]);
    let enabled = fields.get("enabled").and_then(|node| reader.boolean(node, "enabled")).unwrap_or(true);
    let numbers = numbers(reader, fields.get("numbers")?);
    let all = account.map_or(&defaults.limits, |account| &account.limits);
    let limits = fields.get("limits").map_or_else(|| all.clone(), |node| limits::limits(reader, node, all));
    let all = defaults.delivery.clone();
    let delivery = fields.get("delivery").map_or(all, |node| limits::delivery(reader, node, &defaults.delivery));
    budget::check(reader, fields, &limits, &numbers, &platform);
    let keywords = keywords::read(reader, fields.get("keywords"), &platform);
    let hosts = fields.get("hosts").map_or(&[][..], Reader::one_or_many);
    let hosts: Vec<String> = hosts.iter().filter_map(|node| reader.text(node, "hosts").map(str::to_owned)).collect();
    schemes::check(reader, node, &platform, (name, &platform_side), &hosts);
    schemes::check(reader, node, &provider, (name, &provider_side), &hosts);
    let prover = |mapping, side| schemes::outgoing(mapping, name, side).map(|scheme| Arc::new(Prover::from(scheme)));
    let (platform_auth, provider_auth) = (prover(&platform, &platform_side), prover(&provider, &provider_side));
    let account = account.map_or_else(
        || provider_auth.as_ref().and_then(|prover| prover.token_key()).unwrap_or(name).to_owned(),
        |account| format!("account {}", account.name),
    );
    Some(Tenant {
        source: reader.source.clone(),
        version: version(&reader.source.text),
        name: name.into(),
        account: format!("{}/{account}", provider.name),
        enabled,
        removed: false,
        written: [platform_written, provider_written],
        entries: Entries::new(),
        under: Memo::default(),
        numbers,
        limits,
        delivery,
        keywords,
        hosts,
        sources: fields.get("sources").map_or_else(Vec::new, |node| sources::read(reader, node)),
        platform_auth,
        provider_auth,
        platform,
        provider,
        platform_side,
        provider_side,
    })
}

fn party(reader: &mut Reader, node: &Node, party: Party, find: Find<'_>) -> Option<(Arc<Mapping>, Box<str>)> {
    let written = match party {
        Party::Platform => reader.text(node, "platform")?,
        Party::Provider => reader.text(node, "provider")?,
    };
    match find(party, written) {
        Ok(mapping) => Some((mapping, written.into())),
        Err(NoMapping { code, message, help }) => {
            reader.error(code, node.span, message, help);
            None
        }
    }
}

/// The provider's mapping: the one that the tenant names, or its account's. `account`: none named, one that cannot be
/// used, or one.
fn provider(
    reader: &mut Reader,
    (node, fields): (&Node, Fields<'_>),
    account: Option<Option<&Account>>,
    find: Find<'_>,
) -> Option<(Arc<Mapping>, Box<str>)> {
    let own = fields.get("provider");
    let Some(said) = own else {
        if account.is_none() {
            let help = "add `provider:`, or `account:` with an account of the gateway's file";
            reader.error("SB0302", node.span, "a tenant needs `provider`, or an `account`", help);
        }
        return account.flatten().map(|account| (account.provider.clone(), account.written.clone()));
    };
    let found = party(reader, said, Party::Provider, find)?;
    if let Some(account) = account.flatten()
        && account.provider.name != found.0.name
    {
        let message = format!("the account `{}` is one of `{}`", account.name, account.provider.name);
        reader.error("SB0418", said.span, message, "remove `provider:`, or name an account of this provider");
        return None;
    }
    Some(found)
}

/// Settings and tables that neither mapping declares are likely typing errors.
fn undeclared(reader: &mut Reader, fields: Fields<'_>, mappings: &[&Arc<Mapping>]) {
    let declared =
        |name: &str| mappings.iter().any(|mapping| mapping.settings.iter().any(|setting| *setting.name == *name));
    let party = |name: &str| mappings.iter().any(|mapping| mapping.name.as_str() == name);
    let known: Vec<&str> =
        mappings.iter().flat_map(|mapping| mapping.settings.iter().map(|setting| &*setting.name)).collect();
    let mut pending: Vec<_> =
        fields.get("settings").map_or(&[][..], |node| reader.map(node, "settings")).iter().collect();
    while let Some((key, value)) = pending.pop() {
        if party(&key.text) && value.as_map().is_some() {
            pending.extend(value.as_map().unwrap_or_default());
        } else if !declared(&key.text) {
            let help = crate::diagnostic::suggest(&key.text, known.iter().copied()).map_or_else(
                || format!("declared are: {}", known.join(", ")),
                |word| format!("did you mean `{word}`?"),
            );
            reader.error("SB0402", key.span, format!("neither mapping has a setting `{}`", key.text), help);
        }
    }
    unknown_credentials(reader, fields, mappings);
    for (key, _) in fields.get("tables").map_or(&[][..], |node| reader.map(node, "tables")) {
        if !party(&key.text) {
            reader.error(
                "SB0402",
                key.span,
                format!("`{}` is neither of the tenant's parties", key.text),
                "tables are laid over by party: tables: { PARTY: { TABLE: { ROW: … } } }",
            );
        }
    }
}

/// Credentials that neither mapping reads: kept secret, and of no use.
fn unknown_credentials(reader: &mut Reader, fields: Fields<'_>, mappings: &[&Arc<Mapping>]) {
    let read: Vec<&str> = mappings.iter().flat_map(|mapping| mapping.module.credentials()).collect();
    if read.contains(&"*") {
        return;
    }
    let given = fields.get("credentials").and_then(Node::as_map).unwrap_or_default();
    let blocks = |(_, value): &&(Key, Node)| value.as_map().is_some();
    let party = |key: &str| mappings.iter().any(|mapping| mapping.name.as_str() == key);
    for (key, _) in given.iter().filter(blocks).filter(|(key, _)| !party(&key.text)) {
        let parties: Vec<&str> = mappings.iter().map(|mapping| mapping.name.as_str()).collect();
        let help = crate::diagnostic::suggest(&key.text, parties.iter().copied())
            .map_or_else(|| format!("they are: {}", parties.join(", ")), |word| format!("did you mean `{word}`?"));
        reader.error("SB0402", key.span, format!("neither party is called `{}`", key.text), help);
    }
    let blocks_of_parties = given.iter().filter(blocks).filter(|(key, _)| party(&key.text));
    let inner = blocks_of_parties.flat_map(|(_, value)| value.as_map().unwrap_or_default());
    for (key, _) in given.iter().filter(|entry| !blocks(entry)).chain(inner) {
        if !read.contains(&&*key.text) {
            let help = crate::diagnostic::suggest(&key.text, read.iter().copied())
                .map_or_else(|| format!("they read: {}", read.join(", ")), |word| format!("did you mean `{word}`?"));
            reader.warning("SB0414", key.span, format!("neither mapping reads a credential `{}`", key.text), help);
        }
    }
}

fn numbers(reader: &mut Reader, node: &Node) -> Vec<Number> {
    let mut numbers: Vec<Number> = Vec::new();
    for item in Reader::one_or_many(node) {
        let Some(number) = item.get("number").or_else(|| item.scalar().map(|_| item)).and_then(Node::scalar_text)
        else {
            reader.error(
                "SB0302",
                item.span,
                "a number needs `number`",
                "write - { number: \"14155550100\", waba: \"…\" }",
            );
            continue;
        };
        if numbers.iter().any(|known| known.number.as_str() == number) {
            reader.error("SB0410", item.span, "this number is listed twice", "keep one of the two");
        }
        if number.starts_with('+') || number.is_empty() {
            reader.error(
                "SB0411",
                item.get("number").unwrap_or(item).span,
                "a number is written in digits, without `+`",
                "for example \"14155550100\"",
            );
        }
        let rate = item.get("rate").and_then(|node| limits::read_rate(reader, node, "rate"));
        numbers.push(Number {
            number: (&*number).into(),
            waba: item.get("waba").and_then(Node::scalar_text).map(|waba| waba.to_string()),
            rate: rate.unwrap_or_else(|| limits::rate("80/s")),
            inbound: item.get("inbound").and_then(|node| reader.boolean(node, "inbound")).unwrap_or(true),
            members: member_texts(item, &number),
        });
    }
    if numbers.is_empty() {
        reader.error("SB0302", node.span, "a tenant needs at least one number", "add - { number: \"…\" }");
    }
    numbers
}

/// `$.number`'s members: a number written without quotes is its text, as everywhere in this file.
fn member_texts(item: &Node, number: &str) -> Tree {
    let members = item.as_map().unwrap_or_default().iter().filter(|(key, _)| &*key.text != "number");
    let mut members: Vec<(Box<str>, Tree)> = members.map(|(key, value)| (key.text.clone(), to_tree(value))).collect();
    members.insert(0, ("number".into(), Tree::from_text(number)));
    Tree::Map(members.into())
}
