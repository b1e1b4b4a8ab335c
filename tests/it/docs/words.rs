//! The closed lists of words that the tables name are those that the loader takes: each is tried, and one more.

use switchboard::config::{self, Files};
use switchboard::diagnostic::{Diagnostic, Source, render};
use switchboard::model::Secret;
use switchboard::shape::{self, Kind, MapShape};

const PLATFORM: &str = "
dsl: 1
platform: shop
settings: { url: { type: url, default: \"https://shop.example\" }, own: { type: SETTING, optional: true } }
auth:
  in: [ { hmac: { secret: $.credentials.token, signature: \"$.headers['x-s']\", message: [ $.raw ], algorithm: ALGORITHM, encoding: ENCODING } } ]
refused: { http: 400, encode: ENCODE }
send:
  route: { method: POST, path: /send, decode: DECODE }
  each: $.body.items[*]
  batch: BATCH
  message: { id: $.item.id, to: $.query.to, from: $.query.from, text: $.query.text }
inbound: { fold: FOLD, match: MATCH, rules: { opt_out: { words: [ STOP ], do: [ suppress ] } } }
";

const PROVIDER: &str = "
dsl: 1
provider: carrier
settings: { url: { type: url, default: \"https://carrier.example\" } }
auth:
  out: [ { oauth2_client_credentials: { url: $.settings.url, id: $.credentials.id, secret: $.credentials.secret, style: STYLE } } ]
send:
  call:
    method: POST
    url: $.settings.url
    body: { a: $.message.to }
    encode: ENCODED
    decode: DECODED
    take: { provider_id: $.answer.body.id }
    retry: { again: [ CLASS ] }
";

const TENANT: &str = "
tenant: t
platform: shop
provider: carrier
numbers: [ \"14155550100\" ]
credentials: { token: \"${env:T}\", id: \"${env:I}\", secret: \"${env:S}\" }
delivery: { suppression: SUPPRESSION, preflight: PREFLIGHT, empty: BLANK, static_button: BUTTON, resend: RESEND, in_doubt: { then: THEN } }
";

/// Each list: where it stands in the files above, a word that holds, and where the tables have it.
const LISTS: &[(&str, &str, &MapShape, &str)] = &[
    ("SETTING", "text", &shape::SETTING, "type"),
    ("ALGORITHM", "sha256", &shape::HMAC_IN, "algorithm"),
    ("ENCODING", "hex", &shape::HMAC_IN, "encoding"),
    ("ENCODED", "json", &shape::SEND_CALL, "encode"),
    ("DECODED", "json", &shape::SEND_CALL, "decode"),
    ("ENCODE", "json", &shape::REFUSED, "encode"),
    ("DECODE", "json", &shape::ROUTE, "decode"),
    ("BATCH", "items", &shape::PLATFORM_SEND, "batch"),
    ("FOLD", "all", &shape::PLATFORM_INBOUND, "fold"),
    ("MATCH", "whole", &shape::PLATFORM_INBOUND, "match"),
    ("STYLE", "basic", &shape::CLIENT_CREDENTIALS, "style"),
    ("CLASS", "429", &shape::RETRY, "again"),
    ("SUPPRESSION", "tenant", &shape::DELIVERY, "suppression"),
    ("PREFLIGHT", "refuse", &shape::DELIVERY, "preflight"),
    ("BLANK", "pass", &shape::DELIVERY, "empty"),
    ("BUTTON", "drop", &shape::DELIVERY, "static_button"),
    ("RESEND", "\"off\"", &shape::DELIVERY, "resend"),
    ("THEN", "fail", &shape::IN_DOUBT, "then"),
];

fn words(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Word(words) => words.to_vec(),
        Kind::AnswerCase => vec!["unreached", "unanswered", "2xx", "3xx", "4xx", "5xx", "100", "599"],
        Kind::Many(kind) => words(*kind),
        Kind::Either(kinds) => kinds.iter().flat_map(|kind| words(*kind)).collect(),
        _ => Vec::new(),
    }
}

/// The errors of the three files with one word in one place.
fn errors(place: &str, word: &str) -> Vec<Diagnostic> {
    let fill = |text: &str| {
        let mut text = text.to_owned();
        for (other, plain, ..) in LISTS {
            text = text.replace(other, if *other == place { word } else { plain });
        }
        text
    };
    let source = |name: &str, text: &str| Source::new(name, fill(text));
    let mappings = vec![source("shop.yaml", PLATFORM), source("carrier.yaml", PROVIDER)];
    let files = Files { mappings, tenants: vec![source("t.yaml", TENANT)], ..Files::default() };
    let secret = |_: &_| Ok(Secret::new("a secret of thirty-two characters!".to_owned()));
    let (_, mut problems) = config::build(&files, None, &secret, [0; 32]);
    problems.retain(Diagnostic::is_error);
    problems
}

#[test]
fn the_loader_takes_the_words_of_the_tables_and_no_others() {
    for (place, plain, shape, key) in LISTS {
        let words = words(shape.member(key).unwrap_or_else(|| panic!("{place}")).kind);
        assert!(!words.is_empty(), "{place}");
        for word in words {
            let found = errors(place, &format!("\"{word}\""));
            assert!(found.is_empty(), "{place}: {word}\n{}", render(&found));
        }
        assert_eq!(errors(place, plain).len(), 0);
        let found = errors(place, "no_such_word");
        assert!(!found.is_empty(), "{place} takes any word");
    }
}

/// Lists that are not tried above: those of cases and of the gateway's file, and words beside a map.
const ELSEWHERE: &[&str] = &["signed", "class", "log", "only", "auth", "in", "out"];

#[test]
fn every_list_of_words_is_tried() {
    let mut seen = 0;
    let mut all = Vec::new();
    for root in [&shape::PLATFORM, &shape::PROVIDER, &shape::TENANT, &shape::GATEWAY, &shape::CASES] {
        super::schema::reached(root, &mut all);
    }
    for member in all.iter().flat_map(|shape| shape.members()) {
        let words = words(member.kind);
        if words.is_empty() || ELSEWHERE.contains(&member.name) {
            continue;
        }
        let tried = LISTS.iter().filter_map(|(_, _, shape, key)| shape.member(key));
        assert!(tried.into_iter().any(|known| self::words(known.kind) == words), "{} {words:?}", member.name);
        seen += 1;
    }
    assert!(seen > 20, "only {seen} lists were seen");
}
