//! Calls of ours that are led astray: by an address in a file, by a name, by what a peer answers, by the environment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use switchboard::client::{Http, Options, Outbound};
use switchboard::model::wire::{Answer, Class, Prepared};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs};

use super::certificates::Pair;
use super::{Attack, attack};
use crate::world::{order, person};

/// Where somebody listens, and how many came.
pub(super) struct Trap {
    pub(super) address: std::net::SocketAddr,
    came: Arc<AtomicUsize>,
}

impl Trap {
    /// Answers each connection with what is written for its place, the last for all that come later, and keeps it open.
    pub(super) async fn new(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let trap = Self { address: listener.local_addr().unwrap(), came: Arc::default() };
        let came = Arc::clone(&trap.came);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let place = came.fetch_add(1, Ordering::SeqCst);
                let answer = answers.get(place).or(answers.last()).cloned().unwrap_or_default();
                tokio::spawn(async move {
                    let mut buffer = [0; 4096];
                    let _ = stream.read(&mut buffer).await;
                    let _ = stream.write_all(&answer).await;
                    let _ = stream.read(&mut buffer).await;
                });
            }
        });
        trap
    }

    pub(super) fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

fn client(allow_loopback: bool) -> Http {
    let short = Duration::from_secs(4);
    let options =
        Options { allow_loopback, https_only: true, read_timeout: short, timeout: short * 2, ..Options::default() };
    Http::new(options).unwrap()
}

fn post(url: &str) -> Prepared {
    let (url, body) = (url.parse().unwrap(), Bytes::from_static(b"{}"));
    let headers = vec![("authorization".to_owned(), "Bearer hush".to_owned())];
    Prepared { method: "POST".to_owned(), url, headers, body, timeout: Duration::from_secs(10) }
}

/// What comes of a call to somebody who answers so.
async fn answered(answer: impl Into<Vec<u8>>) -> Answer {
    let trap = Trap::new(vec![answer.into()]).await;
    let answer = client(true).send(post(&trap.url())).await;
    assert_eq!(trap.came(), 1, "once, whatever it answers");
    answer
}

/// Refused before anything is sent.
async fn refused(urls: &[&str], why: &str) {
    let client = client(false);
    for url in urls {
        let answer = client.send(post(url)).await;
        let trouble = answer.trouble.unwrap_or_default();
        assert!(answer.class == Class::Unreached && trouble.contains(why), "{url}: {:?} {trouble}", answer.class);
    }
}

