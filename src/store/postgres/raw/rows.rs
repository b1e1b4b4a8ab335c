//! Rows of a table, and the index of what messages are found by.

use std::collections::HashMap;

use tokio_postgres::types::ToSql;

use super::super::super::transfer::{Found, Kind, Row, Table, Value};
use super::super::super::{Line, codes, key};
use super::super::connection::Conn;
use super::super::trouble::Trouble;
use super::super::words::{came, count, get, kept, text, time};

type Bound = Box<dyn ToSql + Sync + Send>;

fn each(bound: &[Bound]) -> Vec<&(dyn ToSql + Sync)> {
    bound.iter().map(|value| -> &(dyn ToSql + Sync) { &**value }).collect()
}

/// A table as every engine has it: of the ledger each node has rows of its own, of what was used each slot; they are added up.
pub(super) fn whole(table: &Table) -> String {
    if !matches!(table.name, "ledger" | "usage") {
        return table.name.to_owned();
    }
    let (key, sums) = table.columns.split_at(table.key);
    let key: Vec<&str> = key.iter().map(|(name, _)| *name).collect();
    let sums: Vec<String> = sums.iter().map(|(name, _)| format!("sum({name})::bigint AS {name}")).collect();
    let key = key.join(", ");
    let name = table.name;
    format!("(SELECT {key}, {} FROM {name} GROUP BY {key}) AS {name}", sums.join(", "))
}

/// The next rows of a table by its key, after that key.
pub(super) async fn page(
    conn: &Conn,
    table: &'static Table,
    after: Option<Vec<Value>>,
    most: usize,
) -> Result<Vec<Row>, Trouble> {
    let columns: Vec<String> = table.columns.iter().map(|(name, kind)| selected(name, *kind)).collect();
    let key: Vec<&str> = table.columns[..table.key].iter().map(|(name, _)| *name).collect();
    let key = key.join(", ");
    let (mut beyond, mut bound) = (String::new(), Vec::new());
    if let Some(after) = after {
        let kinds = after.iter().zip(table.columns).enumerate();
        let places: Vec<String> =
            kinds.map(|(place, (_, (_, kind)))| format!("${}::{}", place + 1, typed(*kind))).collect();
        beyond = format!("WHERE ({key}) > ({})", places.join(", "));
        bound = after.into_iter().map(one).collect();
    }
    let sql = format!("SELECT {} FROM {} {beyond} ORDER BY {key} LIMIT {most}", columns.join(", "), whole(table));
    let found = conn.at_leisure(&sql, &each(&bound)).await?;
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        let values = table.columns.iter().enumerate().map(|(place, (_, kind))| value(row, place, *kind));
        rows.push(values.collect::<Result<Row, Trouble>>()?);
    }
    if let Some(place) = table.columns.iter().position(|(_, kind)| *kind == Kind::Lines) {
        fill_histories(conn, &mut rows, place).await?;
    }
    Ok(rows)
}

/// A history is rows of a table of its own here.
async fn fill_histories(conn: &Conn, rows: &mut [Row], place: usize) -> Result<(), Trouble> {
    let refs: Vec<i64> =
        rows.iter().filter_map(|row| if let Value::Int(number) = row[0] { Some(number) } else { None }).collect();
    let mut lines: HashMap<i64, String> = HashMap::new();
    let sql = "SELECT ref, at, text FROM history WHERE ref = ANY($1) ORDER BY ref, id";
    for row in conn.at_leisure(sql, &[&refs]).await? {
        let line = Line { at: time(&row, 1)?, text: text(&row, 2)? };
        lines.entry(get(&row, 0)?).or_default().push_str(&codes::line_text(&line));
    }
    for (row, number) in rows.iter_mut().zip(refs) {
        row[place] = Value::Text(lines.remove(&number).unwrap_or_default());
    }
    Ok(())
}

