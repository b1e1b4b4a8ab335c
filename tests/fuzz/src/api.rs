//! The operator's API: any request, with anybody's token. Nothing changes without the right to it and a line in the audit
//! log; nobody is told a secret, anything of a person unasked, or another tenant's affairs.

pub mod ground;

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;
use switchboard::model::wire::Incoming;
use switchboard::operate::Desk;
use switchboard::store::Role;

use ground::{BEARERS, Bearer, Ground, PERSON, SECRET, State, TENANTS};

/// What came of a request.
#[derive(Debug)]
pub struct Answered {
    /// Who asked, if it is somebody.
    pub bearer: Option<&'static Bearer>,
    /// The HTTP status.
    pub http: u16,
    /// The answer.
    pub body: String,
    /// How everything stood before, and stands now.
    pub states: [State; 2],
}

/// A letter for who asks, a line with method, path and query, and headers until an empty line; the rest is the body.
pub fn run(input: &[u8]) {
    let Some(answered) = ask(input) else { return };
    // What the request itself says may be said again.
    let said = String::from_utf8_lossy(input).into_owned();
    let told = |mark: &str| answered.body.contains(mark) && !said.contains(mark);
    let Answered { bearer, http, body, states: [before, after] } = &answered;
    let is_api = said.lines().nth(1).is_some_and(|line| line.contains(" /api/"));
    assert!(!told(SECRET), "{answered:?}");
    assert!(!BEARERS.iter().any(|known| told(known.token)), "{answered:?}");
    if is_api {
        let answer: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answered:?}"));
        let error = &answer["error"];
        assert!(*http == 200 || error["code"].is_string() && error["text"].is_string(), "{answered:?}");
        assert!(*http != 200 || bearer.is_some(), "{answered:?}");
    }
    let (done, begun) = after.audit.split_at(after.audit.len() - before.audit.len());
    assert_eq!(begun, before.audit, "the audit log only grows: {answered:?}");
    let revealed = done.iter().any(|what| what == "reveal");
    assert!(!revealed || bearer.is_some_and(|bearer| bearer.has(Role::Reveal)), "{answered:?}");
    assert!(revealed || !PERSON.iter().any(|mark| told(mark)), "{answered:?}");
    assert!(!revealed || after.of == before.of && after.tokens == before.tokens, "{answered:?}");
    for (tenant, _, word) in TENANTS {
        let mine = bearer.is_none_or(|bearer| bearer.is_of(Some(tenant)));
        assert!(!is_api || mine || !told(word) && !told(tenant), "{answered:?}");
    }
    for ((tenant, was), (_, is)) in before.of.iter().zip(&after.of).filter(|(was, is)| was != is) {
        let may = bearer.is_some_and(|bearer| bearer.has(Role::Operate) && bearer.is_of(*tenant));
        assert!(may && *http == 200 && !done.is_empty(), "{was} became {is}: {answered:?}");
    }
    if before.tokens != after.tokens {
        let may = bearer.is_some_and(|bearer| Role::ALL.iter().all(|role| bearer.has(*role)) && bearer.is_of(None));
        assert!(may && *http == 200 && done.len() == 1, "{answered:?}");
    }
}

/// Asks; nothing where the listener would not let the request through.
pub fn ask(input: &[u8]) -> Option<Answered> {
    let text = std::str::from_utf8(input).ok()?;
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let who = lines.next()?;
    let (method, rest) = lines.next()?.split_once(' ')?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    // As the listener does before it hands on.
    let (takes, longest) = Desk::takes(path)?;
    if takes != method || body.len() > longest {
        return None;
    }
    let mut headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let bearer = BEARERS.iter().find(|bearer| who.starts_with(bearer.letter));
    match bearer {
        Some(bearer) => headers.insert(0, ("authorization".to_owned(), format!("Bearer {}", bearer.token))),
        // Whatever he says, he has not that.
        None => headers.retain(|(_, value)| !BEARERS.iter().any(|bearer| value.contains(bearer.token))),
    }
    let incoming = Incoming {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.as_bytes().to_vec().into(),
        peer: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
    };
    // What waits for its turn does not keep the fuzzer waiting.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let (http, body, states) = runtime.expect("a runtime without sockets").block_on(async {
        let ground = Ground::new().await;
        let before = ground.state().await;
        let reply = ground.desk.answer(&incoming).await;
        (reply.http, reply.body, [before, ground.state().await])
    });
    Some(Answered { bearer, http, body: String::from_utf8_lossy(&body).into_owned(), states })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(input: &str) -> (u16, bool, bool) {
        let Answered { http, body, states: [before, after], .. } = ask(input.as_bytes()).expect("it is let through");
        let changed = before.of != after.of || before.tokens != after.tokens;
        (http, changed, body.contains(PERSON[0]))
    }

    /// What the target watches for does happen to those who have the right to it.
    #[test]
    fn who_may_is_shown_and_changes_things() {
        let post = |who: char, path: &str, body: &str| {
            came(&format!("{who}\nPOST {path}\ncontent-type: application/json\n\n{body}"))
        };
        assert_eq!(came("s\nGET /api/dead-letters/1?personal=shown"), (200, false, true));
        assert_eq!(came("t\nGET /api/dead-letters/1?personal=shown"), (200, false, true));
        assert_eq!(came("s\nGET /api/dead-letters/1"), (200, false, false));
        assert_eq!(came("r\nGET /api/dead-letters/1?personal=shown").0, 403);
        assert_eq!(came("t\nGET /api/dead-letters/6?personal=shown").0, 404);
        assert_eq!(came("-\nGET /api/ledger").0, 401);
        assert_eq!(came("r\nGET /api/ledger"), (200, false, false));
        let trace = |who| post(who, "/api/trace", r#"{"id":"+91 98123-45670"}"#);
        assert_eq!((trace('r'), trace('o').0), ((200, false, false), 403));
        for (path, body) in [
            ("/api/redrive", r#"{"kind":"call"}"#),
            ("/api/release", "{}"),
            ("/api/forget", r#"{"number":"+91 98123-45670"}"#),
        ] {
            assert_eq!(post('w', path, body), (200, true, false), "{path}");
            assert_eq!(post('t', path, body), (200, true, false), "{path}");
            assert_eq!(post('s', path, body).0, 403, "{path}");
        }
        for (path, body) in [
            ("/api/tokens/make", r#"{"name":"new","roles":["read"]}"#),
            ("/api/tokens/revoke", r#"{"name":"token-r"}"#),
        ] {
            assert_eq!((post('a', path, body).1, post('t', path, body)), (true, (403, false, false)), "{path}");
        }
    }
}
