//! Where callers are: a brand's `sources`, and what callers say of where they are.

use super::stage::{ALLOWED, Came, PROXY, Stage, request};
use super::{Attack, attack};

/// A request with the key of the brand that may be called from one address only.
async fn gated(stage: &Stage, source: std::net::IpAddr, forwarded: &str) -> Came {
    let headers = format!("{}{forwarded}", Stage::proof(stage.gated()));
    stage.says_from(source, request("/webengage/messages", &headers, "{}")).await
}

/// Told in the platform's words, by the mapping's data.
fn is_refused(came: &Came) {
    came.is(&[401]);
    came.says("\"statusCode\":2001");
    came.says("The IP has not been whitelisted");
}

fn is_taken(came: &Came) {
    assert!(!came.0.contains("2001") && came.statuses().len() == 1, "{}", came.0);
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!(
        "a stolen key, from an address that `sources` does not have",
        "refused in the platform's words (2001)",
        |stage| {
            is_refused(&gated(&stage, stage.source(), "").await);
            is_taken(&gated(&stage, ALLOWED, "").await);
        }
    ),
    attack!("an address claimed in X-Forwarded-For", "refused: nobody asked this caller", |stage| {
        for forwarded in ["127.201.0.1", "127.201.0.1, 127.201.0.1", "::ffff:127.201.0.1"] {
            is_refused(&gated(&stage, stage.source(), &format!("X-Forwarded-For: {forwarded}\r\n")).await);
        }
    }),
    attack!("an address claimed in other headers", "refused", |stage| {
        let all = "Forwarded: for=127.201.0.1\r\nX-Real-IP: 127.201.0.1\r\nTrue-Client-IP: 127.201.0.1\r\n";
        is_refused(&gated(&stage, stage.source(), all).await);
    }),
    attack!("an address claimed through the trusted proxy", "refused: what the proxy added counts", |stage| {
        let address = stage.source();
        for forwarded in
            [format!("127.201.0.1, {address}"), format!("{address}"), format!("127.201.0.1,nonsense,{address}")]
        {
            is_refused(&gated(&stage, PROXY, &format!("X-Forwarded-For: {forwarded}\r\n")).await);
        }
        is_taken(&gated(&stage, PROXY, &format!("X-Forwarded-For: {address}, 127.201.0.1\r\n")).await);
        is_taken(&gated(&stage, PROXY, "X-Forwarded-For: 127.201.0.1:4711\r\n").await);
    }),
    attack!("two X-Forwarded-For through the trusted proxy", "the last one counts", |stage| {
        let address = stage.source();
        let headers = format!("X-Forwarded-For: 127.201.0.1\r\nX-Forwarded-For: {address}\r\n");
        is_refused(&gated(&stage, PROXY, &headers).await);
    }),
    attack!("an address that is none", "the proxy's own counts: refused", |stage| {
        for forwarded in ["", "unknown", "127.201.0.1.5", "[::1", "127.201.0.1\t;"] {
            is_refused(&gated(&stage, PROXY, &format!("X-Forwarded-For: {forwarded}\r\n")).await);
        }
    }),
    attack!("thirty addresses claimed, through the trusted proxy", "each is the one the proxy added", |stage| {
        let claimed: Vec<String> = (0..30).map(|n| format!("127.201.0.{n}")).collect();
        let headers = format!("X-Forwarded-For: {}, {}\r\n", claimed.join(", "), stage.source());
        is_refused(&gated(&stage, PROXY, &headers).await);
    }),
    attack!("password guesses under made-up addresses", "counted against the true one", |stage| {
        let source = stage.source();
        let mut last = 0;
        for tried in 0..40 {
            let headers =
                format!("{}X-Forwarded-For: 192.0.2.{tried}\r\n", Stage::basic("x", &format!("made-up-{tried}")));
            last = stage.says_from(source, request("/webhooks/send", &headers, "{}")).await.statuses()[0];
        }
        assert_eq!(last, 429);
    }),
];
