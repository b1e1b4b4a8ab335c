//! The gateway under attack, its callers, and the neighbour whose messages go on.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use switchboard::app::{Gateway, Options, Pem};
use switchboard::config::{Listener, Own};
use switchboard::sim::platform::Credentials;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use super::certificates::Pair;
use super::outward::Trap;
use crate::world::{ADMIN_TOKEN, Brand, Process, TenantFile, World, order, person, provider, until, until_async};

/// Far beyond what any attack takes: it only keeps a broken one from hanging.
pub(crate) const GUARD: Duration = Duration::from_secs(120);

/// Connections that the gateway under attack has, and of one source.
pub(crate) const CONNECTIONS: usize = 160;
pub(crate) const PER_SOURCE: usize = 40;

/// The proxy that is trusted.
pub(crate) const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 200, 0, 1));
/// Where the neighbour calls from: an address of its own, like everybody else's.
const NEIGHBOUR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 202, 0, 1));
/// The only address that `gated` may be called from.
pub(crate) const ALLOWED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 201, 0, 1));

/// Short times, so that whoever is cut is cut soon; small numbers, so that a crowd is soon one.
const LISTENER: &str = "listener: { connections: 160, per_source: 40, head: 3s, body: 3s, answer: 3s, idle: 4s }\n\
                        trusted_proxies: [ 127.200.0.1/32 ]\n";

/// A platform that reads every format, so that each can be attacked.
const FORMATS: &str = r#"dsl: 1
platform: formats
auth:
  in: [ { header: { name: x-key, value: $.credentials.key } }, { query: { name: key, value: $.credentials.key } } ]
refused: { http: 400, body: { why: $.error.reason, text: "$.error.text?" } }
send:
  route:
    - { method: POST, path: /formats/json }
    - { method: POST, path: /formats/xml, decode: xml }
    - { method: POST, path: /formats/form, decode: form }
    - { method: POST, path: /formats/typed, type: application/json }
    - { method: POST, path: "/formats/{name}/named" }
  checks: [ { refuse: malformed, when: $.now == $.now, text: nothing is sent from here } ]
  message: { id: x, to: "6590000000", from: "6531290049", text: x }
status: { words: { submitted: sent }, do: [] }
"#;

pub(crate) struct Stage {
    pub(crate) world: World,
    process: Process,
    admin: SocketAddr,
    public: SocketAddr,
    /// Where the environment says that a proxy is.
    pub(super) proxy: Trap,
    tls: Gateway,
    certificate: Arc<Pair>,
    next: AtomicU16,
    passed: Arc<AtomicU64>,
    /// Messages that attackers may send with their own key.
    allowed: AtomicU64,
}

/// What came back before the connection ended.
pub(crate) struct Came(pub(crate) String);

impl Came {
    /// The statuses of all answers.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let lines = self.0.split("HTTP/1.").skip(1);
        lines.filter_map(|line| line.get(2..5)?.parse().ok()).filter(|status| *status != 100).collect()
    }

    /// One answer, of one of these statuses; nothing after it.
    #[track_caller]
    pub(crate) fn is(&self, statuses: &[u16]) {
        let found = self.statuses();
        assert!(found.len() == 1 && statuses.contains(&found[0]), "{statuses:?} expected: {found:?} {}", self.short());
    }

    /// Cut without a word, or told one of these statuses.
    #[track_caller]
    pub(crate) fn is_cut_or(&self, statuses: &[u16]) {
        let found = self.statuses();
        let fits = self.0.is_empty() || found.len() == 1 && statuses.contains(&found[0]);
        assert!(fits, "cut or {statuses:?} expected: {found:?} {}", self.short());
    }

    #[track_caller]
    pub(crate) fn is_cut(&self) {
        assert!(self.0.is_empty(), "expected to be cut: {}", self.short());
    }

    #[track_caller]
    pub(crate) fn says(&self, part: &str) {
        assert!(self.0.contains(part), "`{part}` expected: {}", self.short());
    }

    fn short(&self) -> String {
        self.0.chars().take(600).collect()
    }
}

