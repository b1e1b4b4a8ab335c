//! Texts of the configuration: the last good ones, and those that messages still need.

use super::super::samples::*;
use super::super::*;
use super::accept;
use crate::delivery::Phase;

fn text(kind: TextKind, version: &str, retired: Option<i64>) -> Text {
    let content = format!("dsl: 1 # {version} \u{1F4E8}\0\r\n");
    Text { kind, file: "acme.yaml".to_owned(), version: version.to_owned(), content, retired: retired.map(at) }
}

pub(super) async fn texts_come_back_as_they_were_kept(store: &dyn Store) {
    assert_eq!(store.texts().await.unwrap(), []);
    let kept = [
        text(TextKind::Gateway, "a", None),
        text(TextKind::Mapping, "a", Some(5)),
        text(TextKind::Mapping, "b", None),
        text(TextKind::Tenant, "a", None),
    ];
    store.keep_texts(kept.iter().rev().cloned().collect()).await.unwrap();
    assert_eq!(store.texts().await.unwrap(), kept);
    let again = Text { content: "other".to_owned(), ..text(TextKind::Mapping, "a", None) };
    store.keep_texts(vec![again.clone()]).await.unwrap();
    assert_eq!(store.texts().await.unwrap()[1], again, "in place of the one of its kind, file and version");
    assert_eq!(store.texts().await.unwrap().len(), 4);
}

pub(super) async fn a_retired_text_stays_while_a_message_from_before_is_there(store: &dyn Store) {
    let versions =
        async || -> Vec<String> { store.texts().await.unwrap().into_iter().map(|text| text.version).collect() };
    store
        .keep_texts(vec![
            text(TextKind::Mapping, "before", Some(9)),
            text(TextKind::Mapping, "meanwhile", Some(20)),
            text(TextKind::Mapping, "now", None),
            text(TextKind::Tenant, "gone", Some(15)),
        ])
        .await
        .unwrap();
    accept(store, vec![new(10), new(30)]).await;
    assert_eq!(store.purge(at(100), 9).await, Ok(0));
    assert_eq!(versions().await, ["meanwhile", "now", "gone"], "message 10 may be of these");
    store.update(change(10, 0, Phase::Submitted)).await.unwrap();
    assert_eq!(store.purge(at(100), 9).await, Ok(1));
    assert_eq!(versions().await, ["now"], "what is in use stays without any message");
    store.keep_texts(vec![text(TextKind::Mapping, "now", Some(30))]).await.unwrap();
    store.purge(at(100), 9).await.unwrap();
    assert_eq!(versions().await, ["now"], "message 30 was accepted at that very moment");
    store.update(change(30, 0, Phase::Submitted)).await.unwrap();
    store.purge(at(100), 9).await.unwrap();
    assert!(versions().await.is_empty());
}

pub(super) async fn a_probe_is_taken_and_changes_nothing(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    assert_eq!(store.probe().await, Ok(()));
    assert_eq!(store.message(id(1)).await.unwrap().unwrap().revision, 0);
}
