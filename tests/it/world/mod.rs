//! A world for one test: simulated parties, tenant files, a store on disk, and a gateway inside or as a process.
//!
//! Nothing of it is shared between tests but the RSA key, which is slow to make. Start at [`World::new`].

mod kit;
mod message;
mod port;
mod process;
mod reports;
mod stub;
mod tenant;
mod wait;
mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use switchboard::app::{self, Gateway, Secrets};
use switchboard::model::{Name, Secret};
use switchboard::sim::Delay;
use switchboard::sim::keys::{self, KeyPair};
use switchboard::sim::platform::{Campaign, Credentials, Kind, Platform, PlatformOptions, Shape};
use switchboard::sim::provider::{Account, Life, Provider, ProviderOptions};
use switchboard::sim::stage::{ACCOUNT, APPLICATION, MAPPINGS};
use switchboard::store::Message;
use switchboard::store::sqlite::Sqlite;
use switchboard::value::Timestamp;
use tempfile::TempDir;

pub(crate) use kit::{Kit, NPM};
pub(crate) use message::{order, person, sample, tapped, text_from};
pub(crate) use port::free as free_port;
pub(crate) use process::Process;
pub(crate) use reports::{accepted, word_of};
pub(crate) use stub::{Scripted, Stub};
pub(crate) use tenant::TenantFile;
pub(crate) use wait::{GUARD, until, until_async};
pub(crate) use wire::{Answer, signed};

/// What the operator of every world carries.
pub(crate) const ADMIN_TOKEN: &str = "an-admin-token-of-some-length";

static KEYS: LazyLock<KeyPair> = LazyLock::new(|| keys::generate().unwrap());

/// Every status arrives, at once, and nothing is odd.
pub(crate) fn certain() -> Life {
    Life {
        delivered: 1.0,
        read: 1.0,
        submitted_after: Delay::millis(5, 10),
        delivered_after: Delay::millis(20, 40),
        read_after: Delay::millis(50, 80),
        ..Life::default()
    }
}

/// A provider that behaves as well as can be; a test changes what it is about.
pub(crate) fn provider() -> ProviderOptions {
    let webhooks = switchboard::sim::provider::Delivery { scale: 0.02, ..Default::default() };
    ProviderOptions { life: certain(), webhooks, ..ProviderOptions::default() }
}

/// One brand: its file, as it is on disk, and its platform.
pub(crate) struct Brand {
    pub(crate) file: TenantFile,
    pub(crate) platform: Platform,
}

/// Everything around the gateway.
pub(crate) struct World {
    pub(crate) provider: Provider,
    pub(crate) brands: Vec<Brand>,
    pub(crate) client: reqwest::Client,
    port: u16,
    folder: TempDir,
    /// Kept in that database, and not in a file.
    pub(crate) database: Option<String>,
}

