//! The configuration of a run: a platform's and a provider's mapping that use every way of delivery, and tenants whose
//! settings are drawn.

use std::sync::LazyLock;

use super::dice::Dice;
use crate::config::{self, Files, Snapshot};
use crate::diagnostic::Source;
use crate::model::Secret;

const PLATFORM: &str = r#"
dsl: 1
platform: campaigns
settings: { report_url: { type: url }, asks_first: { type: boolean, default: false } }
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused: { http: $.error.reason | table(answers), body: { why: $.error.reason } }
send:
  route: { method: POST, path: /send }
  checks:
    - { refuse: opted_out, when: '$.settings.asks_first == true && ($.body.to | is_suppressed($.body.from))' }
  message: { id: $.body.id, to: $.body.to, from: $.body.from, class: $.body.class, text: $.body.text }
  answer: { http: 202, body: { accepted: $.body.id } }
  duplicate: { http: 200, body: { accepted: $.body.id } }
status:
  words: { submitted: sent, delivered: delivered, read: read, failed: failed }
  do: [ report ]
inbound:
  rules:
    opt_out: { words: [ STOP ], reply: Goodbye., do: [ suppress, reply, post ] }
    opt_in: { words: [ START ], reply: Welcome back., do: [ release, reply, post ] }
    any: { when: $.inbound.content.kind == "text", reply: Pardon?, do: [ reply, post ] }
calls:
  report:
    method: POST
    url: $.settings.report_url
    body: { call: $.call.id, ref: $.message.ref, word: $.word, reason: $.event.failure.reason? }
    ok: $.answer.class == "2xx" && $.answer.body.done == true
    retry: { again: [ unreached, unanswered, 2xx, 429, 5xx ], hold: [ 401 ], for: 2h }
  post:
    method: POST
    url: $.settings.report_url
    body: { call: $.call.id, inbound: $.inbound.id }
    ok: $.answer.class == "2xx" && $.answer.body.done == true
    retry: { again: [ unreached, unanswered, 2xx, 429, 5xx ], hold: [ 401 ], for: 2h }
tables:
  answers:
    rows: { overloaded: 503, throttled: 429, opted_out: 409, unauthenticated: 401, forbidden: 403 }
    else: 400
"#;

const PROVIDER: &str = r#"
dsl: 1
provider: carrier
settings: { mute: { type: boolean, default: false } }
auth:
  out: [ { header: { name: key, value: $.credentials.key } } ]
  in: [ { header: { name: key, value: $.credentials.key } } ]
refused: { http: $.error.reason | table(answers) }
hosts: [ carrier.example ]
send:
  call:
    when: $.settings.mute == false
    method: POST
    url: https://carrier.example/messages
    body: { to: $.message.to, from: $.message.from, ref: $.message.ref }
    ok: $.answer.class == "2xx" && $.answer.body.id?
    take: { provider_id: $.answer.body.id }
    failed:
      let: { row: '$.answer.body.code? | table(codes)' }
      reason: $.row.reason
      code: $.answer.body.code?
      resend: $.row.resend
      stop: $.row.stop
    retry: { again: [ unreached, 429, 503 ], in_doubt: [ unanswered, 2xx, 5xx ], renew: [ 401 ], hold: [ 401, 402 ] }
status:
  route: { method: POST, path: /status }
  each: "$.body.events[*]"
  let:
    status: $.item.status | table(statuses)
    row: '$.item.code? | table(codes)'
  event:
    provider_id: $.item.id
    ref: $.item.ref?
    status: $.status?
    word: $.item.status
    at: $.item.at | time
    user: $.item.user?
    failure:
      $when: $.status == "failed"
      then: { reason: $.row.reason, code: "$.item.code?", resend: "$.row.resend?", settle: "$.row.settle?", stop: "$.row.stop?" }
  answer: { http: 200 }
inbound:
  route: { method: POST, path: /inbound }
  tenant: { number: $.body.to }
  event:
    id: $.body.id
    from: $.body.from
    user: $.body.user?
    to: $.body.to
    at: $.body.at | time
    content: { kind: text, text: $.body.text }
  answer: { http: 200 }
tables:
  answers: { rows: { unauthenticated: 401 }, else: 503 }
  statuses:
    rows: { submitted: submitted, delivered: delivered, read: read, failed: failed }
    else: $omit
  codes:
    rows:
      barred: { reason: undeliverable }
      busy: { reason: undeliverable, resend: 20s }
      absent: { reason: undeliverable, settle: 90s }
      absent_busy: { reason: undeliverable, settle: 30s, resend: 40s }
      broke: { reason: no_credit, stop: account }
      banned: { reason: forbidden, stop: number }
    else: { reason: unknown, resend: $omit, settle: $omit, stop: $omit }
"#;

/// Whom an opt-out holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Tenant,
    Number,
    Off,
}

