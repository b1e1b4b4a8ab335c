//! A whole message through the gateway's own rooms: taken in and answered, then sent and settled. The store is in memory and
//! the provider a constant: what is counted is the gateway's.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use switchboard::app::SystemAmbient;
use switchboard::client::Outbound;
use switchboard::flow::{After, Flow, Work};
use switchboard::model::wire::{Answer, Class, Incoming, Prepared};
use switchboard::store::Stay;
use switchboard::store::memory::Memory;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::mapping::shipped::{self, KEY};
use crate::mapping::{SEND, Trouble};

const TEMPLATES: &str = include_str!("../samples/templates.json");
const TAKEN: &str = r#"{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"}"#;
/// The id in the body that stands for that of every message.
const ID: &str = "0c7e51d2-9b44-4a61-8f0e-000000000009";

/// A gateway without sockets and disk.
pub(crate) struct Whole {
    runtime: Runtime,
    flow: Arc<Flow>,
    work: mpsc::Receiver<Work>,
    next: u32,
}

impl Whole {
    pub(crate) fn start() -> Result<Self, Trouble> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (tell, work) = mpsc::channel(16);
        let (snapshot, store) = (shipped::snapshot("http://127.0.0.1:9")?, Arc::new(Memory::new()));
        let flow = Arc::new(Flow::new(snapshot, store, Arc::new(Provider), Arc::new(SystemAmbient), tell));
        runtime.block_on(flow.sync_all());
        Ok(Self { runtime, flow, work, next: 0 })
    }

    /// The next request of the platform.
    pub(crate) fn incoming(&mut self) -> Incoming {
        self.next += 1;
        let body = SEND.replace(ID, &format!("{}{:08}", &ID[..28], self.next));
        let authorization = format!("Bearer {KEY}");
        let headers = [
            ("host", "127.0.0.1"),
            ("content-type", "application/json"),
            ("content-length", "858"),
            ("authorization", &authorization),
        ];
        Incoming {
            method: "POST".to_owned(),
            path: "/webengage/messages".to_owned(),
            query: String::new(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: body.into(),
            peer: Some([192, 0, 2, 7].into()),
        }
    }

    /// From the request to the answer; the message is stored then.
    pub(crate) fn accept(&self, incoming: Incoming) -> Result<(), Trouble> {
        let reply = self.runtime.block_on(self.flow.request(incoming));
        if reply.http == 200 { Ok(()) } else { Err(format!("answered {}", reply.http).into()) }
    }

    /// What the dispatcher is handed.
    pub(crate) fn handed(&mut self) -> Result<Box<switchboard::store::Message>, Trouble> {
        match self.work.try_recv()? {
            Work::Message(message) => Ok(message),
            other => Err(format!("told {other:?}").into()),
        }
    }

    /// From its turn to what is stored of its answer.
    pub(crate) fn settle(&self, message: Box<switchboard::store::Message>) -> Result<(), Trouble> {
        let stay = Stay::always();
        let after = self.runtime.block_on(self.flow.attempt(*message, &stay, None));
        let taken = After { heard: switchboard::flow::Heard::Answer, ..After::default() };
        if after == taken { Ok(()) } else { Err(format!("{after:?}").into()) }
    }
}

/// Has two templates and takes every message.
struct Provider;

impl Outbound for Provider {
    fn send(&self, call: Prepared) -> BoxFuture<'_, Answer> {
        let body = if call.method == "GET" { TEMPLATES } else { TAKEN };
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let answer = Answer { http: Some(200), class: Class::Success, headers, body: body.into(), trouble: None };
        Box::pin(std::future::ready(answer))
    }

    fn allows(&self, _: &url::Url) -> bool {
        true
    }
}
