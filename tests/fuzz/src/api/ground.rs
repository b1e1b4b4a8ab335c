//! A gateway with something of everything that may be shown and changed, for two tenants; and everybody who asks it.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use switchboard::client::Outbound;
use switchboard::config::{self, Files, NoSecret, Reference, Snapshot};
use switchboard::delivery::Life;
use switchboard::diagnostic::{Diagnostic, render};
use switchboard::flow::{Ambient, Flow, Work};
use switchboard::model::wire::{Answer, Class, Prepared};
use switchboard::model::{self, Name, Ref, Secret};
use switchboard::operate::{Desk, Standing, Tokens};
use switchboard::store::memory::Memory;
use switchboard::store::{
    Audits, Came, Cause, DeadLetter, Hold, Holding, Lane, Letters, NewCall, NewMessage, Origin, Page, Role, Store,
    Suppression, Taken, Token,
};
use switchboard::value::Timestamp;
use tokio::sync::mpsc;

use crate::{proof, shipped};

/// Whose messages and letters are there: name, sender, and a word that only what is its own has.
pub const TENANTS: [(&str, &str, &str); 2] = [("acme", "6531290044", "harbour"), ("bandra", "919845013377", "monsoon")];

/// What only `reveal` may see: a number, a name and a text of somebody.
pub const PERSON: [&str; 3] = ["919812345670", "Asha Kapoor", "meet me in Zanzibar"];

/// What every secret of the configuration begins with.
pub const SECRET: &str = "the-value-of-";

/// Who asks.
#[derive(Debug)]
pub struct Bearer {
    /// What the first line of an input says.
    pub letter: char,
    /// What he proves himself by.
    pub token: &'static str,
    roles: &'static [Role],
    tenant: Option<&'static str>,
}

const READ: Role = Role::Read;
const OPERATE: Role = Role::Operate;
const REVEAL: Role = Role::Reveal;

const fn bearer(letter: char, token: &'static str, roles: &'static [Role], tenant: Option<&'static str>) -> Bearer {
    Bearer { letter, token, roles, tenant }
}

/// Everybody who is known. The first has the token of the environment, the others are in the store.
pub const BEARERS: &[Bearer] = &[
    bearer('c', "swb_of-the-environment", &Role::ALL, None),
    bearer('a', "swb_for-everything", &Role::ALL, None),
    bearer('r', "swb_who-reads", &[READ], None),
    bearer('o', "swb_who-operates", &[OPERATE], None),
    bearer('v', "swb_who-reveals", &[REVEAL], None),
    bearer('w', "swb_who-reads-and-operates", &[READ, OPERATE], None),
    bearer('s', "swb_who-reads-and-reveals", &[READ, REVEAL], None),
    bearer('t', "swb_everything-of-acme", &Role::ALL, Some("acme")),
    bearer('q', "swb_who-reads-acme", &[READ], Some("acme")),
];

impl Bearer {
    /// Whether the token has that role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether the token is good for what is of that tenant, or of nobody.
    pub fn is_of(&self, tenant: Option<&str>) -> bool {
        self.tenant.is_none() || self.tenant == tenant
    }
}

/// Nobody is called, and the time is always the same.
struct Still;

fn now() -> Timestamp {
    Timestamp::from_millis(proof::NOW * 1000)
}

impl Ambient for Still {
    fn now(&self) -> Timestamp {
        now()
    }

    fn random(&self) -> u64 {
        7
    }
}

impl Outbound for Still {
    fn send(&self, _: Prepared) -> BoxFuture<'_, Answer> {
        Box::pin(std::future::ready(Answer::without(Class::Unreached, "nobody is there")))
    }

    fn allows(&self, _: &url::Url) -> bool {
        true
    }
}