pub(super) async fn put(conn: &Conn, table: &'static Table, rows: &[Row]) -> Result<(), Trouble> {
    if rows.is_empty() {
        return Ok(());
    }
    let kept = || table.columns.iter().enumerate().filter(|(_, (_, kind))| *kind != Kind::Lines);
    let names: Vec<&str> = kept().map(|(_, (name, _))| *name).collect();
    let values: Vec<String> = kept().map(|(_, (name, kind))| inserted(name, *kind)).collect();
    let arrays = kept().zip(1..).map(|((_, (_, kind)), number)| format!("${number}::{}[]", typed(*kind)));
    let arrays: Vec<String> = arrays.collect();
    let sql = format!(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM unnest({}) AS u({})",
        table.name,
        names.join(", "),
        values.join(", "),
        arrays.join(", "),
        names.join(", ")
    );
    let bound = kept().map(|(place, (_, kind))| array(rows, place, *kind)).collect::<Result<Vec<Bound>, Trouble>>()?;
    conn.at_leisure(&sql, &each(&bound)).await?;
    match table.columns.iter().position(|(_, kind)| *kind == Kind::Lines) {
        Some(place) => put_histories(conn, rows, place).await,
        None => Ok(()),
    }
}

async fn put_histories(conn: &Conn, rows: &[Row], place: usize) -> Result<(), Trouble> {
    let (mut refs, mut times, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let (Value::Int(number), Value::Text(history)) = (&row[0], &row[place]) else { continue };
        for line in codes::lines(history) {
            refs.push(*number);
            times.push(line.at.millis());
            texts.push(kept(&line.text).into_owned());
        }
    }
    let sql = "INSERT INTO history (ref, at, text) SELECT ref, at, text
        FROM unnest($1::bigint[], $2::bigint[], $3::text[]) WITH ORDINALITY AS u(ref, at, text, place) ORDER BY place";
    conn.at_leisure(sql, &[&refs, &times, &texts]).await.map(drop)
}

/// Every key that messages should have, each once, with its message: hashes in `key`, and those that are apart.
#[derive(Default)]
struct Keys {
    hashes: Vec<i64>,
    refs: Vec<i64>,
    once: Vec<Vec<u8>>,
    once_of: Vec<i64>,
}

fn keys(found: &[Found]) -> Keys {
    let Keys { mut hashes, mut refs, mut once, mut once_of } = Keys::default();
    for found in found {
        let mut own: Vec<i64> = key::found_by(&found.message).chain(found.by_provider()).collect();
        own.sort_unstable();
        own.dedup();
        refs.extend(own.iter().map(|_| found.number()));
        hashes.extend(own);
        if let Some(dedupe) = &found.message.dedupe {
            once.push(key::once(found.message.lane.tenant.as_str(), dedupe).to_vec());
            once_of.push(found.number());
        }
    }
    Keys { hashes, refs, once, once_of }
}

pub(super) async fn index(conn: &Conn, found: &[Found]) -> Result<(), Trouble> {
    let Keys { hashes, refs, once, once_of } = keys(found);
    let sql = "INSERT INTO key SELECT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT DO NOTHING";
    conn.at_leisure(sql, &[&hashes, &refs]).await?;
    let sql = "INSERT INTO dedupe SELECT * FROM unnest($1::bytea[], $2::bigint[]) ON CONFLICT DO NOTHING";
    conn.at_leisure(sql, &[&once, &once_of]).await.map(drop)
}

/// How many keys these should have, and how many of them are not there.
pub(super) async fn indexed(conn: &Conn, found: &[Found]) -> Result<(u64, u64), Trouble> {
    let Keys { hashes, refs, once, once_of } = keys(found);
    let sql = "SELECT (SELECT count(*) FROM unnest($1::bigint[], $2::bigint[]) AS u(hash, ref)
            WHERE NOT EXISTS (SELECT 1 FROM key k WHERE k.hash = u.hash AND k.ref = u.ref))
        + (SELECT count(*) FROM unnest($3::bytea[], $4::bigint[]) AS u(hash, ref)
            WHERE NOT EXISTS (SELECT 1 FROM dedupe d WHERE d.hash = u.hash AND d.ref = u.ref))";
    let row = conn.at_leisure(sql, &[&hashes, &refs, &once, &once_of]).await?.into_iter().next();
    let missing = row.map_or(Ok(0), |row| count(&row, 0))?;
    Ok((u64::try_from(hashes.len() + once.len()).unwrap_or(u64::MAX), missing))
}