/// A tenant's file, as drawn.
#[derive(Clone, Debug)]
pub(super) struct Brand {
    pub(super) name: String,
    /// Tenants with the same one share it.
    pub(super) account: String,
    /// With their rates, a second.
    pub(super) numbers: Vec<(String, i64)>,
    /// Rate a second, and burst.
    pub(super) send: Option<(i64, i64)>,
    /// Seconds between two, and burst.
    pub(super) pair: (i64, i64),
    pub(super) backlog: i64,
    pub(super) doubt: i64,
    pub(super) resends_doubtful: bool,
    pub(super) resends_failed: bool,
    pub(super) expires: i64,
    pub(super) first: i64,
    pub(super) longest: i64,
    pub(super) timeout: i64,
    pub(super) concurrency: i64,
    pub(super) scope: Scope,
    pub(super) asks_first: bool,
    /// The provider's mapping makes no call for any message.
    pub(super) mute: bool,
    pub(super) enabled: bool,
    /// False: the file is gone.
    pub(super) there: bool,
}

impl Brand {
    /// The `at`th brand of a run.
    pub(super) fn draw(dice: &mut Dice, at: usize, calm: bool) -> Self {
        let name = ["acme", "bolt", "crane"][at].to_owned();
        let shares = at == 1 && dice.chance(50);
        let numbers = (0..dice.between(1, 2)).map(|number| (format!("1415555{at}{number:03}"), dice.between(1, 20)));
        Self {
            account: if shares { "account-0".to_owned() } else { format!("account-{at}") },
            numbers: numbers.collect(),
            send: dice.chance(40).then(|| (dice.between(1, 10), dice.between(1, 10))),
            pair: if dice.chance(50) { (dice.between(2, 20), dice.between(1, 3)) } else { (6, 45) },
            backlog: if dice.chance(10) { dice.between(3, 10) } else { 500_000 },
            doubt: dice.between(5, 120),
            resends_doubtful: dice.chance(70),
            resends_failed: dice.chance(50),
            expires: if calm { 3600 } else { dice.between(60, 1800) },
            first: dice.between(1, 5),
            longest: dice.between(10, 300),
            // Some wait so long that an answer comes after its message was sent anew.
            timeout: if !calm && dice.chance(20) { dice.between(40, 110) } else { dice.between(3, 15) },
            concurrency: if dice.chance(30) { dice.between(1, 3) } else { 64 },
            scope: *dice.pick(&[Scope::Tenant, Scope::Tenant, Scope::Number, Scope::Off]),
            asks_first: dice.chance(30),
            mute: false,
            enabled: true,
            there: true,
            name,
        }
    }

    pub(super) fn host(&self) -> String {
        format!("{}.example", self.name)
    }

    fn source(&self) -> Source {
        let number = |(number, rate): &(String, i64)| format!("{{ number: \"{number}\", rate: {rate}/s }}");
        let numbers: Vec<String> = self.numbers.iter().map(number).collect();
        let send = self.send.map(|(rate, burst)| format!("send: {rate}/s, burst: {burst}, ")).unwrap_or_default();
        let word = |on: bool| if on { "\"on\"" } else { "\"off\"" };
        let Self { name, account, doubt, expires, first, longest, timeout, concurrency, .. } = self;
        let (pair, burst) = self.pair;
        let text = format!(
            "tenant: {name}\nplatform: campaigns\nprovider: carrier\nenabled: {}\nnumbers: [ {} ]\n\
             credentials: {{ token: \"${{env:{name}}}\", key: \"${{env:{account}}}\" }}\n\
             settings: {{ report_url: \"https://{}/report\", asks_first: {}, mute: {} }}\n\
             limits: {{ {send}pair: 1/{pair}s, pair_burst: {burst}, backlog: {} }}\n\
             delivery:\n  timeout: {timeout}s\n  expire_after: {expires}s\n  retry: {{ first: {first}s, max: {longest}s }}\n  \
             in_doubt: {{ wait: {doubt}s, then: {} }}\n  concurrency: {concurrency}\n  suppression: {}\n  resend: {}\n",
            self.enabled,
            numbers.join(", "),
            self.host(),
            self.asks_first,
            self.mute,
            self.backlog,
            if self.resends_doubtful { "resend" } else { "fail" },
            match self.scope {
                Scope::Tenant => "tenant",
                Scope::Number => "number",
                Scope::Off => "\"off\"",
            },
            word(self.resends_failed),
        );
        Source::new(format!("{name}.yaml"), text)
    }
}

/// Compiled once for all runs.
static MAPPINGS: LazyLock<Snapshot> = LazyLock::new(|| build(Vec::new(), None));

/// The configuration with these tenants.
pub(super) fn snapshot(brands: &[Brand]) -> Snapshot {
    build(brands.iter().filter(|brand| brand.there).map(Brand::source).collect(), Some(&MAPPINGS))
}

fn build(tenants: Vec<Source>, before: Option<&Snapshot>) -> Snapshot {
    let mappings = vec![Source::new("campaigns.yaml", PLATFORM), Source::new("carrier.yaml", PROVIDER)];
    let files = Files { mappings, tenants, ..Files::default() };
    let resolve = |reference: &config::Reference| match reference {
        config::Reference::Env(name) => Ok(Secret::new(name.clone())),
        other => panic!("{other:?} is not used"),
    };
    let (snapshot, problems) = config::build(&files, before, &resolve, [7; 32]);
    assert!(problems.iter().all(|problem| !problem.is_error()), "{}", crate::diagnostic::render(&problems));
    snapshot
}

/// What a run's tenants prove themselves with.
pub(super) fn bearer(brand: &str) -> (String, String) {
    ("authorization".to_owned(), format!("Bearer {brand}"))
}