/// The shipped mappings and two of the shipped tenants.
fn snapshot() -> Arc<Snapshot> {
    static SNAPSHOT: OnceLock<Arc<Snapshot>> = OnceLock::new();
    let snapshot = SNAPSHOT.get_or_init(|| {
        let key = switchboard::sim::keys::generate().expect("a key is made").private_pem;
        let resolve = |reference: &Reference| -> Result<Secret, NoSecret> {
            Ok(Secret::new(match reference {
                Reference::Env(name) => format!("{SECRET}{name}"),
                Reference::File(_) => key.clone(),
            }))
        };
        let mut tenants = shipped::sources("tenants", false);
        tenants.retain(|source| TENANTS.iter().any(|(name, ..)| *source.name == *format!("tenants/{name}.yaml")));
        let files = Files { mappings: shipped::sources("mappings", false), tenants, ..Files::default() };
        let (snapshot, problems) = config::build(&files, None, &resolve, [0; 32]);
        assert!(!problems.iter().any(Diagnostic::is_error), "{}", render(&problems));
        assert_eq!(snapshot.tenants.len(), TENANTS.len());
        Arc::new(snapshot)
    });
    Arc::clone(snapshot)
}

/// The gateway that is asked.
pub struct Ground {
    /// Whom everybody asks.
    pub desk: Desk,
    flow: Arc<Flow>,
    store: Arc<Memory>,
    /// So that somebody would hear of a release.
    _work: mpsc::Receiver<Work>,
}

