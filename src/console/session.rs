//! Who is signed in: sessions in memory, each of which names a token and holds nothing of it but its hash.
//!
//! A session ends by itself after [`IDLE`] without a page, after [`LONGEST`] in any case, with the process, and with its
//! token, which is asked for at every page. Its id is 256 random bits; kept is their hash.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::model::wire::Incoming;
use crate::operate::Tokens;
use crate::value::Timestamp;

/// Without a page for so long, a session is over.
pub(super) const IDLE: Duration = Duration::from_secs(30 * 60);
/// It is over then in any case.
pub(super) const LONGEST: Duration = Duration::from_secs(8 * 60 * 60);
/// For one more, the one that was used least lately has to go.
const MOST: usize = 1000;

const COOKIE: &str = "switchboard-console";

/// A session's id, as it is kept.
pub(super) type Id = [u8; 32];

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// The hash of the token.
    pub(super) token: [u8; 32],
    /// What every form of the session carries.
    pub(super) csrf: String,
    used: Timestamp,
    until: Timestamp,
}

impl Session {
    /// Whether a form is the session's own.
    pub(super) fn made(&self, csrf: &str) -> bool {
        self.csrf.as_bytes().ct_eq(csrf.as_bytes()).into()
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.until <= now || self.used.after(IDLE) <= now
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<Id, Session>>);

impl Sessions {
    /// A new one for whoever has that token; what the cookie says.
    pub(super) fn begin(&self, token: [u8; 32], random: [[u8; 32]; 2], now: Timestamp) -> String {
        let [id, csrf] = random.map(|random| BASE64_URL_SAFE_NO_PAD.encode(random));
        let mut all = self.all();
        all.retain(|_, session| !session.is_over(now));
        if all.len() >= MOST
            && let Some(oldest) = all.iter().min_by_key(|(_, session)| session.used).map(|(id, _)| *id)
        {
            all.remove(&oldest);
        }
        all.insert(Tokens::hash(&id), Session { token, csrf, used: now, until: now.after(LONGEST) });
        id
    }

    /// The session of an id, which is used now.
    pub(super) fn touch(&self, id: &Id, now: Timestamp) -> Option<Session> {
        let mut all = self.all();
        let session = all.get_mut(id).filter(|session| !session.is_over(now))?;
        session.used = now;
        Some(session.clone())
    }

    /// The same, unused.
    pub(super) fn look(&self, id: &Id, now: Timestamp) -> Option<Session> {
        self.all().get(id).filter(|session| !session.is_over(now)).cloned()
    }

    /// It is over.
    pub(super) fn end(&self, id: &Id) {
        self.all().remove(id);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Id, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session that a request names. Several are none: which of them counts would be a guess.
pub(super) fn cookie(request: &Incoming) -> Option<Id> {
    let lines = request.headers.iter().filter(|(name, _)| name == "cookie").flat_map(|(_, value)| value.split(';'));
    let mut ours = lines.filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    let id = ours.next()?;
    ours.next().is_none().then(|| Tokens::hash(id))
}

/// What a browser keeps: for the console's paths only, out of reach of scripts, and for no request of another site.
pub(super) fn set(id: &str, request: &Incoming) -> String {
    written(id, LONGEST.as_secs(), request)
}

/// What makes a browser forget it.
pub(super) fn unset(request: &Incoming) -> String {
    written("", 0, request)
}

fn written(id: &str, seconds: u64, request: &Incoming) -> String {
    // The listener speaks plain HTTP; a proxy that speaks TLS says so. Whoever lies about it keeps the cookie from himself.
    let tls = request.header("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    let secure = if tls { "; Secure" } else { "" };
    format!("{COOKIE}={id}; Path=/console; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(0).after(Duration::from_secs(seconds))
    }

    fn request(headers: &[(&str, &str)]) -> Incoming {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (method, path) = ("GET".to_owned(), "/console".to_owned());
        Incoming { method, path, query: String::new(), headers, body: bytes::Bytes::new(), peer: None }
    }

    #[test]
    fn a_session_is_over_when_nobody_uses_it_and_after_a_day_s_work() {
        let sessions = Sessions::default();
        let id = Tokens::hash(&sessions.begin([7; 32], [[1; 32], [2; 32]], at(0)));
        assert_eq!(sessions.touch(&id, at(1700)).map(|session| session.token), Some([7; 32]));
        assert!(sessions.look(&id, at(3400)).is_some());
        assert!(sessions.look(&id, at(3501)).is_none(), "half an hour after it was used last; looking is no use");
        let id = Tokens::hash(&sessions.begin([7; 32], [[3; 32], [4; 32]], at(0)));
        for minute in 0..480 {
            assert!(sessions.touch(&id, at(minute * 60)).is_some(), "{minute}");
        }
        assert!(sessions.touch(&id, at(480 * 60)).is_none());
        let id = Tokens::hash(&sessions.begin([7; 32], [[5; 32], [6; 32]], at(0)));
        sessions.end(&id);
        assert!(sessions.touch(&id, at(1)).is_none());
    }

    #[test]
    fn there_are_only_so_many_and_the_least_used_goes() {
        let sessions = Sessions::default();
        let random = |count: usize| {
            let mut random = [0; 32];
            random[..8].copy_from_slice(&count.to_le_bytes());
            [random, [9; 32]]
        };
        let ids: Vec<Id> =
            (0..MOST).map(|count| Tokens::hash(&sessions.begin([7; 32], random(count), at(0)))).collect();
        assert!(sessions.touch(&ids[0], at(1)).is_some());
        sessions.begin([7; 32], random(MOST), at(2));
        assert!(sessions.look(&ids[0], at(2)).is_some());
        assert_eq!(ids.iter().filter(|id| sessions.look(id, at(2)).is_none()).count(), 1);
    }

    #[test]
    fn a_form_is_the_session_s_own_by_its_token_alone() {
        let sessions = Sessions::default();
        let id = Tokens::hash(&sessions.begin([7; 32], [[1; 32], [2; 32]], at(0)));
        let session = sessions.look(&id, at(0)).unwrap();
        assert!(session.made(&session.csrf.clone()));
        assert!(!session.made("") && !session.made(&session.csrf[1..]) && !session.made(&format!("{}x", session.csrf)));
    }

    #[test]
    fn the_cookie_is_found_among_others_and_two_are_none() {
        let id = |value: &str| cookie(&request(&[("cookie", value)]));
        assert_eq!(id("a=b; switchboard-console=abc; c=d"), Some(Tokens::hash("abc")));
        for none in ["", "a=b", "xswitchboard-console=abc", "switchboard-console=a; switchboard-console=b"] {
            assert_eq!(id(none), None, "{none}");
        }
        let twice = request(&[("cookie", "switchboard-console=a"), ("cookie", "switchboard-console=a")]);
        assert_eq!(cookie(&twice), None);
    }

    #[test]
    fn a_browser_keeps_the_cookie_to_itself() {
        let plain = set("abc", &request(&[]));
        assert_eq!(plain, "switchboard-console=abc; Path=/console; Max-Age=28800; HttpOnly; SameSite=Strict");
        assert!(set("abc", &request(&[("x-forwarded-proto", "https")])).ends_with("; Secure"));
        assert!(unset(&request(&[])).contains("switchboard-console=; Path=/console; Max-Age=0"));
    }
}
