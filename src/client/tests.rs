//! The client against raw peers on loopback, each of which answers or fails in its own way.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::model::wire::Class;

fn client(change: impl FnOnce(&mut Options)) -> Http {
    let mut options = Options { allow_loopback: true, max_body: 1000, ..Options::default() };
    change(&mut options);
    Http::new(options).unwrap()
}

fn post(url: &str) -> Prepared {
    Prepared {
        method: "POST".to_owned(),
        url: url.parse().unwrap(),
        headers: vec![("Authorization".to_owned(), "Bearer hush".to_owned())],
        body: Bytes::from_static(b"{\"to\":\"14155550101\"}"),
        timeout: Duration::from_secs(20),
    }
}

/// Reads one whole request: its head, and the body that [`post`] sends.
async fn request(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(b"}") {
        let mut buffer = [0; 1024];
        match stream.read(&mut buffer).await.unwrap() {
            0 => break,
            count => seen.extend_from_slice(&buffer[..count]),
        }
    }
    String::from_utf8(seen).unwrap()
}

/// A peer that reads one request per connection and then writes `answer`; what it read comes back.
async fn peer(answer: &'static [u8], hold: Duration) -> (SocketAddr, tokio::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, requests) = tokio::sync::mpsc::channel(10);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            seen.send(request(&mut stream).await).await.unwrap();
            stream.write_all(answer).await.unwrap();
            stream.flush().await.unwrap();
            tokio::time::sleep(hold).await;
            // Reset, rather than a clean end.
            stream.set_zero_linger().unwrap();
        }
    });
    (address, requests)
}

struct Expected {
    class: Class,
    http: Option<u16>,
    trouble: &'static str,
}

async fn check(answer: &'static [u8], hold: Duration, expected: Expected) -> Answer {
    let (address, _requests) = peer(answer, hold).await;
    let client = client(|options| options.read_timeout = Duration::from_millis(500));
    let got = client.send(post(&format!("http://{address}/v1/messages?token=hush"))).await;
    let shown = String::from_utf8_lossy(answer);
    let trouble = got.trouble.as_deref().unwrap_or_default();
    assert_eq!((got.class, got.http), (expected.class, expected.http), "{shown} {trouble}");
    assert!(
        trouble.contains(expected.trouble) && trouble.is_empty() == expected.trouble.is_empty(),
        "{shown}: {trouble}"
    );
    assert!(!trouble.contains("hush") && !trouble.contains("1415555"), "{shown}: {trouble}");
    got
}

const AT_ONCE: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn whole_answers_by_status() {
    for (answer, http, class) in [
        (&b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"[..], 202, Class::Success),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\n{}", 302, Class::Redirect),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}", 429, Class::Client),
        (b"HTTP/1.1 503 Later\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 503, Class::Server),
    ] {
        let got = check(answer, LONG, Expected { class, http: Some(http), trouble: "" }).await;
        assert_eq!(&got.body[..], b"{}");
        if http == 429 {
            assert_eq!(got.header("retry-after"), Some("7"));
        }
    }
}