const fn typed(kind: Kind) -> &'static str {
    match kind {
        Kind::Int | Kind::Flag => "bigint",
        Kind::Text | Kind::List | Kind::Lines => "text",
        Kind::Bytes => "bytea",
    }
}

fn selected(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Int => format!("{name}::bigint"),
        Kind::Flag => format!("{name}::integer::bigint"),
        Kind::Lines => "NULL::text".to_owned(),
        Kind::Text | Kind::Bytes | Kind::List => name.to_owned(),
    }
}

fn inserted(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Flag => format!("u.{name} <> 0"),
        Kind::List => format!(
            "CASE WHEN u.{name} IS NULL THEN NULL ELSE ARRAY(
                SELECT e.id FROM json_array_elements_text(u.{name}::json) WITH ORDINALITY AS e(id, place) ORDER BY place) END"
        ),
        Kind::Int | Kind::Text | Kind::Bytes | Kind::Lines => format!("u.{name}"),
    }
}

fn value(row: &tokio_postgres::Row, place: usize, kind: Kind) -> Result<Value, Trouble> {
    Ok(match kind {
        Kind::Int | Kind::Flag => get::<Option<i64>>(row, place)?.map_or(Value::Null, Value::Int),
        Kind::Text | Kind::Lines => {
            get::<Option<String>>(row, place)?.map_or(Value::Null, |text| Value::Text(came(text)))
        }
        Kind::Bytes => get::<Option<Vec<u8>>>(row, place)?.map_or(Value::Null, Value::Bytes),
        Kind::List => {
            let list: Vec<String> = get::<Option<Vec<String>>>(row, place)?.unwrap_or_default();
            codes::list_text(&list.into_iter().map(came).collect::<Vec<_>>()).map_or(Value::Null, Value::Text)
        }
    })
}

fn one(value: Value) -> Bound {
    match value {
        Value::Null => Box::new(None::<i64>),
        Value::Int(number) => Box::new(number),
        Value::Text(text) => Box::new(kept(&text).into_owned()),
        Value::Bytes(bytes) => Box::new(bytes),
    }
}

/// A column of these rows.
fn array(rows: &[Row], place: usize, kind: Kind) -> Result<Bound, Trouble> {
    let column = rows.iter().map(|row| &row[place]);
    Ok(match kind {
        Kind::Int | Kind::Flag => Box::new(
            column.map(|value| if let Value::Int(number) = value { Some(*number) } else { None }).collect::<Vec<_>>(),
        ),
        Kind::Bytes => Box::new(
            column
                .map(|value| if let Value::Bytes(bytes) = value { Some(bytes.clone()) } else { None })
                .collect::<Vec<_>>(),
        ),
        Kind::Text | Kind::Lines => Box::new(
            column
                .map(|value| if let Value::Text(text) = value { Some(kept(text).into_owned()) } else { None })
                .collect::<Vec<_>>(),
        ),
        Kind::List => Box::new(column.map(list).collect::<Result<Vec<_>, Trouble>>()?),
    })
}

/// A list whose texts are as this database takes them.
fn list(value: &Value) -> Result<Option<String>, Trouble> {
    let Value::Text(list) = value else { return Ok(None) };
    let texts: Vec<String> = serde_json::from_str(list)?;
    Ok(codes::list_text(&texts.iter().map(|text| kept(text).into_owned()).collect::<Vec<_>>()))
}
