//! The operator's listener: who reaches it has to have a token, and who has one has to ask a question that there is. Pages in
//! the operator's own browser reach it, too.

use serde_json::Value;

use super::stage::{Came, Stage, exchange};
use super::{Attack, attack};
use crate::world::ADMIN_TOKEN;

/// A request as it stands, with its length.
fn plain(line: &str, headers: &str, body: &str) -> String {
    format!("{line} HTTP/1.1\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// A request of somebody who has the token.
fn known(line: &str, headers: &str, body: &str) -> String {
    plain(line, &format!("Host: 127.0.0.1\r\nAuthorization: Bearer {ADMIN_TOKEN}\r\n{headers}"), body)
}

async fn asks(stage: &Stage, request: impl AsRef<[u8]>) -> Came {
    exchange(stage.connect_admin().await, request.as_ref()).await
}

/// Tells it something, as JSON.
async fn tells(stage: &Stage, path: &str, body: &str) -> Came {
    asks(stage, known(&format!("POST {path}"), "Content-Type: application/json\r\n", body)).await
}

/// The audit log.
async fn audit(stage: &Stage) -> Value {
    let came = asks(stage, known("GET /api/audit?limit=1000", "", "")).await;
    came.is(&[200]);
    serde_json::from_str(came.0.split_once("\r\n\r\n").unwrap().1).unwrap()
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!("a page whose own name leads to this machine (DNS rebinding)", "403, in whatever it asks for", |stage| {
        for host in ["pages.example", "pages.example:8081", "127.0.0.1.pages.example", "localhost.pages.example", ""] {
            for path in ["/metrics", "/readyz", "/healthz", "/api/ledger"] {
                asks(&stage, plain(&format!("GET {path}"), &format!("Host: {host}\r\n"), "")).await.is(&[400, 403]);
            }
        }
    }),
    attack!("a page of another site, in the operator's browser", "403", |stage| {
        for header in ["Origin: https://pages.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
            let came = asks(&stage, known("GET /api/ledger", &format!("{header}\r\n"), "")).await;
            came.is(&[403]);
            assert!(!came.0.to_ascii_lowercase().contains("access-control-"), "{}", came.0);
        }
    }),
    attack!("a form of another site", "400: no form is JSON", |stage| {
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
            let header = format!("Content-Type: {kind}\r\n");
            asks(&stage, known("POST /api/release", &header, "{}")).await.is(&[400]);
        }
    }),
    attack!("a browser that asks whether another site may (OPTIONS)", "405, and no leave", |stage| {
        let headers = "Origin: https://pages.example\r\nAccess-Control-Request-Method: POST\r\n";
        let came = asks(&stage, known("OPTIONS /api/forget", headers, "")).await;
        came.is(&[405]);
        assert!(!came.0.to_ascii_lowercase().contains("access-control-allow"), "{}", came.0);
    }),
    attack!("the token in the query, in a cookie, in a body, as a password", "401", |stage| {
        let host = "Host: 127.0.0.1\r\n";
        asks(&stage, plain(&format!("GET /api/ledger?token={ADMIN_TOKEN}"), host, "")).await.is(&[401]);
        let cookie = format!("{host}Cookie: token={ADMIN_TOKEN}\r\n");
        asks(&stage, plain("GET /api/ledger", &cookie, "")).await.is(&[401]);
        let json = format!("{host}Content-Type: application/json\r\n");
        asks(&stage, plain("POST /api/release", &json, &format!(r#"{{"token":"{ADMIN_TOKEN}"}}"#))).await.is(&[401]);
        let basic = format!("{host}{}", Stage::basic("admin", ADMIN_TOKEN));
        asks(&stage, plain("GET /api/ledger", &basic, "")).await.is(&[401]);
    }),
    attack!("two tokens in one request", "401: which of them counts would be a guess", |stage| {
        for tokens in [[ADMIN_TOKEN, "another"], ["another", ADMIN_TOKEN], [ADMIN_TOKEN, ADMIN_TOKEN]] {
            let headers = tokens.map(|token| format!("Authorization: Bearer {token}\r\n")).concat();
            asks(&stage, plain("GET /api/ledger", &format!("Host: 127.0.0.1\r\n{headers}"), "")).await.is(&[401]);
        }
    }),
    attack!("ways around the token: `..`, `//`, another case, a slash at the end", "401 or 404", |stage| {
        for path in [
            "/healthz/../api/ledger",
            "/api//ledger",
            "//api/ledger",
            "/API/LEDGER",
            "/api/ledger/",
            "/api/ledger%20",
            "/%61pi/ledger",
            "/api/dead-letters/1/../../ledger",
            "/api/dead-letters/%2e%2e",
        ] {
            asks(&stage, plain(&format!("GET {path}"), "Host: 127.0.0.1\r\n", "")).await.is(&[401, 404]);
        }
    }),
    attack!("the operator's token on the public listener", "404", |stage| {
        stage.says(known("GET /api/ledger", "", "")).await.is(&[404]);
        stage.says(known("GET /metrics", "", "")).await.is(&[404]);
    }),
    attack!("a change by GET, or by a method in a header", "405, or of no effect", |stage| {
        for path in ["/api/forget", "/api/redrive", "/api/release", "/api/tokens/make", "/api/tokens/revoke"] {
            asks(&stage, known(&format!("GET {path}"), "", "")).await.is(&[405]);
            asks(&stage, known(&format!("GET {path}"), "X-HTTP-Method-Override: POST\r\n", "")).await.is(&[405]);
        }
    }),
    attack!("SQL and patterns in every filter", "taken as text: nothing fits", |stage| {
        for text in ["'%20OR%201=1%20--", "%25", "_", "*", "%22;DROP%20TABLE%20letter;--", "%00", "%F0%9F%92%A3"] {
            for member in ["kind", "name", "reason", "tenant"] {
                let came = asks(&stage, known(&format!("GET /api/dead-letters?{member}={text}"), "", "")).await;
                came.is(&[200]);
                came.says(r#""letters":[]"#);
            }
            for member in ["who", "what", "tenant"] {
                let came = asks(&stage, known(&format!("GET /api/audit?{member}={text}"), "", "")).await;
                came.is(&[200]);
                came.says(r#""audit":[]"#);
            }
        }
    }),
    attack!("numbers and times without bounds", "400 or 404, or nothing fits", |stage| {
        for query in [
            "/api/dead-letters?limit=-1",
            "/api/dead-letters?limit=18446744073709551616",
            "/api/dead-letters?before=99999999999999999999",
            "/api/dead-letters?before=-9223372036854775808",
            "/api/dead-letters?since=99999999999999999999d",
            "/api/dead-letters?since=-1h",
            "/api/dead-letters?since=9999-12-31T23:59:59Z",
            "/api/dead-letters?since=-009999-01-01T00:00:00Z",
            "/api/dead-letters/9223372036854775808",
            "/api/dead-letters/-1",
            "/api/audit?since=106751991167d",
        ] {
            asks(&stage, known(&format!("GET {query}"), "", "")).await.is(&[200, 400, 404]);
        }
        for (path, body) in [
            ("/api/redrive", r#"{"rate":"1/0s"}"#),
            ("/api/redrive", r#"{"rate":"99999999999999999999/s"}"#),
            ("/api/redrive", r#"{"id":-1,"after":9223372036854775807,"upto":-9223372036854775808}"#),
            ("/api/redrive", r#"{"id":1e400}"#),
            ("/api/tokens/make", r#"{"name":"far","roles":["read"],"expires":"99999999999999999999d"}"#),
        ] {
            tells(&stage, path, body).await.is(&[200, 400]);
        }
    }),
    attack!("a token that is good until the end of time", "made, and good until then", |stage| {
        let body = r#"{"name":"eternal","roles":["read"],"expires":"200000d"}"#;
        tells(&stage, "/api/tokens/make", body).await.is(&[200]);
        asks(&stage, known("GET /api/tokens", "", "")).await.is(&[200]);
        tells(&stage, "/api/tokens/revoke", r#"{"name":"eternal"}"#).await.is(&[200]);
    }),
    attack!("JSON nested eight thousand deep; a member twice; one that there is not", "400", |stage| {
        let deep = format!("{}{}", "[".repeat(8000), "]".repeat(8000));
        for body in [
            deep.as_str(),
            r#"{"tenant":"acme","tenant":"bandra"}"#,
            r#"{"tenant":"acme","role":"admin"}"#,
            "[]",
            "null",
            "",
            r#"{"tenant":{"$ne":null}}"#,
        ] {
            tells(&stage, "/api/release", body).await.is(&[400]);
        }
    }),
    attack!("a question of a megabyte", "400 or 413", |stage| {
        tells(&stage, "/api/release", &" ".repeat(1 << 20)).await.is_cut_or(&[400, 413]);
    }),
    attack!("names of tokens that would forge lines of the audit log", "400", |stage| {
        for name in ["the files", "admin", "a\\nb", "\\u001b[2J", "", "а", "x\\u202e"] {
            let body = format!(r#"{{"name":"{name}","roles":["read"]}}"#);
            tells(&stage, "/api/tokens/make", &body).await.is(&[400]);
        }
    }),
    attack!("somebody's number, to be written into the audit log", "404, and not written", |stage| {
        for (path, body) in [
            ("/api/forget", r#"{"number":"6590123456","tenant":"6590123457"}"#),
            ("/api/release", r#"{"sender":"6590123457"}"#),
            ("/api/release", r#"{"tenant":"6590123457"}"#),
            ("/api/release", r#"{"call":"6590123457"}"#),
        ] {
            tells(&stage, path, body).await.is(&[404]);
        }
        tells(&stage, "/api/forget", r#"{"number":"6590123457"}"#).await.is(&[200]);
        assert!(!audit(&stage).await.to_string().contains("659012345"), "only that somebody was forgotten");
    }),
];
