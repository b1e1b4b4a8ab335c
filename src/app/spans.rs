//! Tells a collector of OpenTelemetry how long each stretch of a message's way took: by OTLP over HTTP, as the usual
//! variables of the environment say (`OTEL_…`), and nobody where they name no collector.
//!
//! One trace is one message, over all gateways and restarts: its id comes of the message's. What is not taken is lost.

use std::env;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::client;
use crate::flow::{Flow, Span, Stretch, mixed};
use crate::model::Ref;
use crate::value::Timestamp;

/// Spans that wait; more are lost.
const ROOM: usize = 16_384;
/// Of one post.
const MOST: usize = 1_024;
/// Between posts.
const PAUSE: Duration = Duration::from_millis(250);
/// For one post, and for the last one of a gateway that stops.
const PATIENCE: Duration = Duration::from_secs(10);
const LAST: Duration = Duration::from_secs(2);

const MILLION: u32 = 1_000_000;

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub enum NoCollector {
    /// Another way to choose than those that are built.
    #[error(
        "OTEL_TRACES_SAMPLER is `{0}`: one of always_on, always_off, traceidratio, also with `parentbased_` before it"
    )]
    Sampler(String),
    /// No share.
    #[error("OTEL_TRACES_SAMPLER_ARG is `{0}`: a share of all messages, such as 0.1")]
    Share(String),
    /// The address or the headers cannot be used.
    #[error("spans cannot be told: {0}")]
    Exporter(String),
}

/// Tells until `stop`, where somebody is to be told.
pub(super) fn start(flow: &Arc<Flow>, stop: watch::Receiver<bool>) -> Result<Option<JoinHandle<()>>, NoCollector> {
    let asked = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let Some(share) = wanted(asked)? else { return Ok(None) };
    let client = client::collector(PATIENCE).map_err(|problem| NoCollector::Exporter(problem.to_string()))?;
    let exporter = SpanExporter::builder().with_http().with_http_client(client).build();
    let mut exporter = exporter.map_err(|problem| NoCollector::Exporter(problem.to_string()))?;
    exporter.set_resource(&resource(asked("OTEL_SERVICE_NAME")));
    let (queue, spans) = mpsc::channel(ROOM);
    flow.spans.listen(queue, share);
    info!(share = f64::from(share) / f64::from(MILLION), "spans are told");
    Ok(Some(tokio::spawn(tell(exporter, flow.clone(), spans, stop))))
}

/// Of how many of a million messages the environment wants spans; of none: `None`.
fn wanted(asked: impl Fn(&str) -> Option<String>) -> Result<Option<u32>, NoCollector> {
    let collector = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    let off = asked("OTEL_SDK_DISABLED").is_some_and(|said| said.eq_ignore_ascii_case("true"));
    let elsewhere = asked("OTEL_TRACES_EXPORTER").is_some_and(|exporter| exporter != "otlp");
    if off || elsewhere || collector.into_iter().all(|name| asked(name).is_none()) {
        return Ok(None);
    }
    let sampler = asked("OTEL_TRACES_SAMPLER").unwrap_or_default();
    let share = match sampler.strip_prefix("parentbased_").unwrap_or(&sampler) {
        "" | "always_on" => MILLION,
        "always_off" => 0,
        "traceidratio" => asked("OTEL_TRACES_SAMPLER_ARG").map_or(Ok(MILLION), |share| millionths(&share))?,
        _ => return Err(NoCollector::Sampler(sampler)),
    };
    Ok(Some(share).filter(|share| *share > 0))
}

fn millionths(text: &str) -> Result<u32, NoCollector> {
    let share = text.trim().parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    let millionths = share.and_then(|share| format!("{:.0}", share * f64::from(MILLION)).parse().ok());
    millionths.ok_or_else(|| NoCollector::Share(text.to_owned()))
}

/// Who tells. What the environment adds (`OTEL_RESOURCE_ATTRIBUTES`), the library reads.
fn resource(name: Option<String>) -> Resource {
    let named = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    named.with_service_name(name.unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned())).build()
}

async fn tell(
    exporter: SpanExporter,
    flow: Arc<Flow>,
    mut spans: mpsc::Receiver<Span>,
    mut stop: watch::Receiver<bool>,
) {
    let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME")).with_version(env!("CARGO_PKG_VERSION")).build();
    let mut lost = Lost { flow, told: 0, refused: 0 };
    loop {
        let stops = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => true,
            () = sleep(PAUSE) => false,
        };
        while !spans.is_empty() {
            let mut batch = Vec::new();
            spans.recv_many(&mut batch, MOST).await;
            let count = batch.len();
            let post = exporter.export(batch.into_iter().map(|span| data(span, &scope)).collect());
            let done = timeout(if stops { LAST } else { PATIENCE }, post).await;
            let why = match done {
                Ok(done) => done.err().map(|problem| problem.to_string()),
                Err(_) => Some("no answer".to_owned()),
            };
            lost.note(count, why.as_deref());
            if stops && why.is_some() {
                break;
            }
        }
        if stops {
            return;
        }
    }
}

