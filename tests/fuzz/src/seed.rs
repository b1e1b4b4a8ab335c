//! The inputs from which fuzzing starts, made of the repository's own files, and the words of the language.

use switchboard::diagnostic::Source;
use switchboard::functions::FUNCTIONS;
use switchboard::yaml::{self, Node, Shape};

use crate::{api, body, codec, loader, program, proof, shipped};

/// A small file for each construct of a tree, in turn.
const PROGRAMS: &[&str] = &[
    r#"{ tree: { a: "$.body.a ?? $.body.b?", b: [ $omit, 1, "$.body.l[*]" ] } }"#,
    r#"{ tree: { $when: "$.body.a?", then: { x: $.body.a }, else: { $literal: $.a } } }"#,
    r#"{ tree: { $match: $.body.a, cases: { "1": one, x: { $each: "$.body.l[*]", as: it, do: "$.it.x?" } }, else: $omit } }"#,
    r#"{ use: { u: { g: "$.g?", r: { $when: "$.g?", then: { $use: u, with: { g: "$.g.g?" } } } } }, tree: { $use: u, with: { g: "$.body.a?" } } }"#,
    r#"{ tree: { $pipe: { $each: "$.body.l[*]", do: $.item }, to: number_keys | to_json } }"#,
    r#"{ tree: { $text: "Hi {{n}}, {{n}}", with: { n: '$.body.a ?? "there"' } } }"#,
    r#"{ tables: { t: { key: [ a, b ], rows: [ { a: 1, x: one }, { b: 2, x: two } ], else: { x: none } } }, let: { r: { $pipe: { a: "$.body.a?", b: "$.body.b?" }, to: table(t) } }, tree: { x: "$.r.x?" } }"#,
    r#"{ tables: { t: { rows: { 1: { x: one }, x: $omit }, else: { x: $omit, y: 2 } } }, let: { r: "$.body.a | table(t)" }, tree: { x: "$.r.x?", y: "$.r.y?" } }"#,
    r#"{ when: "$.body.a == 1 && !($.body.b? || $.now < $.now)", tree: { k: $.credentials.key, n: $.now, t: "$.tenant.name?" } }"#,
    r#"{ let: { l: "$.body.l[?@.a == 1 && @.b > 2].c", f: "$.l | first | string" }, tree: [ "$.f?", "$.body.l[-1]?", "$.body.l[1:3]" ] }"#,
];

const BODIES: &[&str] = &[
    r#"{"a":1,"b":{"g":{"g":2}},"l":[{"a":1,"b":3,"c":"x"},[1,2],null,"é"]}"#,
    r#"{"a":"x","b":"{\"a\":[1]}","l":[]}"#,
    r#"{"a":{"g":{"g":{"g":1}}},"b":2,"l":["+1 415 555 2671","2026-11-21T10:00:00+0530","aGk="]}"#,
];

const PROSE: &[&str] = &[
    "You will not hear from us again.",
    "Hi {{name}}, {{{name}}} and {{ order.id }}!",
    "\\{{raw}} {{!-- note --}} {{! note }} {{~name~}}",
    "{{#if a}}x{{else}}y{{/if}}",
    "{{> part}} {{helper a b=1}} {{[a b]}}",
    "{{{{raw}}}} {{x}} {{{{/raw}}}}",
    "{{{a}} {{b}}} {{",
    "{{../up}} {{@root.x}} {{this}} {{.}}",
    "é😀\u{202e} {{नाम}}",
    "{{\"text\"}} {{1}} {{true}} {{null}}",
];

/// How values and comments may be written.
const LAYOUTS: &[&str] = &[
    "a:\n    b:   1\n    c:\n    - x\n    -   d: 1\n        z: 2\n",
    "a: {b: 1,c: [1,2 , 3]}\nd: []\ne: { }\n",
    "- - a\n  - b\n-\n  - c\n-\n  x: 1\n-\n",
    "a: { b, c: , d: ~ }\ne: [ b: 1, c ]\n",
    "? a\n: b\n\"c d\" : e\n? [ x ]\n",
    "a: { b: $.c?, d: $.e | string, f: $.g }\n",
    "a: yes\nb: on\nc: 0123\nd: +1\nm: 1.10\ny: 1\n",
    "a:\n    b: |+\n        x\n\n\n    c: |2-\n         y\nd: >\n  x\n   y\n  z\n",
    "a: \"x\n      y\\\n\n   z\"\nb: 'x\n  y'\nc: plain\n    and more\n",
    "a: $.b ??\n     $.c | string |\n  integer\n",
    "a: { # one\n  b: 1, # two\n  # three\n  c: 2 # four\n  # five\n}\n",
    "a:\n  # on the value\n  1\nb: # behind\n  2\n-  # behind the dash\n",
    "- # x\n  a: 1   # y\n\n\n# z\n  # end\n",
    "a:\n  long_name: { x: 1 }   # one\n  b:         { x: 22 }  # two\n",
    "\u{feff}---\r\na: 1 # c\r\n...\r\n",
];