impl Stage {
    pub(crate) async fn start() -> Arc<Self> {
        let (acme, bandra) =
            (TenantFile::moengage("acme", "6531290044"), TenantFile::webengage("bandra", "919845013377"));
        let gated = TenantFile::webengage("gated", "919845013378").line("sources: [ 127.201.0.1 ]");
        let mut stray = TenantFile::moengage("stray", "6531290050");
        "http://169.254.169.254/latest/meta-data".clone_into(&mut stray.report_url);
        let world = World::new(vec![acme, bandra, gated, stray], provider()).await;
        let proxy = Trap::new(Vec::new()).await;
        std::fs::write(world.mapping_path("formats.yaml"), FORMATS).unwrap();
        let other = world.brands[0].file.text().replace("tenant: acme", "tenant: formal");
        let other = other.replace("platform: moengage", "platform: formats").replace("6531290044", "6531290049");
        let start = other.find("  moengage: {").unwrap();
        let end = other[start..].find('\n').unwrap() + start;
        let other = format!("{}  formats: {{ key: formal-key-of-the-tests }}{}", &other[..start], &other[end..]);
        let other: String =
            other.lines().filter(|line| !line.contains("report_url")).map(|line| format!("{line}\n")).collect();
        std::fs::write(world.tenant_path("formal"), other).unwrap();
        let config = world.folder().join("switchboard.yaml");
        std::fs::write(&config, LISTENER).unwrap();
        let mut command = Process::command(&world);
        command.arg("--config").arg(config);
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env(name, format!("http://{}", proxy.address));
        }
        let process = Process::begin(command);
        process.listening(&world).await;
        let line = process.logged("where it listens", |line| line["message"] == "listening").await;
        let admin = line["admin"].as_str().unwrap().parse().unwrap();
        let public = line["address"].as_str().unwrap().parse().unwrap();
        process.logged("three lists are synced", |line| line["message"] == "templates synced").await;
        let (next, passed, allowed) = (AtomicU16::new(1), Arc::default(), AtomicU64::default());
        let certificate = Arc::new(Pair::new());
        show(&world, &certificate.certificate_pem(), &certificate.key_pem());
        let tls = Gateway::start(speaking_tls(&world)).await.unwrap();
        let stage = Self { world, process, admin, public, proxy, tls, certificate, next, passed, allowed };
        let stage = Arc::new(stage);
        until_async("the brands can send", async || {
            let mut ready = true;
            for brand in &stage.world.brands[..2] {
                ready &= stage.world.send(brand, &order(brand, "first", &person(brand, 999_999))).await.status == 200;
            }
            ready
        })
        .await;
        stage.allow(1);
        stage
    }

    pub(crate) fn acme(&self) -> &Brand {
        &self.world.brands[0]
    }

    pub(crate) fn gated(&self) -> &Brand {
        &self.world.brands[2]
    }

    /// An address that no other attack has.
    pub(crate) fn source(&self) -> IpAddr {
        let [high, low] = self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        Ipv4Addr::new(127, 10, high, low).into()
    }

    /// So many messages of attackers may come in.
    pub(crate) fn allow(&self, count: u64) {
        self.allowed.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        self.connect_from(self.source()).await
    }

    pub(crate) async fn connect_from(&self, source: IpAddr) -> TcpStream {
        connect(self.public, source).await
    }

    /// A connection to the gateway that speaks TLS, before it is spoken.
    pub(crate) async fn tls(&self) -> TcpStream {
        connect(self.tls.address(), self.source()).await
    }

    /// The certificate that it shows but while an attack changes it.
    pub(super) fn certificate(&self) -> Arc<Pair> {
        Arc::clone(&self.certificate)
    }

    /// Puts other files in the place of its certificate and key.
    pub(crate) fn show(&self, certificate: &str, key: &str) {
        show(&self.world, certificate, key);
    }

    /// The log says something somewhere.
    pub(crate) async fn says_why(&self, part: &str) {
        self.process.logged(part, |line| line.to_string().contains(part)).await;
    }

    /// A connection to the operator's listener.
    pub(crate) async fn connect_admin(&self) -> TcpStream {
        connect(self.admin, self.source()).await
    }

    /// Sends bytes from an address of their own, and takes all that comes until the connection ends.
    pub(crate) async fn says(&self, bytes: impl AsRef<[u8]>) -> Came {
        exchange(self.connect().await, bytes.as_ref()).await
    }

    /// The same, from a given address.
    pub(crate) async fn says_from(&self, source: IpAddr, bytes: impl AsRef<[u8]>) -> Came {
        exchange(self.connect_from(source).await, bytes.as_ref()).await
    }

    /// The line that proves a brand.
    pub(crate) fn proof(brand: &Brand) -> String {
        match brand.file.credentials() {
            Credentials::Basic { username, password } => Self::basic(&username, &password),
            Credentials::Bearer(token) => format!("Authorization: Bearer {token}\r\n"),
            Credentials::Headers(_) => unreachable!("no brand has these"),
        }
    }

    pub(crate) fn basic(username: &str, password: &str) -> String {
        format!("Authorization: Basic {}\r\n", BASE64_STANDARD.encode(format!("{username}:{password}")))
    }

    /// A request with acme's key, other headers and a body; its length is given unless a header says how it is framed.
    pub(crate) fn post(&self, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
        request("/webhooks/send", &format!("{}{headers}", Self::proof(self.acme())), body)
    }

    /// A good message of acme's, to a person of its own.
    pub(crate) fn good(&self, id: &str, place: u64) -> Vec<u8> {
        self.post("", self.order(id, place).to_string())
    }

    pub(crate) fn order(&self, id: &str, place: u64) -> Value {
        order(self.acme(), id, &person(self.acme(), place))
    }

    /// Messages of the neighbour that went through so far.
    pub(crate) fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// Waits until so many went through.
    pub(crate) async fn passes(&self, count: u64) {
        until("the neighbour's messages go through", || self.passed() >= count).await;
    }

    /// Some more of the neighbour's messages go through while an attack holds what it holds.
    pub(crate) async fn passes_meanwhile(&self) {
        self.passes(self.passed() + 3).await;
    }

    /// What the gateway takes of memory, and took at most, in megabytes.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
            line.map_or(0, |kilobytes: u64| kilobytes / 1024)
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// The log says that a caller's credentials were wrong too often.
    pub(crate) async fn noted(&self, source: IpAddr) {
        let said =
            |line: &Value| line["source"] == source.to_string() && line["message"].to_string().contains("too often");
        self.process.logged("a caller is told to come later", said).await;
    }

    /// A series of `/metrics`.
    pub(crate) async fn metric(&self, series: &str) -> f64 {
        let url = format!("http://{}/metrics", self.admin);
        let text = self.world.client.get(url).send().await.unwrap().text().await.unwrap();
        text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok()).unwrap_or_default()
    }

    /// When the certificate ends that is shown, as the gateway that shows it says.
    pub(crate) async fn certificate_ends(&self) -> Option<i64> {
        let name = "switchboard_certificate_expiry_timestamp_seconds";
        let (_, text) = self.world.asked(&self.tls, "/metrics").await;
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }

    /// Begins to send the neighbour's messages, one after the other, each over a connection of its own.
    pub(crate) fn bystander(self: &Arc<Self>) -> Bystander {
        let (stage, stop) = (Arc::clone(self), Arc::<AtomicBool>::default());
        let stopped = Arc::clone(&stop);
        let sending = tokio::spawn(async move {
            let client =
                reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).local_address(NEIGHBOUR).timeout(GUARD);
            let client = client.build().unwrap();
            let brand = &stage.world.brands[1];
            let token = brand.file.value("KEY");
            let mut ids = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let place = u64::try_from(ids.len()).unwrap();
                let id = format!("by-{place}");
                let body = order(brand, &id, &person(brand, place)).to_string();
                let request = client.post(stage.world.url(brand.file.path())).bearer_auth(&token);
                let answer = request.header("content-type", "application/json").body(body).send().await;
                let answer = answer.unwrap_or_else(|problem| panic!("the neighbour's {id} was harmed: {problem:?}"));
                let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
                assert!(status == 200 && text.contains("whatsapp_accepted"), "the neighbour's {id}: {status} {text}");
                ids.push(id);
                stage.passed.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            ids
        });
        Bystander { stop, sending }
    }

    /// What came in is what was allowed to; the log holds no secret and no person's number.
    pub(crate) async fn end(self: Arc<Self>) {
        let url = format!("http://{}/api/ledger", self.admin);
        let answer = self.world.client.get(url).bearer_auth(ADMIN_TOKEN).send().await.unwrap();
        let ledger: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let accepted = |name: &str| {
            let tenants = ledger["tenants"].as_array().unwrap().iter();
            tenants
                .filter(|tenant| tenant["tenant"] == name)
                .map(|tenant| tenant["accepted"].as_u64().unwrap())
                .sum::<u64>()
        };
        assert_eq!(accepted("acme"), self.allowed.load(Ordering::Relaxed), "{ledger}");
        assert_eq!(accepted("formal"), 0, "{ledger}");
        self.world.check_contracts();
        let stage = Arc::into_inner(self).expect("every attack is over");
        stage.tls.stop().await;
        assert!(stage.process.terminate().await.success());
    }
}