/// What was not told: said when it begins, and when it is over.
struct Lost {
    flow: Arc<Flow>,
    told: u64,
    refused: u64,
}

impl Lost {
    fn note(&mut self, count: usize, why: Option<&str>) {
        let before = self.refused;
        match why {
            Some(why) => {
                self.refused += u64::try_from(count).unwrap_or_default();
                if before == 0 {
                    warn!(why, "the collector takes no spans: they are lost until it does");
                }
            }
            None => self.refused = 0,
        }
        let crowded = self.flow.spans.lost();
        if self.refused == 0 && (before > 0 || crowded > self.told) {
            warn!(refused = before, crowded = crowded - self.told, "the collector takes spans again; these were lost");
            self.told = crowded;
        }
    }
}

/// As the library has it.
fn data(span: Span, scope: &InstrumentationScope) -> SpanData {
    let Span { message, tenant, stretch, from, to, failed } = span;
    let mut attributes = vec![
        KeyValue::new("switchboard.message.id", message.to_string()),
        KeyValue::new("switchboard.tenant", tenant.to_string()),
    ];
    let is_first = stretch == Stretch::Accept;
    let (name, span_kind) = match &stretch {
        Stretch::Accept => ("accept", SpanKind::Server),
        Stretch::Wait => ("wait", SpanKind::Internal),
        Stretch::Send { .. } => ("send", SpanKind::Client),
        Stretch::Status { .. } => ("status", SpanKind::Server),
        Stretch::Report { .. } => ("report", SpanKind::Client),
    };
    if let Stretch::Send { http: Some(http), .. } | Stretch::Report { http: Some(http), .. } = &stretch {
        attributes.push(KeyValue::new("http.response.status_code", i64::from(*http)));
    }
    match stretch {
        Stretch::Send { attempt, .. } => attributes.push(KeyValue::new("switchboard.attempt", i64::from(attempt))),
        Stretch::Status { word: Some(word) } => attributes.push(KeyValue::new("switchboard.status", word)),
        Stretch::Report { call, .. } => attributes.push(KeyValue::new("switchboard.call", call)),
        Stretch::Accept | Stretch::Wait | Stretch::Status { word: None } => {}
    }
    let first = SpanId::from(mixed(message, 3).max(1));
    let own = if is_first { first } else { SpanId::from(rand::random_range(1..=u64::MAX)) };
    SpanData {
        span_context: SpanContext::new(trace(message), own, TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: if is_first { SpanId::INVALID } else { first },
        parent_span_is_remote: false,
        span_kind,
        name: name.into(),
        start_time: time(from),
        end_time: time(to),
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: if failed { Status::error("") } else { Status::Unset },
        instrumentation_scope: scope.clone(),
    }
}

/// The message's trace.
fn trace(message: Ref) -> TraceId {
    TraceId::from(u128::from(mixed(message, 1)) << 64 | u128::from(mixed(message, 2).max(1)))
}

fn time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.millis()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<u32>, String> {
        let asked =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        wanted(asked).map_err(|problem| problem.to_string())
    }

    #[test]
    fn the_usual_variables_say_of_how_many_messages() {
        let to = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
        assert_eq!(read(&[]), Ok(None), "no collector is named");
        assert_eq!(read(&[to]), Ok(Some(1_000_000)));
        assert_eq!(read(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector/x")]), Ok(Some(1_000_000)));
        let by = ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio");
        for (share, expected) in [("0.25", Some(250_000)), ("1", Some(1_000_000)), ("1e-6", Some(1)), ("0", None)] {
            assert_eq!(read(&[to, by, ("OTEL_TRACES_SAMPLER_ARG", share)]), Ok(expected), "{share}");
        }
        let off =
            [("OTEL_TRACES_SAMPLER", "always_off"), ("OTEL_SDK_DISABLED", "TRUE"), ("OTEL_TRACES_EXPORTER", "none")];
        for off in off {
            assert_eq!(read(&[to, off]), Ok(None), "{off:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let to = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
        let problem = read(&[to, ("OTEL_TRACES_SAMPLER", "jaeger_remote")]).unwrap_err();
        assert!(problem.contains("`jaeger_remote`: one of always_on"), "{problem}");
        for share in ["2", "-1", "much", "NaN"] {
            let by = ("OTEL_TRACES_SAMPLER", "traceidratio");
            let problem = read(&[to, by, ("OTEL_TRACES_SAMPLER_ARG", share)]).unwrap_err();
            assert!(problem.contains("OTEL_TRACES_SAMPLER_ARG"), "{problem}");
        }
    }
}
