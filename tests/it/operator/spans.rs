//! Spans: a collector is told how long what took, each message a trace, and nothing of a person.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};
use prost::Message;
use serde_json::json;
use switchboard::sim::provider::{Answers, ProviderOptions};

use super::acme;
use crate::world::{Process, Scripted, Stub, World, order, person, provider, until, until_async};

fn attribute(attributes: &[KeyValue], name: &str) -> Option<String> {
    let known = attributes.iter().find(|known| known.key == name)?;
    Some(match known.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => text.clone(),
        any_value::Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    })
}

/// The spans that came so far, each of them by a gateway that says who it is.
fn told(collector: &Stub) -> Vec<Span> {
    let mut all = Vec::new();
    for asked in collector.asked() {
        assert_eq!((asked.path.as_str(), &asked.headers["x-api-key"]), ("/v1/traces", &"k1".parse().unwrap()));
        let request = ExportTraceServiceRequest::decode(asked.raw).unwrap();
        for resource in request.resource_spans {
            let attributes = resource.resource.unwrap().attributes;
            assert_eq!(attribute(&attributes, "service.name").as_deref(), Some("switchboard"));
            all.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    all
}

/// A gateway that is told of a collector in the environment.
async fn started(world: &World, collector: &Stub) -> Process {
    let mut command = Process::command(world);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url).env("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=k1");
    let process = Process::begin(command);
    process.listening(world).await;
    process.logged("the list is synced", |line| line["message"] == "templates synced").await;
    process
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_message_is_a_trace_of_what_took_how_long() {
    let answers = Answers { throttled: 1.0, ..Answers::default() };
    let world = World::new(vec![acme()], ProviderOptions { answers, ..provider() }).await;
    let collector = Stub::start(vec![Scripted::new(200, json!({}))]).await;
    let process = started(&world, &collector).await;
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "one", &person(brand, 1))).await.status, 200);
    let sends = || told(&collector).iter().filter(|span| span.name == "send").count();
    until("the first attempt is told", || sends() > 0).await;
    world.provider.set_answers(Answers::default());
    until("it is read", || World::is_read(brand, "one")).await;
    until("all of it is told", || told(&collector).iter().filter(|span| span.name == "report").count() >= 3).await;
    let all = told(&collector);
    let first = all.iter().find(|span| span.name == "accept").unwrap();
    let id = attribute(&first.attributes, "switchboard.message.id").unwrap();
    assert!(process.messages_of(&id).iter().any(|line| line == "queued"), "{id}");
    for span in &all {
        assert_eq!(
            (&span.trace_id, attribute(&span.attributes, "switchboard.message.id")),
            (&first.trace_id, Some(id.clone()))
        );
        assert_eq!(attribute(&span.attributes, "switchboard.tenant").as_deref(), Some("acme"));
        assert!(
            span.end_time_unix_nano >= span.start_time_unix_nano
                && span.start_time_unix_nano >= first.start_time_unix_nano
        );
        let parent = if span.name == "accept" { &[][..] } else { &first.span_id };
        assert_eq!(span.parent_span_id, parent, "{}", span.name);
    }
    let sends: Vec<&Span> = all.iter().filter(|span| span.name == "send").collect();
    let of = |span: &Span| {
        let failed = span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error);
        (attribute(&span.attributes, "switchboard.attempt"), failed)
    };
    assert_eq!(of(sends[0]), (Some("1".to_owned()), true));
    assert_eq!(of(sends.last().unwrap()), (Some(sends.len().to_string()), false));
    let words = all.iter().filter_map(|span| attribute(&span.attributes, "switchboard.status"));
    assert_eq!(words.collect::<Vec<_>>(), ["submitted", "delivered", "read"]);
    let written = format!("{all:?}");
    assert!(!written.contains(&person(brand, 1)), "nothing of a person");
    process.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_takes_nothing_costs_no_message() {
    let world = World::new(vec![acme()], provider()).await;
    let collector = Stub::start(vec![Scripted::new(400, json!({}))]).await;
    let process = started(&world, &collector).await;
    let brand = &world.brands[0];
    for place in 0..5 {
        let id = format!("m{place}");
        assert_eq!(world.send(brand, &order(brand, &id, &person(brand, place))).await.status, 200);
        until_async("it is read", async || World::is_read(brand, &id)).await;
    }
    process.logged("it is said", |line| line["message"].to_string().contains("takes no spans")).await;
    assert!(process.terminate().await.success());
}

#[test]
fn a_variable_that_cannot_be_read_is_named_at_the_start() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_switchboard"));
    let folder = tempfile::tempdir().unwrap();
    command.args(["serve", "--mappings", "mappings", "--listen", "127.0.0.1:0", "--admin-listen", "off"]);
    command.args(["--tenants".as_ref(), folder.path().as_os_str()]);
    command.arg("--store").arg(format!("sqlite:{}", folder.path().join("store.db").display()));
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9").env("OTEL_TRACES_SAMPLER", "jaeger_remote");
    let done = command.output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(!done.status.success() && said.contains("OTEL_TRACES_SAMPLER is `jaeger_remote`"), "{said}");
}