/// Where the certificate and its key are.
fn pem(world: &World) -> Pem {
    Pem { certificate: world.folder().join("certificate.pem"), key: world.folder().join("key.pem") }
}

fn show(world: &World, certificate: &str, key: &str) {
    let Pem { certificate: certificates, key: keys } = pem(world);
    std::fs::write(certificates, certificate).unwrap();
    std::fs::write(keys, key).unwrap();
}

/// One more gateway on the same files, with a store of its own: for TLS.
fn speaking_tls(world: &World) -> Options {
    let listener = Listener { head: Some(Duration::from_secs(3)), ..Listener::default() };
    Options {
        listen: ([127, 0, 0, 1], 0).into(),
        admin_listen: Some(([127, 0, 0, 1], 0).into()),
        store: world.folder().join("tls.db").into(),
        own: Own { listener, ..Own::default() },
        tls: Some(pem(world)),
        ..world.options()
    }
}

/// The neighbour.
pub(crate) struct Bystander {
    stop: Arc<AtomicBool>,
    sending: JoinHandle<Vec<String>>,
}

impl Bystander {
    /// Ends it: all that it sent was sent on and reported as read.
    pub(crate) async fn stop(self, stage: &Stage) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let ids = self.sending.await.unwrap();
        let brand = &stage.world.brands[1];
        let mut left: Vec<&String> = ids.iter().collect();
        until("all of the neighbour's messages are read", || {
            left.retain(|id| !World::is_read(brand, id));
            left.is_empty()
        })
        .await;
        ids.len()
    }
}