impl World {
    /// Parties that listen, and files that name them. The gateway is started by the test.
    pub(crate) async fn new(tenants: Vec<TenantFile>, provider: ProviderOptions) -> Self {
        let port = port::free();
        let provider = Provider::start(ProviderOptions {
            accounts: vec![account()],
            status_url: provider.status_url.or(Some(format!("http://127.0.0.1:{port}/webhooks/vonage/status"))),
            inbound_url: Some(format!("http://127.0.0.1:{port}/webhooks/vonage/inbound")),
            ..provider
        });
        let provider = provider.await.unwrap();
        let folder = TempDir::with_prefix("switchboard-it-").unwrap();
        for name in ["mappings", "tenants"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        for (name, text) in MAPPINGS {
            std::fs::write(folder.path().join("mappings").join(name), text).unwrap();
        }
        let client = reqwest::Client::builder().no_proxy().timeout(GUARD).build().unwrap();
        let mut world = Self { provider, brands: Vec::new(), client, port, folder, database: None };
        for file in tenants {
            world.add(file).await;
        }
        world
    }

    /// One more brand: its platform listens and its file is written.
    pub(crate) async fn add(&mut self, mut file: TenantFile) {
        let report_token = (file.kind == Kind::WebEngage).then(|| file.value("TOKEN"));
        let api_key = (file.kind == Kind::WebEngage).then(|| file.value("REST"));
        let options = PlatformOptions {
            kind: file.kind,
            report_token,
            api_key,
            only_own: false,
            answer_within: GUARD,
            ..PlatformOptions::default()
        };
        let platform = Platform::start(options).await.unwrap();
        file.enter(&self.provider.url(), &platform.report_url(), &platform.url());
        self.write(&file);
        self.brands.push(Brand { file, platform });
    }

    /// Writes a tenant's file, as an operator would.
    pub(crate) fn write(&self, file: &TenantFile) {
        std::fs::write(self.tenant_path(file.name), file.text()).unwrap();
    }

    pub(crate) fn tenant_path(&self, name: &str) -> PathBuf {
        self.folder.path().join("tenants").join(format!("{name}.yaml"))
    }

    pub(crate) fn mapping_path(&self, name: &str) -> PathBuf {
        self.folder.path().join("mappings").join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where its gateway listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What the provider checks the tokens of sends with.
    pub(crate) fn public_key() -> &'static str {
        &KEYS.public_pem
    }

    /// The simulated platform of the first brand.
    pub(crate) fn platform(&self) -> &Platform {
        &self.brands[0].platform
    }

    /// The gateway's settings: those of a start inside this process.
    pub(crate) fn options(&self) -> app::Options {
        let secrets = self.secrets().into_iter().map(|(name, value)| (name, Secret::new(value)));
        app::Options {
            mappings: self.folder.path().join("mappings"),
            tenants: self.folder.path().join("tenants"),
            store: app::Storage::parse(&self.store_url()).unwrap(),
            listen: ([127, 0, 0, 1], self.port).into(),
            admin_listen: Some(([127, 0, 0, 1], 0).into()),
            admin_token: Some(Secret::new(ADMIN_TOKEN.to_owned())),
            allow_loopback: true,
            secrets: Secrets(secrets.collect()),
            ..app::Options::default()
        }
    }

    /// Where everything is kept, as the operator says it.
    pub(crate) fn store_url(&self) -> String {
        let file = || format!("sqlite:{}", self.folder.path().join("switchboard.db").display());
        self.database.clone().unwrap_or_else(file)
    }

    /// What the files refer to, by variable.
    pub(crate) fn secrets(&self) -> BTreeMap<String, String> {
        let mut secrets: BTreeMap<String, String> = self.brands.iter().flat_map(|brand| brand.file.secrets()).collect();
        let (account, signature) = ACCOUNT;
        let shared = [
            ("PEM", KEYS.private_pem.as_str()),
            ("ACCOUNT", account),
            ("APPLICATION", APPLICATION),
            ("SIGNATURE", signature),
            ("OTHER_SIGNATURE", "another-signature-secret-of-32-bytes"),
        ];
        secrets.extend(shared.map(|(name, value)| (name.to_owned(), value.to_owned())));
        secrets
    }

    /// A gateway inside this process, its templates synced.
    pub(crate) async fn gateway(&self) -> Gateway {
        let gateway = Gateway::start(self.options()).await.unwrap();
        self.synced(&gateway).await;
        gateway
    }

    /// Waits until every list of templates is there.
    pub(crate) async fn synced(&self, gateway: &Gateway) {
        let snapshot = gateway.flow.snapshot.load_full();
        for tenant in &snapshot.tenants {
            for number in &tenant.numbers {
                until_async("templates are synced", async || gateway.flow.sync(tenant, number, false).await.is_ok())
                    .await;
            }
        }
    }

    /// Sends an order to the brand's first person and waits until it is read; to whom.
    pub(crate) async fn sent_and_read(&self, brand: &Brand, id: &str) -> String {
        let to = person(brand, 1);
        assert_eq!(self.send(brand, &order(brand, id, &to)).await.status, 200);
        until("it is read", || Self::is_read(brand, id)).await;
        to
    }

    /// Waits until nothing is under way: no message, no webhook, no call.
    pub(crate) async fn quiet(&self, gateway: &Gateway) {
        until_async("nothing is under way", async || {
            self.provider.settled(Duration::from_millis(10)).await && self.is_quiet(gateway).await
        })
        .await;
    }

    async fn is_quiet(&self, gateway: &Gateway) -> bool {
        let store = &gateway.flow.store;
        for brand in &self.brands {
            if store.ledger(&brand.file.tenant()).await.unwrap().in_flight > 0 {
                return false;
            }
        }
        let calls = store.calls(Timestamp::from_millis(i64::MAX), 1, &std::collections::HashSet::new()).await;
        calls.unwrap().0.is_empty()
    }

    /// Whether every account of the ledger adds up.
    pub(crate) async fn check_ledger(&self, gateway: &Gateway) {
        for brand in &self.brands {
            let ledger = gateway.flow.store.ledger(&brand.file.tenant()).await.unwrap();
            let placed = ledger.submitted
                + ledger.rejected
                + ledger.suppressed
                + ledger.expired
                + ledger.failed
                + ledger.in_flight;
            assert_eq!(ledger.accepted, placed, "{}: {ledger:?}", brand.file.name);
        }
    }

    /// What the operator's listener of a gateway says at a path.
    pub(crate) async fn asked(&self, gateway: &Gateway, path: &str) -> (u16, String) {
        let address = gateway.admin_address().unwrap();
        let answer = self.client.get(format!("http://{address}{path}")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The value of a series of `/metrics`, such as `switchboard_tenants{state="enabled"}`.
    pub(crate) async fn metric(&self, gateway: &Gateway, series: &str) -> Option<f64> {
        let (_, text) = self.asked(gateway, "/metrics").await;
        text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }

    /// The stored message of a platform's id.
    pub(crate) async fn stored(&self, gateway: &Gateway, brand: &Brand, id: &str) -> Option<Message> {
        gateway.flow.store.by_platform_id(&brand.file.tenant(), id).await.unwrap().into_iter().next()
    }

    /// A campaign of a brand with good credentials, to people no other campaign of this world writes to.
    pub(crate) fn campaign(&self, brand: &Brand, count: u64) -> Campaign {
        Campaign {
            count,
            target: self.url(brand.file.path()),
            credentials: brand.file.credentials(),
            from: brand.file.number.to_owned(),
            first_recipient: message::first_person(brand.file.kind),
            concurrency: 16,
            shapes: vec![Shape::Text, Shape::Plain, Shape::Image, Shape::Replies, Shape::Link],
            ..Campaign::default()
        }
    }

    /// Sends one message as the brand's platform would.
    pub(crate) async fn send(&self, brand: &Brand, body: &Value) -> Answer {
        self.send_as(&brand.file.credentials(), brand.file.path(), body).await
    }

    /// Sends one message with other credentials.
    pub(crate) async fn send_as(&self, credentials: &Credentials, path: &str, body: &Value) -> Answer {
        let request = self.client.post(self.url(path)).header("content-type", "application/json");
        Answer::of(wire::authenticated(request, credentials).body(body.to_string())).await
    }

    /// Sends one message to another gateway of this machine.
    pub(crate) async fn send_to(&self, port: u16, brand: &Brand, body: &Value) -> Answer {
        let url = format!("http://127.0.0.1:{port}{}", brand.file.path());
        let request = self.client.post(url).header("content-type", "application/json");
        Answer::of(wire::authenticated(request, &brand.file.credentials()).body(body.to_string())).await
    }

    /// Posts a webhook as the provider would, well signed.
    pub(crate) async fn webhook(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let token = signed(ACCOUNT.1, body.as_bytes());
        let request = self.client.post(self.url(path)).header("content-type", "application/json");
        Answer::of(request.header("authorization", format!("Bearer {token}")).body(body)).await
    }

    /// The provider says what became of the message to a person; it is taken, whatever the tenant's file says.
    pub(crate) async fn news(&self, to: &str, word: &str) {
        let sent = self.taken(to).remove(0);
        let status = json!({
            "channel": "whatsapp", "message_uuid": sent.message_uuid, "client_ref": sent.client_ref, "to": sent.to,
            "from": sent.from, "timestamp": "2026-11-04T09:14:06.981Z", "status": word,
        });
        assert_eq!(self.webhook("/webhooks/vonage/status", &status).await.status, 200, "{word}");
    }

    /// What the provider took from the gateway for a recipient, oldest first.
    pub(crate) fn taken(&self, to: &str) -> Vec<switchboard::sim::provider::Sent> {
        self.provider.journal().sent().into_iter().filter(|sent| sent.to == to).collect()
    }

    /// The words reported about a message of a brand.
    pub(crate) fn words(brand: &Brand, id: &str) -> Vec<String> {
        brand.platform.journal().reports(id).into_iter().map(|report| report.status).collect()
    }

    /// Whether the last word about a message is that it was read. The words before it may be missing: statuses that
    /// overtake each other are not reported.
    pub(crate) fn is_read(brand: &Brand, id: &str) -> bool {
        Self::words(brand, id).last().is_some_and(|word| word.ends_with("read"))
    }

    /// The store, opened by the test while no gateway has it.
    pub(crate) fn store(&self) -> Sqlite {
        Sqlite::open(&self.folder.path().join("switchboard.db")).unwrap()
    }

    /// Nobody broke a contract.
    pub(crate) fn check_contracts(&self) {
        assert!(self.provider.journal().violations().is_empty(), "{:?}", self.provider.journal().violations());
        for brand in &self.brands {
            let found = brand.platform.journal().violations();
            assert!(found.is_empty(), "{}: {found:?}", brand.file.name);
        }
    }
}

fn account() -> Account {
    let (api_key, signature) = ACCOUNT;
    Account {
        api_key: api_key.to_owned(),
        signature_secret: signature.to_owned(),
        application_id: Some(APPLICATION.to_owned()),
        public_key_pem: Some(KEYS.public_pem.clone()),
        ..Account::default()
    }
}

impl TenantFile {
    pub(crate) fn tenant(&self) -> Name {
        self.name.into()
    }
}