/// Writes a target's seeds, and the dictionary, into the folder that `FUZZ_CORPUS` names, before libFuzzer reads it.
pub fn write(target: &str) {
    let Some(folder) = std::env::var_os("FUZZ_CORPUS").map(std::path::PathBuf::from) else { return };
    let own = folder.join(target);
    std::fs::create_dir_all(&own).expect("the folder can be made");
    for (place, seed) in of(target).iter().enumerate() {
        std::fs::write(own.join(format!("seed-{place:04}")), seed).expect("a seed can be written");
    }
    std::fs::write(folder.join(format!("{target}.dict")), dictionary().join("\n"))
        .expect("a dictionary can be written");
}

/// The seeds of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "loader" => loader_seeds(),
        "expression" => expressions(),
        "program" => programs(),
        "prose" => PROSE.iter().map(|text| text.as_bytes().to_vec()).collect(),
        "codec" => bodies().into_iter().chain(other_formats()).collect(),
        "body" => inbound(),
        "proof" => proofs(),
        "api" => questions(),
        "fmt" => layouts(),
        _ => panic!("there is no target {target}"),
    }
}

/// Requests that prove themselves in every way, each with the secret almost right.
fn proofs() -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let part = |text: &str| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text);
    let claims = format!(r#"{{"iss":"Vonage","api_key":"shop","iat":{},"payload_hash":"44136fa3"}}"#, proof::NOW);
    let token = |header: &str| format!("authorization: Bearer {}.{}.c2ln", part(header), part(&claims));
    let heads = [
        "authorization: Basic c2hvcDp3cm9uZw==".to_owned(),
        "authorization: Bearer a-secret-that-no-input-ha".to_owned(),
        "api-key: shop\napi-secret: App wrong".to_owned(),
        format!("x-at: {}\nx-signature: {}", proof::NOW, "0".repeat(64)),
        format!("x-at: {}\nx-signature: AAAA", proof::NOW),
        token(r#"{"alg":"HS256","typ":"JWT"}"#),
        token(r#"{"alg":"none"}"#),
        token(r#"{"alg":"RS256","kid":"1"}"#),
        token(r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#),
        "x-token: a.b.c\nauthorization: Basic x".to_owned(),
    ];
    let queries = ["account=shop&key=wrong", "key=a&key=b"];
    let all =
        queries.iter().flat_map(|query| heads.iter().map(move |head| format!("{query}\nsegment\n{head}\n\n{{}}")));
    all.map(String::into_bytes).collect()
}

/// Every question of the operator, by everybody and by nobody.
fn questions() -> Vec<Vec<u8>> {
    let get = [
        "/api/ledger",
        "/api/ledger?recount=now&tenant=acme",
        "/api/dead-letters?tenant=bandra&kind=call&name=report&reason=not&since=1h&before=99&limit=3",
        "/api/dead-letters/1",
        "/api/dead-letters/6?personal=shown",
        "/api/dead-letters/11?personal=masked",
        "/api/held?tenant=acme&sender=6531290044",
        "/api/audit?who=admin&what=reveal&since=2026-11-04T09:14:06Z",
        "/api/tokens",
        "/readyz",
        "/metrics",
    ];
    let post = [
        ("/api/redrive", r#"{"dry_run":true}"#),
        ("/api/redrive", r#"{"id":1,"rate":"10/s","mapping":"accepted","after":0,"upto":9}"#),
        ("/api/redrive", r#"{"tenant":"bandra","kind":"status"}"#),
        ("/api/release", r#"{"tenant":"acme","call":"report"}"#),
        ("/api/release", r#"{"sender":"+91 98123-45670"}"#),
        ("/api/forget", r#"{"number":"+91 98123-45670","tenant":"acme"}"#),
        ("/api/trace", r#"{"id":"+91 98123-45670"}"#),
        ("/api/trace", r#"{"id":"m-1"}"#),
        ("/api/send", r#"{"tenant":"acme","to":"+91 98123-45670","text":"Hello"}"#),
        (
            "/api/send",
            r#"{"tenant":"bandra","to":"919812345670","template":"order_update","language":"en","values":{"1":"a"}}"#,
        ),
        ("/api/trace", r#"{"id":"monsoon-1","tenant":"bandra"}"#),
        ("/api/tokens/make", r#"{"name":"new","roles":["read","reveal"],"tenant":"acme","expires":"90d"}"#),
        ("/api/tokens/revoke", r#"{"name":"token-r"}"#),
    ];
    let get = get.iter().map(|path| format!("GET {path}\n"));
    let post = post.iter().map(|(path, body)| format!("POST {path}\ncontent-type: application/json\n\n{body}"));
    let all: Vec<String> = get.chain(post).collect();
    let who = api::ground::BEARERS.iter().map(|bearer| bearer.letter).chain(['-']);
    let mut seeds: Vec<String> = who.flat_map(|who| all.iter().map(move |one| format!("{who}\n{one}"))).collect();
    for header in ["origin: https://elsewhere.example", "sec-fetch-site: cross-site", "authorization: Basic YTpi"] {
        seeds.push(format!("-\nGET /api/ledger\n{header}\n"));
        seeds.push(format!("c\nGET /api/ledger\n{header}\n"));
    }
    seeds.into_iter().map(String::into_bytes).collect()
}

fn loader_seeds() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for folder in ["mappings", "tenants", "tests/fuzz/corner"] {
        all.extend(shipped::sources(folder, false).into_iter().map(|source| source.text.as_bytes().to_vec()));
    }
    let tenant = shipped::files("tenants", ".yaml").into_values().next().expect("a tenant");
    all.extend(
        documented().into_iter().map(|mapping| [mapping.as_bytes(), loader::BETWEEN.as_bytes(), &tenant].concat()),
    );
    // Parts of files, so that no step has to find its way through a long one.
    for source in shipped::sources("mappings", false) {
        let head: String = source.text.lines().take_while(|line| !line.starts_with("auth:")).map(line).collect();
        for part in parts(&source.text) {
            all.push(format!("{head}{part}").into_bytes());
        }
    }
    all
}

/// Every file and its parts, and small ones of every way to write a value and a comment.
fn layouts() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = LAYOUTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    for (folder, cases) in [("mappings", false), ("mappings", true), ("tenants", false)] {
        for source in shipped::sources(folder, cases) {
            all.extend(parts(&source.text).into_iter().map(String::into_bytes));
        }
    }
    all.extend(loader_seeds());
    all
}

fn line(text: &str) -> String {
    format!("{text}\n")
}

/// The parts of a file under each key of its own.
fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for text in text.lines() {
        let begins = text.starts_with(|char: char| char.is_ascii_alphabetic());
        match parts.last_mut().filter(|_| !begins) {
            Some(part) => part.push_str(&line(text)),
            None => parts.push(line(text)),
        }
    }
    parts
}

/// The mappings of the documentation.
fn documented() -> Vec<String> {
    let text = String::from_utf8(shipped::files("docs", "language.md").remove("language.md").expect("it is there"));
    let text = text.expect("a text");
    let fences = text.split("```yaml ").skip(1).filter_map(|rest| rest.split_once('\n')?.1.split_once("```"));
    fences.map(|(part, _)| part.to_owned()).collect()
}

fn expressions() -> Vec<Vec<u8>> {
    let mut all: Vec<String> = FUNCTIONS
        .iter()
        .flat_map(|function| function.examples)
        .map(|example| {
            let expression = example.expression.replace("$.a", "$.body.a").replace("$.b", "$.body.b");
            format!("{}{}{}", expression.replace("$.body.body", "$.body.b"), program::BETWEEN, example.given)
        })
        .collect();
    for source in shipped::sources("mappings", false) {
        let node = yaml::parse(&source, &mut Vec::new()).expect("a mapping is YAML");
        walk(&node, &mut |text| all.extend(text.starts_with("$.").then(|| text.to_owned())));
    }
    all.sort();
    all.dedup();
    all.into_iter().map(String::into_bytes).collect()
}

fn walk(node: &Node, visit: &mut dyn FnMut(&str)) {
    match &node.shape {
        Shape::Scalar(..) => node.as_text().into_iter().for_each(visit),
        Shape::List(items) => items.iter().for_each(|item| walk(item, visit)),
        Shape::Map(entries) => entries.iter().for_each(|(_, node)| walk(node, visit)),
    }
}

/// Each program with each body.
fn programs() -> Vec<Vec<u8>> {
    let one = |program, body| format!("{program}{}{body}", program::BETWEEN).into_bytes();
    PROGRAMS.iter().flat_map(|program| BODIES.iter().map(move |body| one(program, body))).collect()
}

fn bodies() -> Vec<Vec<u8>> {
    shipped::samples().values().map(|sample| [b"j", &**sample].concat()).collect()
}

fn other_formats() -> Vec<Vec<u8>> {
    let packed: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x28, 0, 0, 0xac, 0x2a, 0x93, 0xd8, 2, 0, 0, 0];
    let texts: [(u8, &[u8]); 9] = [
        (b'f', b"a=1&b=x+y&a=%C3%A9&c"),
        (b'q', b"a=1&b=x%20y&a=2&=&&d=%zz"),
        (b'x', b"<?xml version='1.0'?><r a='1'><b>x &amp; y</b><b/><![CDATA[<]]>&#233;</r>"),
        (b'x', b"<s:r xmlns:s=\"u\"><!-- c --><?p x?><s:b>1</s:b>text</s:r>"),
        (b't', "text é".as_bytes()),
        (b'j', br#"{"a\u0000":"\ud83d\ude00","b":[1.0,-0,1e308,18446744073709551615,null,{}]}"#),
        (b'j', b"[[[[[[[[1]]]]]]]]"),
        (codec::PACKED, packed),
        (codec::PACKED, &packed[..15]),
    ];
    texts.iter().map(|(kind, text)| [&[*kind], *text].concat()).collect()
}

/// Every sample at the place of its case, and one body of each format at every place of `corner.yaml`.
fn inbound() -> Vec<Vec<u8>> {
    let ground = body::ground();
    let mut all = Vec::new();
    for (place, at) in ground.places.iter().zip(0_u16..) {
        let at = at.to_be_bytes();
        all.push([&at[..], &*ground.samples[&place.sample]].concat());
        if place.sample == "input" {
            all.extend(bodies().iter().take(3).chain(&other_formats()).map(|body| [&at[..], &body[1..]].concat()));
        }
    }
    all
}

/// libFuzzer's dictionary: operators, functions, keys of files, and what is odd in a body.
pub fn dictionary() -> Vec<String> {
    let mut words: Vec<String> = FUNCTIONS.iter().map(|function| format!("| {}", function.name)).collect();
    let operators = "$omit $when $match $each $use $pipe $text $literal $file $.body $.item $.index $.now $.settings ?? || && == != < <= > >= \
        [*] [?@ [1:] [-1] ! ? | ( ) {{ }} {{1}} then else do as with to cases";
    words.extend(operators.split_whitespace().map(str::to_owned));
    let mut keys = Vec::new();
    for folder in ["mappings", "tenants", "tests/fuzz/corner"] {
        for source in shipped::sources(folder, false) {
            let node = yaml::parse(&Source::clone(&source), &mut Vec::new()).expect("it is YAML");
            collect(&node, 0, &mut keys);
        }
    }
    keys.sort();
    keys.dedup();
    words.extend(keys);
    words.extend(
        ["\u{0}", "\u{202e}", "\u{feff}", "😀", "\\ud800", "%00", "&#0;", "<![CDATA[", "1e999"].map(str::to_owned),
    );
    words.iter().map(|word| quoted(word)).collect()
}

fn collect(node: &Node, depth: usize, keys: &mut Vec<String>) {
    match &node.shape {
        Shape::Map(entries) if depth < 4 => {
            for (key, node) in entries {
                keys.push(format!("{}: ", key.text));
                collect(node, depth + 1, keys);
            }
        }
        Shape::List(items) => items.iter().for_each(|item| collect(item, depth + 1, keys)),
        _ => {}
    }
}

fn quoted(word: &str) -> String {
    let escaped: String = word
        .bytes()
        .map(|byte| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\x{byte:02X}"),
        })
        .collect();
    format!("\"{escaped}\"")
}
