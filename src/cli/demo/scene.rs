//! The scene: a temporary folder, simulated parties, a gateway between them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::app::{Gateway, Options, Secrets};
use crate::cli::options::loopback;
use crate::model::{Name, Secret};
use crate::sim::keys;
use crate::sim::platform::{Campaign, Kind, Platform, PlatformOptions};
use crate::sim::provider::Provider;
use crate::sim::stage::{self, Cast};

/// One brand with its platform.
pub(super) struct Brand {
    pub(super) tenant: Name,
    pub(super) cast: Cast,
    pub(super) platform: Platform,
    kind: Kind,
}

impl Brand {
    async fn start(kind: Kind, platform: PlatformOptions, mut cast: Cast) -> Result<Self, Trouble> {
        let platform = Platform::start(platform).await?;
        cast.report_url = platform.report_url();
        Ok(Self { tenant: cast.tenant.into(), cast, platform, kind })
    }
}

/// Everything that runs.
pub(super) struct Scene {
    pub(super) gateway: Gateway,
    pub(super) provider: Provider,
    pub(super) brands: Vec<Brand>,
    folder: TempDir,
}

type Trouble = Box<dyn std::error::Error>;

impl Scene {
    /// Starts everything on free ports.
    pub(super) async fn open() -> Result<Self, Trouble> {
        let folder = TempDir::with_prefix("switchboard-demo-")?;
        let pair = keys::generate()?;
        // The gateway's address is needed by the provider before the gateway is there.
        let port = std::net::TcpListener::bind(loopback(0))?.local_addr()?.port();
        let provider = Provider::start(stage::provider(port, &pair.public_pem)).await?;
        let mut brands = Vec::new();
        for (kind, platform, cast) in stage::brands(&provider.url()) {
            brands.push(Brand::start(kind, platform, cast).await?);
        }
        let gateway = Gateway::start(gateway_options(&folder, &brands, &pair.private_pem, port)?).await?;
        Ok(Self { gateway, provider, brands, folder })
    }

    /// Each platform fires so many messages, both at once.
    pub(super) async fn fire(&self, count: u64) {
        let campaigns = self.brands.iter().map(|brand| {
            let gateway = format!("http://{}", self.gateway.address());
            brand.platform.campaign(Campaign { count, concurrency: 16, ..brand.cast.campaign(brand.kind, &gateway) })
        });
        futures_util::future::join_all(campaigns).await;
    }

    /// Waits until nothing is under way any more: no message, no webhook, no call.
    pub(super) async fn quiet(&self, most: Duration) {
        let tenants: Vec<Name> = self.brands.iter().map(|brand| brand.tenant.clone()).collect();
        let end = Instant::now() + most;
        while Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if self.provider.settled(Duration::from_millis(50)).await && self.gateway.is_quiet(&tenants).await {
                return;
            }
        }
    }

    /// Stops everything and removes the folder.
    pub(super) async fn close(self) {
        self.gateway.stop().await;
        self.provider.stop().await;
        for brand in self.brands {
            brand.platform.stop().await;
        }
        drop(self.folder);
    }
}

fn gateway_options(folder: &TempDir, brands: &[Brand], private_key: &str, port: u16) -> Result<Options, Trouble> {
    let (mappings, tenants) = (folder.path().join("mappings"), folder.path().join("tenants"));
    std::fs::create_dir(&mappings)?;
    std::fs::create_dir(&tenants)?;
    for (name, text) in stage::MAPPINGS {
        std::fs::write(mappings.join(name), text)?;
    }
    let mut secrets = BTreeMap::new();
    for brand in brands {
        std::fs::write(tenants.join(format!("{}.yaml", brand.tenant)), brand.cast.file())?;
        let named = brand.cast.secrets(private_key).into_iter();
        secrets.extend(named.map(|(name, value)| (name, Secret::new(value))));
    }
    Ok(Options {
        mappings,
        tenants,
        store: folder.path().join("switchboard.db").into(),
        listen: loopback(port),
        allow_loopback: true,
        secrets: Secrets(secrets),
        admin_listen: None,
        ..Options::default()
    })
}
