//! Paths that mean one thing here and another there. Routes are compared as they are written; nothing is resolved.

use super::stage::{Stage, request};
use super::{Attack, attack};

async fn at(stage: &Stage, path: &str, status: u16) {
    stage.says(request(path, &Stage::proof(stage.acme()), "{}")).await.is(&[status]);
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!("`..`", "404", |stage| at(&stage, "/webhooks/x/../send", 404).await),
    attack!("`%2e%2e`", "404", |stage| at(&stage, "/webhooks/x/%2e%2e/send", 404).await),
    attack!("`.`", "404", |stage| at(&stage, "/webhooks/./send", 404).await),
    attack!("`//`", "404", |stage| at(&stage, "/webhooks//send", 404).await),
    attack!("`//` at the beginning", "404", |stage| at(&stage, "//webhooks/send", 404).await),
    attack!("an encoded slash", "404", |stage| at(&stage, "/webhooks%2fsend", 404).await),
    attack!("an encoded slash within a segment that is read", "a value like any other", |stage| {
        let path = "/formats/..%2f..%2fetc%2fpasswd/named";
        stage.says(request(path, "x-key: formal-key-of-the-tests\r\n", "{}")).await.is(&[400]);
    }),
    attack!("an encoded NUL within a segment that is read", "a value like any other", |stage| {
        let path = "/formats/a%00b/named";
        stage.says(request(path, "x-key: formal-key-of-the-tests\r\n", "{}")).await.is(&[400]);
    }),
    attack!("an encoded letter", "404", |stage| at(&stage, "/webhooks/sen%64", 404).await),
    attack!("encoded twice", "404", |stage| at(&stage, "/webhooks/%252e%252e/send", 404).await),
    attack!("an overlong encoding (`%c0%ae`)", "404", |stage| at(&stage, "/webhooks/%c0%ae%c0%ae/send", 404).await),
    attack!("an encoded NUL", "404", |stage| at(&stage, "/webhooks/send%00", 404).await),
    attack!("NUL itself", "400", |stage| at(&stage, "/webhooks/send\0", 400).await),
    attack!("a backslash", "404", |stage| at(&stage, "/webhooks\\send", 404).await),
    attack!("`;` and what servlets make of it", "404", |stage| at(&stage, "/webhooks/send;jsessionid=1", 404).await),
    attack!("another case", "404", |stage| at(&stage, "/Webhooks/Send", 404).await),
    attack!("a slash at the end", "404", |stage| at(&stage, "/webhooks/send/", 404).await),
    attack!("a fragment", "400 or 404", |stage| {
        stage.says(request("/webhooks/send#x", &Stage::proof(stage.acme()), "{}")).await.is(&[400, 404]);
    }),
    attack!("a whole URL of somebody else's, to be fetched", "taken as a path of ours: 404", |stage| {
        at(&stage, "http://169.254.169.254/latest/meta-data", 404).await;
    }),
    attack!("`*`", "404", |stage| at(&stage, "*", 404).await),
    attack!("the operator's paths on the public listener", "404", |stage| {
        for path in ["/metrics", "/readyz", "/healthz", "/api/ledger", "/api/dead-letters"] {
            stage.says(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await.is(&[404]);
        }
    }),
    attack!("another method in a header", "of no effect", |stage| {
        let headers =
            format!("X-HTTP-Method-Override: GET\r\nX-Original-URL: /_/health\r\n{}", Stage::proof(stage.acme()));
        stage.says(request("/webhooks/sand", &headers, "{}")).await.is(&[404]);
    }),
];
