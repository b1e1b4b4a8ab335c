//! Where a message stands, in a line: what an operator asks first.

use serde_json::Value;

/// Of a message's trace.
pub(super) fn verdict(message: &Value) -> String {
    let none = Vec::new();
    let list = |name: &str| message[name].as_array().unwrap_or(&none);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut said = vec![text(&message["phase"]).replace('_', " ")];
    said.push(format!("{} attempts", message["attempts"].as_u64().unwrap_or_default()));
    let news = list("timeline").iter().rev().find(|line| line["leg"] == "status");
    let failed = news.filter(|line| text(&line["what"]).contains("failed"));
    match (message["best"].as_str(), failed) {
        (Some(best), _) => said.push(format!("the provider says {best}")),
        (None, Some(line)) => said.push(format!("the provider says {}", text(&line["what"]))),
        (None, None) => {}
    }
    let told: Vec<String> = list("reported").iter().map(text).collect();
    said.push(if told.is_empty() { "nothing reported".to_owned() } else { format!("reported {}", told.join(", ")) });
    if let Some(probe) = message["held"]["probe"].as_str() {
        said.push(format!("its lane is held, tried again {probe}"));
    }
    if message["paused"] == true {
        said.push("it is paused".to_owned());
    }
    if let Some(wakes) = message["wakes"].as_str() {
        said.push(format!("looked at again {wakes}"));
    }
    if message["opted_out"] == true {
        said.push("the recipient has opted out".to_owned());
    }
    if message["forgotten"] == true {
        said.push("its recipient was forgotten".to_owned());
    }
    let letters = list("dead_letters").len();
    if letters > 0 {
        said.push(format!("{letters} dead letters"));
    }
    said.join("; ")
}