#[tokio::test]
async fn answers_that_are_not_whole() {
    let unanswered = |http, trouble| Expected { class: Class::Unanswered, http, trouble };
    check(b"", LONG, unanswered(None, "in time")).await;
    check(b"", AT_ONCE, unanswered(None, "before a whole answer")).await;
    check(b"HTTP/1.1 200 OK\r\nContent-Le", AT_ONCE, unanswered(None, "answer came")).await;
    check(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", LONG, unanswered(Some(200), "in time")).await;
    check(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", AT_ONCE, unanswered(Some(200), "answer came")).await;
    check(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", LONG, unanswered(Some(200), "too large")).await;
    check(b"SSH-2.0-OpenSSH_9.6\r\n", LONG, unanswered(None, "valid answer")).await;
    check(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", LONG, unanswered(None, "valid"))
        .await;
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_at_the_limit() {
    let endless: &'static [u8] =
        Box::leak([b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &[b'x'; 5000]].concat().into_boxed_slice());
    let got = check(endless, LONG, Expected { class: Class::Unanswered, http: Some(200), trouble: "too large" }).await;
    assert!(got.body.len() <= 1000);
}

#[tokio::test]
async fn the_timeout_of_the_call_holds_for_the_whole_exchange() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut call = post(&format!("http://{}/", listener.local_addr().unwrap()));
    call.timeout = Duration::from_millis(300);
    let drip = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n").await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let got = tokio::time::timeout(LONG, client(|_| ()).send(call)).await.expect("cut in time");
    assert_eq!((got.class, got.http), (Class::Unanswered, Some(200)));
    drip.abort();
}

#[tokio::test]
async fn what_is_sent_is_what_was_prepared_and_once() {
    let (address, mut requests) = peer(b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", AT_ONCE).await;
    let got = client(|_| ()).send(post(&format!("http://{address}/v1/messages?a=1"))).await;
    assert_eq!(got.class, Class::Server);
    let sent = requests.recv().await.unwrap();
    assert!(sent.starts_with("POST /v1/messages?a=1 HTTP/1.1\r\n"), "{sent}");
    assert!(sent.to_ascii_lowercase().contains("\r\nauthorization: bearer hush\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\n{\"to\":\"14155550101\"}"), "{sent}");
    assert!(requests.try_recv().is_err());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (other, mut followed) = peer(b"", AT_ONCE).await;
    let answer = format!("HTTP/1.1 307 Over there\r\nLocation: http://{other}/\r\nContent-Length: 0\r\n\r\n");
    let (address, _requests) = peer(Box::leak(answer.into_bytes().into_boxed_slice()), LONG).await;
    let got = client(|_| ()).send(post(&format!("http://{address}/"))).await;
    assert_eq!((got.class, got.http), (Class::Redirect, Some(307)));
    assert!(followed.try_recv().is_err());
}

async fn unreached(client: &Http, call: Prepared, trouble: &str) {
    let url = call.url.to_string();
    let got = client.send(call).await;
    let said = got.trouble.unwrap_or_default();
    assert_eq!((got.class, got.http), (Class::Unreached, None), "{url}: {said}");
    assert!(said.contains(trouble), "{url}: {said}");
}

#[tokio::test]
async fn what_cannot_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    unreached(&client(|_| ()), post(&format!("http://{closed}/")), "refused").await;
    // Where the test has no network, the resolver only gives up after seconds.
    let hasty = client(|options| options.connect_timeout = Duration::from_millis(300));
    unreached(&hasty, post("http://no-such-name.invalid/"), "cannot connect").await;
    // A peer that does not speak TLS.
    let (address, _requests) = peer(b"HTTP/1.1 400 Bad\r\n\r\n", AT_ONCE).await;
    unreached(&client(|_| ()), post(&format!("https://{address}/")), "cannot connect").await;
}

#[tokio::test]
async fn a_peer_that_takes_no_connection_is_unreached() {
    // A listener that is never asked: the handshake of TLS does not begin.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let call = post(&format!("https://{}/", listener.local_addr().unwrap()));
    unreached(&client(|options| options.connect_timeout = Duration::from_millis(200)), call, "cannot connect").await;
}

#[tokio::test]
async fn places_that_may_not_be_called() {
    let (address, mut requests) = peer(b"HTTP/1.1 200 OK\r\n\r\n", AT_ONCE).await;
    let (port, closed) = (address.port(), client(|options| options.allow_loopback = false));
    for host in ["127.0.0.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "localhost", "a.localhost"] {
        unreached(&closed, post(&format!("http://{host}:{port}/")), "loopback").await;
    }
    for url in ["http://169.254.169.254/latest", "http://[::ffff:169.254.169.254]/"] {
        unreached(&closed, post(url), "link-local").await;
        unreached(&client(|_| ()), post(url), "link-local").await;
    }
    unreached(&closed, post("ftp://example.com/"), "ftp").await;
    unreached(&closed, post("http://user:hush@example.com/"), "password").await;
    unreached(&client(|options| options.https_only = true), post("http://example.com/"), "https only").await;
    assert!(requests.try_recv().is_err());
}

/// Past the look at the URL, straight to the resolver behind the guard.
fn by(resolver: resolve::Guarded) -> Http {
    let options = Options { allow_loopback: true, ..Options::default() };
    Http::through(connect::by(resolver, options.connect_timeout).unwrap(), options)
}

#[tokio::test]
async fn a_name_is_judged_by_its_addresses() {
    let (address, _requests) = peer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", LONG).await;
    let url = format!("http://localhost:{}/", address.port());
    unreached(&by(resolve::Guarded::new(false)), post(&url), "loopback").await;
    let got = by(resolve::Guarded::new(true)).send(post(&url)).await;
    assert_eq!(got.class, Class::Success, "{:?}", got.trouble);
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_asked_once() {
    // The name of the attack is rebinding: the first answer passes the check, the second one is called.
    let (address, _requests) =
        peer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", AT_ONCE).await;
    let asked = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
    let counted = std::sync::Arc::clone(&asked);
    let lookup: resolve::Lookup = std::sync::Arc::new(move |_| {
        let first = counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        let found = if first { [127, 0, 0, 1] } else { [169, 254, 169, 254] };
        Box::pin(async move { Ok(vec![SocketAddr::from((found, 0))]) })
    });
    let client = by(resolve::Guarded::by(true, lookup));
    let url = format!("http://rebinding.example:{}/", address.port());
    let got = client.send(post(&url)).await;
    assert_eq!(got.class, Class::Success, "what was judged is called: {:?}", got.trouble);
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
    // The next connection is judged anew.
    unreached(&client, post(&url), "link-local").await;
}

#[tokio::test]
async fn https_only_still_lets_development_call_loopback() {
    let (address, _requests) = peer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", LONG).await;
    let got = client(|options| options.https_only = true).send(post(&format!("http://{address}/"))).await;
    assert_eq!(got.class, Class::Success, "{:?}", got.trouble);
}

#[tokio::test]
async fn what_http_cannot_carry() {
    let with = |name: &str, value: &str| {
        let mut call = post("https://example.com/");
        call.headers.push((name.to_owned(), value.to_owned()));
        call
    };
    let client = client(|_| ());
    unreached(&client, with("x y", "1"), "no name of a header").await;
    unreached(&client, with("x", "1\r\nHost: other"), "characters").await;
    unreached(&client, with("Content-Length", "0"), "the client's own").await;
    unreached(&client, with("host", "other.example.com"), "the client's own").await;
    let mut call = post("https://example.com/");
    "GET /".clone_into(&mut call.method);
    unreached(&client, call, "method").await;
}