impl Ground {
    /// A new one, always the same.
    pub async fn new() -> Self {
        let (store, still) = (Arc::new(Memory::new()), Arc::new(Still));
        for tenant in TENANTS {
            fill(&store, tenant).await;
        }
        let of_nobody = letter(None, "status", None, r#"{"to":"919812345670"}"#.to_owned());
        store.park(vec![of_nobody]).await.expect("memory takes it");
        let mut tokens = Vec::new();
        for Bearer { letter, token, roles, tenant } in &BEARERS[1..] {
            let (name, hash, roles) = (format!("token-{letter}"), Tokens::hash(token), roles.iter().copied().collect());
            tokens.push(Token { name, hash, at: now(), roles, tenant: tenant.map(Name::from), until: None });
            store.keep_token(tokens[tokens.len() - 1].clone()).await.expect("memory takes it");
        }
        let (work, _work) = mpsc::channel(64);
        let flow = Flow::new(Snapshot::default(), store.clone(), still.clone(), still, work);
        flow.snapshot.store(snapshot());
        for (tenant, sender, _) in TENANTS {
            let lane = Lane { tenant: tenant.into(), from: sender.into() };
            let hold = Hold { since: now(), probe: now().after(Duration::from_secs(60)) };
            flow.held.set(Holding::Messages(lane), Some(hold));
        }
        let flow = Arc::new(flow);
        let tokens = Tokens::new(Some(Tokens::hash(BEARERS[0].token)), tokens);
        Self { desk: Desk::new(flow.clone(), Standing::default(), tokens), flow, store, _work }
    }

    /// How everything stands that can be changed.
    pub async fn state(&self) -> State {
        let store = &self.store;
        let (end, nobody) = (Timestamp::from_millis(i64::MAX), HashSet::new());
        let letters = store.letters(&Letters::default(), Page::Newest { below: None }, 1000).await;
        let letters = letters.expect("memory answers");
        let (calls, _) = store.calls(end, 1000, &nobody).await.expect("memory answers");
        let mut of = Vec::new();
        for tenant in [None].into_iter().chain(TENANTS.map(Some)) {
            let name = tenant.map(|(name, ..)| name);
            let letters = letters.iter().filter(|letter| letter.tenant.as_ref().map(Name::as_str) == name);
            let mut text = format!("{:?}", letters.map(|letter| letter.id).collect::<Vec<_>>());
            if let Some((name, sender, _)) = tenant {
                let calls = calls.iter().filter(|call| call.call.tenant.as_str() == name).map(|call| call.call.id);
                let ledger = store.ledger(&name.into()).await.expect("memory answers");
                let last = Lane { tenant: name.into(), from: sender.into() };
                let last = store.last_to(&last, &[PERSON[0].into()]).await.expect("memory answers");
                let held = self.flow.held.all().into_iter().map(|held| format!("{held:?}"));
                let held = held.filter(|held| held.contains(name));
                text = format!("{text} {ledger:?} {:?}", (calls.collect::<Vec<_>>(), last, held.collect::<Vec<_>>()));
            }
            of.push((name, text));
        }
        let tokens = format!("{:?}", store.tokens().await.expect("memory answers"));
        let audit = store.audits(&Audits::default(), 1000).await.expect("memory answers");
        State { of, tokens, audit: audit.into_iter().map(|line| line.what).collect() }
    }
}

/// How everything stands that can be changed.
#[derive(Debug, PartialEq, Eq)]
pub struct State {
    /// Of nobody, and of each tenant.
    pub of: Vec<(Option<&'static str>, String)>,
    /// The tokens.
    pub tokens: String,
    /// What the audit log says was done.
    pub audit: Vec<String>,
}

/// Two messages, a call, an opt-out, and a letter of every kind.
async fn fill(store: &Memory, (tenant, sender, word): (&'static str, &str, &str)) {
    let [number, name, text] = PERSON;
    let first = if tenant == TENANTS[0].0 { 1 } else { 11 };
    let message = |place: i64| NewMessage {
        reference: Ref::from_number(first + place),
        lane: Lane { tenant: tenant.into(), from: sender.into() },
        to: number.into(),
        class: model::Class::Promotional,
        origin: Origin::Platform,
        platform_id: format!("{word}-{place}"),
        campaign: None,
        dedupe: Some(format!("{word}-{place}")),
        body: format!(r#"{{"id":"{word}-{place}","to":"{number}","from":"{sender}","text":"{text}"}}"#).into(),
        version: String::new(),
        life: Life::new(now().after(Duration::from_secs(3600))),
        at: now(),
    };
    store.accept(vec![message(0), message(1)]).await.expect("memory takes it");
    let event = format!(r#"{{"ref":"{}","status":"read","to":"{number}","word":"{text}"}}"#, Ref::from_number(first));
    let call = NewCall {
        id: first,
        tenant: tenant.into(),
        name: "report".to_owned(),
        message: Some(Ref::from_number(first)),
        context: event.clone().into(),
        at: now(),
    };
    let inbound = Taken {
        tenant: tenant.into(),
        id: format!("in-{word}"),
        addresses: vec![number.into()],
        suppressions: vec![Suppression {
            tenant: tenant.into(),
            sender: None,
            address: number.into(),
            on: true,
            at: Timestamp::from_millis(0),
            cause: Cause::Joined,
        }],
        replies: Vec::new(),
        calls: vec![call],
        at: now(),
    };
    store.take(inbound).await.expect("memory takes it");
    let webhook = format!(r#"{{"to":{number},"profile":{{"name":"{name}"}},"{number}":["{text}"],"{word}":1}}"#);
    let form = format!("to={number}&name={name}&text={text}");
    let letters = [
        ("call", Some(first), event.clone()),
        ("report", Some(first), event.clone()),
        ("unmatched", None, event),
        ("status", None, webhook),
        ("inbound", None, form),
    ];
    let letters = letters.map(|(kind, message, content)| letter(Some((tenant, word)), kind, message, content));
    store.park(letters.into()).await.expect("memory takes it");
}

fn letter(of: Option<(&str, &str)>, kind: &str, message: Option<i64>, content: String) -> DeadLetter {
    let (tenant, word) = (of.map(|(tenant, _)| tenant), of.map_or("nobody", |(_, word)| word));
    let name = match kind {
        "call" => "report",
        "report" => "read",
        "inbound" => "/webhooks/vonage/inbound",
        _ => "/webhooks/vonage/status",
    };
    let verified = tenant.map(str::to_owned).into_iter().collect();
    DeadLetter {
        id: 0,
        tenant: tenant.map(Name::from),
        kind: kind.to_owned(),
        name: name.to_owned(),
        message: message.map(Ref::from_number),
        // A provider's own word may be anything.
        why: format!("not of this {word}: {}", PERSON[0]),
        content: content.into(),
        at: now(),
        call: (kind == "call").then_some(77 + message.unwrap_or_default()),
        came: Some(Came { method: "POST".to_owned(), query: String::new(), headers: Vec::new(), verified }),
        attempts: 1,
        due: None,
    }
}