/// What a task panicked with.
pub(crate) fn words(problem: &(dyn Any + Send)) -> String {
    let text = problem.downcast_ref::<String>().cloned();
    text.or_else(|| problem.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

pub(crate) async fn connect(to: SocketAddr, source: IpAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((source, 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// A request whose length is given unless a header says how it is framed.
pub(crate) fn request(path: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let framed = ["Content-Length", "Transfer-Encoding"].iter().any(|name| headers.contains(name));
    let length = if framed { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let kind = if headers.contains("Content-Type") { "" } else { "Content-Type: application/json\r\n" };
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n{kind}{length}{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// Writes, and reads all that comes until the end; a reset ends it like a close.
pub(crate) async fn exchange(stream: TcpStream, bytes: &[u8]) -> Came {
    let (mut reader, mut writer) = stream.into_split();
    let mut seen = Vec::new();
    let write = async {
        // Whoever is cut cannot write on.
        let _ = writer.write_all(bytes).await;
        writer
    };
    let (_writer, _) = tokio::join!(write, reader.read_to_end(&mut seen));
    Came(String::from_utf8_lossy(&seen).into_owned())
}

/// All that still comes.
pub(crate) async fn rest(stream: &mut TcpStream) -> Came {
    let mut seen = Vec::new();
    let _ = stream.read_to_end(&mut seen).await;
    Came(String::from_utf8_lossy(&seen).into_owned())
}

/// One answer of a connection that stays open: its head and as much of its body as is announced.
pub(crate) async fn one(stream: &mut TcpStream) -> Came {
    let mut seen = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_ascii_lowercase()
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Came(text);
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return Came(text),
            Ok(count) => seen.extend_from_slice(&buffer[..count]),
        }
    }
}
