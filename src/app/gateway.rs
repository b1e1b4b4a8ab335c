//! A running gateway: started and stopped. The whole order of the shutdown is in [`Gateway::stop`].

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{error, info, warn};

use super::certificate::{self, Pem, PemError};
use super::handler::{BackDoor, Entrance};
use super::reload::{self, Causes, Loaded, Loader, log_problems};
#[cfg(feature = "otlp")]
use super::spans::{self, NoCollector};
use super::watch::Watch;
use super::{
    FileProblem, Secrets, Storage, SystemAmbient, Unopened, alarms, door, housekeeping, noted, now, read_file, token,
};
use crate::client::{self, Http};
use crate::config::{Own, PublicUrl, Retention};
use crate::console::Console;
use crate::diagnostic::Diagnostic;
use crate::faults::{self, Point};
use crate::flow::{Ambient, Flow};
use crate::model::{Name, Secret};
use crate::operate::{Desk, HEADERS, Standing, Tokens};
use crate::store::{Ledger, StoreError};
use crate::value::Timestamp;
use crate::{dispatch, ingress};

/// How a gateway is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where mapping files are.
    pub mappings: PathBuf,
    /// Where tenant files are.
    pub tenants: PathBuf,
    /// Where everything is kept.
    pub store: Storage,
    /// The public listener.
    pub listen: SocketAddr,
    /// What callers reach the listener by, for signatures that cover it; goes before what the gateway's file says.
    pub public_url: Option<PublicUrl>,
    /// The gateway's own file, read again when it changes.
    pub config: Option<PathBuf>,
    /// What that file says now.
    pub own: Own,
    /// Where the operator asks; nowhere if there is none.
    pub admin_listen: Option<SocketAddr>,
    /// What the operator's questions carry; without one, a token is made at the first start.
    pub admin_token: Option<Secret>,
    /// Development: calls to loopback are allowed.
    pub allow_loopback: bool,
    /// How long what is kept.
    pub retention: Retention,
    /// How long a stop waits for what is in flight.
    pub drain: Duration,
    /// Values that go before the environment.
    pub secrets: Secrets,
    /// Addresses whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Certificates and key of the public listener; without them it speaks plain HTTP.
    pub tls: Option<Pem>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mappings: "mappings".into(),
            tenants: "tenants".into(),
            store: PathBuf::from("data/switchboard.db").into(),
            listen: SocketAddr::from(([0, 0, 0, 0], 8080)),
            public_url: None,
            config: None,
            own: Own::default(),
            admin_listen: Some(SocketAddr::from(([127, 0, 0, 1], 8081))),
            admin_token: None,
            allow_loopback: false,
            retention: Retention::default(),
            drain: Duration::from_secs(20),
            secrets: Secrets::default(),
            trusted_proxies: Vec::new(),
            tls: None,
        }
    }
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A folder or file cannot be read.
    #[error(transparent)]
    Files(#[from] FileProblem),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] Unopened),
    /// The store is open and does not answer.
    #[error("the store cannot be read: {0}")]
    Unread(StoreError),
    /// What the gateway's file says cannot be had, or must not be.
    #[error("{0}")]
    Unfit(Box<Diagnostic>),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {problem}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The operating system's words.
        problem: io::Error,
    },
    /// Certificates or key of the public listener cannot be used.
    #[error(transparent)]
    Certificate(#[from] PemError),
    /// The client for outgoing calls cannot be made.
    #[error(transparent)]
    Client(#[from] client::ClientError),
    /// The collector of spans that the environment names cannot be told.
    #[cfg(feature = "otlp")]
    #[error(transparent)]
    Collector(#[from] NoCollector),
}

/// A running gateway.
pub struct Gateway {
    /// What it does.
    pub flow: Arc<Flow>,
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
    made_token: Option<Secret>,
    stop_door: watch::Sender<bool>,
    stop_work: watch::Sender<bool>,
    doors: Vec<JoinHandle<()>>,
    work: Vec<JoinHandle<()>>,
    reload: mpsc::Sender<()>,
    drain: Duration,
}

impl Gateway {
    /// Starts: files, store, dispatcher, listener, in this order, so that whoever is let in can be served.
    ///
    /// # Errors
    /// [`StartError`]. Problems in single files are logged, and their tenants left out.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        // Before the files are read: what changes from here on is seen.
        let watch = Watch::new(vec![options.mappings.clone(), options.tenants.clone()], options.config.clone());
        let keys = options.secrets.keys(&options.own).map_err(StartError::Unfit)?;
        let store = options.store.open(&keys).await?;
        faults::reached(Point::StoreOpened);
        let began = Instant::now();
        let mut loader = Loader::new(options.clone(), &*store).await;
        let Loaded { snapshot, standing } = loader.first()?;
        loader.keep(&snapshot, &*store).await;
        noted::start(&*store, &snapshot).await;
        log_problems(&standing.problems);
        let version = &standing.version;
        info!(tenants = snapshot.tenants.len(), mappings = snapshot.loaded.len(), version, "configuration loaded");
        if options.allow_loopback {
            warn!("calls to loopback addresses are allowed: for development only");
        }
        let outbound = Http::new(client::Options {
            allow_loopback: options.allow_loopback,
            https_only: true,
            ..client::Options::default()
        })?;
        let (work_in, work_out) = mpsc::channel(16_384);
        let ambient: Arc<dyn Ambient> = Arc::new(SystemAmbient);
        let flow = Arc::new(Flow::new(snapshot, store, Arc::new(outbound), ambient, work_in));
        flow.samples.keep(options.own.sampling);
        flow.number_after(flow.store.newest().await.map_err(StartError::Unread)?);
        let standing = Standing { at: now(), took: began.elapsed(), loads: 1, ..standing };
        if let Some(address) = options.admin_listen.filter(|address| !address.ip().is_loopback())
            && !token::is_there(options.admin_token.as_ref(), &*flow.store).await
        {
            return Err(StartError::Unfit(Box::new(exposed(&options, address))));
        }
        let (tokens, made_token) = match options.admin_listen {
            Some(_) => token::tokens(options.admin_token.as_ref(), &*flow.store).await,
            None => (Tokens::default(), None),
        };
        let desk = Arc::new(Desk::new(flow.clone(), standing, tokens));
        desk.tells(options.own.alarms.clone());
        let tls = options.tls.as_ref().map(Pem::load).transpose()?;
        let (listener, address) = listen(options.listen).await?;
        let (admin, admin_address) = match options.admin_listen {
            Some(wanted) => listen(wanted).await.map(|(listener, address)| (Some(listener), Some(address)))?,
            None => (None, None),
        };
        let (stop_door, door_stopped) = watch::channel(false);
        let (stop_work, work_stopped) = watch::channel(false);
        let (reload, reloads) = mpsc::channel(1);
        faults::reached(Point::StartListening);
        flow.want();
        let mut work = vec![tokio::spawn(dispatch::run(flow.clone(), work_out, work_stopped.clone()))];
        work.push(tokio::spawn(housekeeping::run(flow.clone(), options.retention, work_stopped.clone())));
        work.push(tokio::spawn(housekeeping::purge(flow.clone(), options.retention.messages, work_stopped.clone())));
        work.push(tokio::spawn(housekeeping::samples(desk.clone(), work_stopped.clone())));
        work.push(tokio::spawn(housekeeping::shapes(flow.clone(), work_stopped.clone())));
        let changed = Arc::new(Notify::new());
        work.push(tokio::spawn(housekeeping::recount(flow.clone(), desk.clone(), work_stopped.clone())));
        work.push(tokio::spawn(housekeeping::tokens(desk.clone(), work_stopped.clone())));
        work.push(tokio::spawn(housekeeping::sync(flow.clone(), changed.clone(), work_stopped.clone())));
        work.push(tokio::spawn(housekeeping::held(flow.clone(), work_stopped.clone())));
        let (told, notices) = alarms::queue();
        work.push(tokio::spawn(alarms::look(desk.clone(), told, work_stopped.clone())));
        let (outbound, secrets) = (flow.outbound.clone(), options.secrets.clone());
        work.push(tokio::spawn(alarms::tell(desk.clone(), outbound, secrets, notices, work_stopped.clone())));
        if let (Some(pem), Some(tls)) = (options.tls.clone(), tls.clone()) {
            work.push(tokio::spawn(certificate::renew(pem, tls, desk.clone(), work_stopped.clone())));
        }
        #[cfg(feature = "otlp")]
        work.extend(spans::start(&flow, work_stopped.clone())?);
        let secret_files = loader.secret_files();
        work.push(tokio::spawn(reload::look_at_secrets(secret_files, reload.clone(), work_stopped.clone())));
        let causes = Causes { watch, asked: reloads, stop: work_stopped };
        work.push(tokio::spawn(reload::run(loader, flow.clone(), desk.clone(), causes, changed)));
        let serve = |listener, handler: Arc<dyn ingress::Handler>, ingress: ingress::Options| {
            let (mut stopped, drain) = (door_stopped.clone(), options.drain);
            tokio::spawn(async move {
                let shut = async move {
                    let _ = stopped.wait_for(|stop| *stop).await;
                };
                ingress::serve(listener, handler, ingress, shut, drain).await;
            })
        };
        let is_tls = tls.is_some();
        let public = ingress::Options { tls, traffic: desk.traffic[0].clone(), ..door::public(&options) };
        let mut doors = vec![serve(listener, Arc::new(Entrance(flow.clone())), public)];
        let own = ingress::Options { headers: HEADERS, traffic: desk.traffic[1].clone(), ..door::operators(&options) };
        let is_local = admin_address.is_some_and(|address| address.ip().is_loopback());
        let console = Console::new(desk.clone());
        doors.extend(admin.map(|listener| serve(listener, Arc::new(BackDoor { desk, console, is_local }), own)));
        info!(%address, tls = is_tls, admin = admin_address.map(tracing::field::display), "listening");
        Ok(Self {
            flow,
            address,
            admin_address,
            made_token,
            stop_door,
            stop_work,
            doors,
            work,
            reload,
            drain: options.drain,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the operator asks, if anywhere.
    #[must_use]
    pub const fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// The admin token, where it was made at this start: nobody can say it again.
    #[must_use]
    pub const fn made_token(&self) -> Option<&Secret> {
        self.made_token.as_ref()
    }

    /// Reads all files again, and the secrets that they refer to.
    pub fn reload(&self) {
        let _ = self.reload.try_send(());
    }

    /// Counts a tenant's messages.
    ///
    /// # Errors
    /// What the store says.
    pub async fn ledger(&self, tenant: &Name) -> Result<Ledger, StoreError> {
        self.flow.store.ledger(tenant).await
    }

    /// Whether nothing is under way: no message of these tenants, no call.
    pub async fn is_quiet(&self, tenants: &[Name]) -> bool {
        for tenant in tenants {
            if !self.ledger(tenant).await.is_ok_and(|ledger| ledger.in_flight == 0) {
                return false;
            }
        }
        let end_of_time = Timestamp::from_millis(i64::MAX);
        let calls = self.flow.store.calls(end_of_time, 1, &HashSet::new()).await;
        calls.is_ok_and(|(calls, _)| calls.is_empty())
    }

    /// Stops: lets nobody in, finishes what is in flight, closes the store. Callers, what is under way and the store have the
    /// drain time each; what does not end in it is found in the store at the next start, an attempt as one in doubt.
    pub async fn stop(mut self) {
        info!("stopping");
        let _ = self.stop_door.send(true);
        for door in self.doors {
            if let Err(problem) = door.await {
                error!(%problem, "a listener broke off");
            }
        }
        faults::reached(Point::StopClosed);
        let _ = self.stop_work.send(true);
        // Other gateways have each part as soon as nothing of it is under way here.
        self.flow.want_nothing();
        let work = &mut self.work;
        let finished = async {
            for task in work.iter_mut() {
                if let Err(problem) = task.await {
                    error!(%problem, "a task broke off");
                }
            }
        };
        if timeout(self.drain, finished).await.is_err() {
            warn!("what is under way was cut off at the end of the drain time: it is in doubt at the next start");
            self.work.iter().for_each(JoinHandle::abort);
        }
        faults::reached(Point::StopDrained);
        match timeout(self.drain, self.flow.store.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => error!(%problem, "the store could not be closed"),
            Err(_) => error!("the store does not end: its disk does not answer"),
        }
        info!("stopped");
    }
}

/// Where the address is written, if it is in the gateway's file.
fn exposed(options: &Options, address: SocketAddr) -> Diagnostic {
    let problem = Diagnostic::error(
        "SB0421",
        format!("others can reach the admin listener at {address}, and no admin token is set"),
    )
    .help("set SWITCHBOARD_ADMIN_TOKEN, at least 16 characters")
    .help("or listen on this machine alone: `admin_listen: 127.0.0.1:8081`; or nowhere: `off`");
    let place = options
        .config
        .as_deref()
        .and_then(|path| Own::place(&read_file(path).ok()?, "admin_listen", &address.to_string()));
    match place {
        Some((source, span)) => problem.at(&source, span),
        None => problem,
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind(address).await.map_err(|problem| StartError::Listen { address, problem })?;
    let address = listener.local_addr().unwrap_or(address);
    Ok((listener, address))
}