fn is_no_answer(answer: &Answer, why: &str) {
    let trouble = answer.trouble.as_deref().unwrap_or_default();
    assert!(answer.class == Class::Unanswered && trouble.contains(why), "{:?} {trouble}", answer.class);
    assert!(answer.body.len() <= 1 << 20);
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!("a URL of loopback, in every way it can be written", "refused", |_stage| {
        let urls = [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://x.localhost/",
            "http://\u{2460}27.0.0.1/",
        ];
        refused(&urls, "loopback").await;
    }),
    attack!("a URL of a private network", "refused", |_stage| {
        let urls = [
            "https://10.0.0.1/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://[fd00::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://167772161/",
            "https://[64:ff9b::a00:1]/",
        ];
        refused(&urls, "private").await;
    }),
    attack!("a URL of a metadata service", "refused", |_stage| {
        refused(
            &["http://169.254.169.254/latest/meta-data", "http://[::ffff:a9fe:a9fe]/", "http://2852039166/"],
            "link-local",
        )
        .await;
        refused(&["http://[fd00:ec2::254]/"], "private").await;
        refused(&["http://100.100.100.200/"], "carrier").await;
        refused(&["http://168.63.129.16/"], "metadata").await;
    }),
    attack!("a URL of everybody, nobody, or nowhere", "refused", |_stage| {
        refused(&["https://224.0.0.1/", "https://[ff02::1]/"], "multicast").await;
        refused(&["https://0.0.0.0/", "https://[::]/", "https://0/"], "unspecified").await;
        refused(
            &["https://255.255.255.255/", "https://198.18.0.1/", "https://[2001:db8::1]/", "https://[2001::1]/"],
            "reserved",
        )
        .await;
        refused(&["https://[fe80::1]/"], "link-local").await;
    }),
    attack!("a URL that is not http: file, ftp, gopher, data", "refused", |_stage| {
        refused(
            &["file:///etc/passwd", "ftp://example.com/", "gopher://example.com:6379/_x", "data:text/plain,x"],
            "not by",
        )
        .await;
    }),
    attack!("a URL with a user's name in it", "refused", |_stage| {
        refused(&["https://api.example.com@10.0.0.1/", "https://x:y@api.example.com/"], "user name").await;
    }),
    attack!("a port where something else is spoken: SSH, SMTP, Redis, PostgreSQL", "refused", |_stage| {
        refused(
            &[
                "https://api.example.com:22/",
                "https://api.example.com:25/",
                "https://api.example.com:6379/",
                "https://api.example.com:5432/",
                "https://api.example.com:11211/",
            ],
            "is not called",
        )
        .await;
    }),
    attack!("plain http to a public host", "refused, in development too", |_stage| {
        for allow_loopback in [false, true] {
            let answer = client(allow_loopback).send(post("http://api.example.com/")).await;
            assert!(answer.trouble.unwrap_or_default().contains("https only"));
        }
    }),
    attack!("a header of ours that is two", "refused", |_stage| {
        for (name, value) in [
            ("x", "1\r\nHost: other"),
            ("x\r\ny", "1"),
            ("Host", "other"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Length", "0"),
        ] {
            let mut call = post("https://api.example.com/");
            call.headers.push((name.to_owned(), value.to_owned()));
            assert_eq!(client(false).send(call).await.class, Class::Unreached, "{name}");
        }
    }),
    attack!("a redirect to somebody else", "not followed: an answer like any other", |_stage| {
        let victim = Trap::new(vec![b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()]).await;
        for status in [301, 302, 303, 307, 308] {
            let answer =
                answered(format!("HTTP/1.1 {status} Go\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", victim.url()))
                    .await;
            assert_eq!((answer.http, answer.class), (Some(status), Class::Redirect));
        }
        assert_eq!(victim.came(), 0);
    }),
    attack!("an answer of a terabyte, announced", "no answer: at most 1 MiB is read", |_stage| {
        is_no_answer(&answered("HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n").await, "too large");
    }),
    attack!("an answer without an end", "no answer: at most 1 MiB is read", |_stage| {
        is_no_answer(&answered([&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b'x'; 8 << 20]].concat()).await, "too large");
    }),
    attack!("an answer packed a thousand times", "taken as bytes: nothing is unpacked", |_stage| {
        let mut packed = Vec::new();
        let content = vec![b' '; 4 << 20];
        let mut encoder = flate2::bufread::GzEncoder::new(&content[..], flate2::Compression::best());
        std::io::Read::read_to_end(&mut encoder, &mut packed).unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
        let answer = answered([head.as_bytes(), &packed].concat()).await;
        assert_eq!((answer.class, answer.body.len()), (Class::Success, packed.len()));
    }),
    attack!("an answer with ten thousand headers", "no answer", |_stage| {
        is_no_answer(&answered(format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(10_000))).await, "valid");
    }),
    attack!("an answer whose header has 8 MiB", "no answer", |_stage| {
        is_no_answer(&answered(format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(8 << 20))).await, "");
    }),
    attack!("an answer that never comes", "no answer, in time", |_stage| is_no_answer(&answered("").await, "in time")),
    attack!("an answer that stops in the middle", "no answer, in time", |_stage| {
        is_no_answer(&answered("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{").await, "in time");
    }),
    attack!("an answer that is none", "no answer", |_stage| {
        is_no_answer(&answered("220 mail.example ESMTP\r\n").await, "valid");
        is_no_answer(&answered("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}").await, "valid");
    }),
    attack!("a second answer behind the first", "not taken for that of the next call", |_stage| {
        let first =
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled";
        let second = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo";
        let trap = Trap::new(vec![first.to_vec(), second.to_vec()]).await;
        let client = client(true);
        assert_eq!(client.send(post(&trap.url())).await.body, "{}");
        let next = client.send(post(&trap.url())).await;
        assert!(next.body == "two" || next.body.is_empty(), "{:?}", next.body);
    }),
    attack!("a certificate that nobody vouches for", "not called", |_stage| {
        let pair = Pair::new();
        let chain = vec![CertificateDer::from_pem_slice(pair.certificate_pem().as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(pair.key_pem().as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let accepted = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            TlsAcceptor::from(Arc::new(config)).accept(stream).await.is_ok()
        });
        let answer = client(true).send(post(&url)).await;
        let trouble = answer.trouble.unwrap_or_default();
        assert!(answer.class == Class::Unreached && trouble.contains("certificate"), "{trouble}");
        assert!(!accepted.await.unwrap(), "nothing of ours was told");
    }),
    attack!("a proxy in the environment", "not asked, in a whole run of calls", |stage| {
        stage.passes_meanwhile().await;
        assert!(!stage.world.provider.journal().sent().is_empty());
        assert_eq!(stage.proxy.came(), 0);
    }),
    attack!("a brand whose reports go to a metadata service", "its reports wait, and the log says why", |stage| {
        let stray = &stage.world.brands[3];
        assert_eq!(stage.world.send(stray, &order(stray, "stray", &person(stray, 900_006))).await.status, 200);
        stage.says_why("link-local").await;
    }),
];
