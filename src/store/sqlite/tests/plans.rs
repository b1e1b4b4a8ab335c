//! Every question of the hot path is answered by an index: none reads a whole table or sorts one.

use rusqlite::Connection;

use super::super::{calls, letters, open, read, read_calls};
use super::place;
use crate::store::sqlite::Sqlite;

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    // Unbound parameters are nothing; the plan does not depend on them.
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

#[test]
fn hot_questions_use_their_indexes() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    let connection = open::connect_to_read(&path).unwrap();
    let found = |tail: &str| format!("{} {tail}", super::super::row::SELECT);
    let questions = [
        (found(read::ONE), "SEARCH"),
        (read::FOUND.to_owned(), "PRIMARY KEY"),
        (read::READY.to_owned(), "COVERING INDEX message_queue (lane=? AND class=? AND wake=?)"),
        (read::WAITED.to_owned(), "COVERING INDEX message_queue (lane=? AND class=? AND wake>? AND wake<?)"),
        (read::QUEUED.to_owned(), "COVERING INDEX message_queue (lane=?)"),
        (read::OF_CAMPAIGN.to_owned(), "INDEX message_campaign (campaign=? AND ref<?)"),
        (read::DUE.to_owned(), "COVERING INDEX message_due"),
        (read::NEXT.to_owned(), "COVERING INDEX message_due"),
        (read::INTERRUPTED.to_owned(), "message_unsure"),
        (read_calls::DUE.to_owned(), "call_lane"),
        (read_calls::DUE.to_owned(), "call_order"),
        (calls::FIRST.to_owned(), "COVERING INDEX call_order (message=? AND name=?)"),
        (read_calls::ABOUT.to_owned(), "call_order"),
        (read_calls::NEXT.to_owned(), "call_lane"),
        (read_calls::LANE.to_owned(), "COVERING INDEX call_lane ((tenant,name)>(?,?))"),
        (format!("SELECT id FROM letter {}", letters::DUE), "letter_due"),
        (letters::NEXT.to_owned(), "letter_due"),
        (letters::SAME.to_owned(), "letter_hash"),
        (letters::LAST.to_owned(), "letter_unmatched"),
        (letters::OLD.to_owned(), "letter_old"),
        (letters::COUNT.to_owned(), "COVERING INDEX letter_count"),
    ];
    for (sql, index) in questions {
        let steps = plan(&connection, &sql).join("\n");
        assert!(steps.contains(index), "{sql}\n{steps}");
        let whole = steps.lines().find(|step| {
            ["SCAN m", "SCAN b", "SCAN k", "SCAN c"]
                .iter()
                .any(|scan| step.contains(scan) && !step.contains("message_unsure"))
        });
        let sorted = steps.contains("USE TEMP B-TREE FOR ORDER BY") && !sql.contains("UNION");
        assert!(whole.is_none() && !sorted, "{sql}\n{steps}");
    }
    drop(store);
}
