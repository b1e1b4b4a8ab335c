//! `switchboard trace ID --bundle`: what somebody who is asked for help wants to know, as Markdown.

use serde_json::Value;

use super::text;

/// The newest message of an answer, with what its bundle has beside the trace.
pub(super) fn markdown(said: &Value) -> String {
    let message = &said["messages"][0];
    let mut page = format!("# {}: {}\n", line(&text(&message["id"])), line(&text(&message["verdict"])));
    for form in list(&said["support"]) {
        page += &format!("\n## {}\n", line(&text(&form["at"])));
        let fields = list(&form["fields"]);
        let is_long = |field: &&Value| text(&field["value"]).contains('\n');
        let short: Vec<&Value> = fields.iter().filter(|field| !is_long(field)).collect();
        page += &table(&["field", "value"], &short);
        for field in fields.iter().filter(is_long) {
            page += &format!("\n{}:\n\n```text\n{}\n```\n", line(&text(&field["field"])), text(&field["value"]));
        }
    }
    page += "\n## The message\n";
    let about: Vec<Value> = super::trace::ABOUT
        .iter()
        .filter(|name| !message[**name].is_null())
        .map(|name| serde_json::json!({ "name": name.replace('_', " "), "value": message[*name] }))
        .collect();
    page += &table(&["name", "value"], &about.iter().collect::<Vec<_>>());
    let request = &said["request"];
    page += &format!("\n## How the platform's mapping read it\n\n{}.\n", line(&text(&request["why"])));
    for (rows, columns) in
        [("message", &["field", "line", "written", "value"][..]), ("answer", &["field", "line", "written"])]
    {
        let rows = list(&request[rows]);
        if !rows.is_empty() {
            page += &table(columns, &rows.iter().collect::<Vec<_>>());
        }
    }
    page += "\n## The call to the provider, as its mapping makes it now, masked\n";
    page += &format!("\n```json\n{:#}\n```\n", said["call"]);
    page += &table(&["field", "line", "value", "by"], &list(&said["origins"]).iter().collect::<Vec<_>>());
    page += "\n## Versions\n";
    let versions = said["versions"].as_object().into_iter().flatten();
    let versions: Vec<Value> =
        versions.map(|(of, version)| serde_json::json!({ "of": of, "version": version })).collect();
    page + &table(&["of", "version"], &versions.iter().collect::<Vec<_>>())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// In a line of its own, or in a cell: what others made up ends neither.
fn line(text: &str) -> String {
    text.replace(char::is_control, " ").replace('|', "\\|")
}

fn table(columns: &[&str], rows: &[&Value]) -> String {
    let mut table = format!("\n| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for row in rows {
        let cell = |name: &&str| match &row[*name] {
            Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
            other => text(other),
        };
        let cells: Vec<String> = columns.iter().map(|name| line(&cell(name))).collect();
        table += &format!("| {} |\n", cells.join(" | "));
    }
    table
}
