//! CSV to rows of a list of opt-outs. Each line is a row: a quoted text that goes over several is none. What is wrong is told by
//! line, column and what would be right, all of it at once, and never with what stands there, which may be somebody's number.

use super::change::{LONGEST, is_reason};
use crate::config::Number;
use crate::model::Address;
use crate::value::Timestamp;

/// Rows of one question.
const MOST: usize = 20_000;
/// So many problems are told.
const TOLD: usize = 20;
/// Digits of a number with its country code.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
const KNOWN: [&str; 7] = super::export::COLUMNS;

/// What rows are held against.
pub(super) struct Expected<'e> {
    /// Whose list.
    pub(super) tenant: &'e str,
    /// The tenant's.
    pub(super) numbers: &'e [Number],
    pub(super) now: Timestamp,
    /// Where the first row stands.
    pub(super) line: u64,
}

/// An address that is to be on the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) address: Address,
    pub(super) sender: Option<Address>,
    pub(super) reason: Option<String>,
}

/// All rows, or what is wrong with them.
pub(super) fn read(csv: &str, expected: &Expected<'_>) -> Result<Vec<Row>, String> {
    let mut lines = csv.trim_start_matches('\u{feff}').lines();
    let columns = header(lines.next().unwrap_or_default())?;
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for (line, text) in (expected.line..).zip(lines).filter(|(_, text)| !text.trim().is_empty()) {
        match row(text, &columns, expected) {
            Ok(row) => rows.push(row),
            Err(problem) => problems.push(format!("line {line}: {problem}")),
        }
    }
    if !problems.is_empty() {
        let more = problems.len().saturating_sub(TOLD);
        problems.truncate(TOLD);
        if more > 0 {
            problems.push(format!("and {more} more"));
        }
        return Err(format!("nothing was imported\n{}", problems.join("\n")));
    }
    if rows.len() > MOST {
        return Err(format!("more than {MOST} rows: `switchboard suppressions import` takes a file in parts"));
    }
    Ok(rows)
}

fn header(text: &str) -> Result<Vec<String>, String> {
    let columns: Vec<String> = fields(text)?.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    let known = KNOWN.join(", ");
    if !columns.iter().any(|name| name == "number") {
        return Err(format!(
            "line 1: it must name the columns, `number` among them, such as `number,reason`; there are {known}"
        ));
    }
    for (place, name) in columns.iter().enumerate() {
        if !KNOWN.contains(&name.as_str()) {
            return Err(format!(
                "line 1: column {} is none of {known}: take it out, or call it one of them",
                place + 1
            ));
        }
        if columns[..place].contains(name) {
            return Err(format!("line 1: the column `{name}` is there twice: take one out"));
        }
    }
    Ok(columns)
}

fn fields(line: &str) -> Result<Vec<String>, String> {
    if !line.matches('"').count().is_multiple_of(2) {
        return Err("a quote is not closed: put the whole text on one line, and write a quote in it twice".to_owned());
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let record =
        reader.records().next().transpose().map_err(|_| "it is no CSV: commas between, quotes around".to_owned())?;
    Ok(record.iter().flatten().map(str::to_owned).collect())
}

fn row(text: &str, columns: &[String], expected: &Expected<'_>) -> Result<Row, String> {
    let fields = fields(text)?;
    if fields.len() != columns.len() {
        let (has, named) = (fields.len(), columns.len());
        return Err(format!("{has} fields, and line 1 names {named} columns: quote a text that has a comma in it"));
    }
    let field = |name: &str| {
        let place = columns.iter().position(|column| column == name)?;
        fields.get(place).map(|field| field.trim()).filter(|field| !field.is_empty())
    };
    if field("tenant").is_some_and(|tenant| tenant != expected.tenant) {
        return Err(format!("`tenant` is another one than `{}`: import each tenant's list by itself", expected.tenant));
    }
    let address = address(field("number").unwrap_or_default())?;
    let sender = field("sender").map(Address::plain);
    if let Some(sender) = &sender
        && !expected.numbers.iter().any(|number| number.number == *sender)
    {
        return Err(format!("`sender` is no number of `{}`: leave it empty for the whole tenant", expected.tenant));
    }
    let since = field("since").map(|text| since(text, expected.now)).transpose()?;
    let reason = field("reason").map(|reason| reason.trim_start_matches('\'').to_owned());
    if reason.as_deref().is_some_and(|reason| !is_reason(reason)) {
        return Err(format!("`reason` is longer than {LONGEST} characters, or has control characters: shorten it"));
    }
    let reason = match (reason, since) {
        (reason, None) => reason,
        (None, Some(since)) => Some(format!("since {since}")),
        (Some(reason), Some(since)) => Some(format!("since {since}: {reason}")),
    };
    Ok(Row { address, sender, reason })
}

/// A number with its country code, or a provider's id of a person.
fn address(written: &str) -> Result<Address, String> {
    let plain = Address::plain(written);
    let digits = plain.as_str();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if digits.starts_with('0') {
            return Err("`number` begins with 0: write it with its country code, and without 00 before it".to_owned());
        }
        if DIGITS.contains(&digits.len()) {
            return Ok(plain);
        }
        return Err(format!("`number` has {} digits: with its country code it has 7 to 15", digits.len()));
    }
    let is_user = |(country, rest): (&str, &str)| {
        country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=120).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if written.split_once('.').is_some_and(is_user) {
        return Ok(Address::from(written));
    }
    Err("`number` is neither digits with a country code nor a provider's id of a person such as IN.1349; a spreadsheet \
        must have the column as text"
        .to_owned())
}

fn since(text: &str, now: Timestamp) -> Result<String, String> {
    let time = text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond);
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let at = time.ok().or_else(|| Some(day()?.timestamp().as_millisecond()));
    match at {
        Some(at) if at <= now.millis() => Ok(text.to_owned()),
        Some(_) => Err("`since` is in the future: when did the person opt out?".to_owned()),
        None => Err("`since` is neither a day such as 2026-11-04 nor a time such as 2026-11-04T09:14:06Z".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(csv: &str) -> Result<Vec<Row>, String> {
        let now = Timestamp::from_millis(1_793_783_646_000);
        super::read(csv, &Expected { tenant: "acme", numbers: &[], now, line: 2 })
    }

    #[test]
    fn rows_come_in_any_order_of_columns_and_as_people_write_numbers() {
        let csv = "\u{feff}Reason, Number,since\r\n\"left, for good\",+65 9811-4720,2026-01-02\r\n\r\n,IN.1349120,\r\n'=1,6598114721,\n";
        let row = |address: &str, reason: Option<&str>| Row {
            address: address.into(),
            sender: None,
            reason: reason.map(str::to_owned),
        };
        let expected = [
            row("6598114720", Some("since 2026-01-02: left, for good")),
            row("IN.1349120", None),
            row("6598114721", Some("=1")),
        ];
        assert_eq!(read(csv).unwrap(), expected);
        assert_eq!(read("number\n").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line_with_what_would_be_right_and_without_what_stands_there() {
        for (csv, parts) in [
            ("", &["line 1: it must name the columns", "such as `number,reason`"][..]),
            ("6598114720\n", &["line 1: it must name the columns"]),
            ("number,phone\n", &["line 1: column 2 is none of tenant, number"]),
            ("number,number\n", &["line 1: the column `number` is there twice"]),
            ("number\n9.19812E+11\n", &["line 2: `number` is neither digits", "as text"]),
            ("number\n6598114720\n065981147\n", &["line 3: `number` begins with 0", "country code"]),
            ("number\n123456\n", &["line 2: `number` has 6 digits", "7 to 15"]),
            ("number\n\"\"\n", &["line 2: `number` is neither"]),
            ("number,reason\n6598114720,a,b\n", &["line 2: 3 fields, and line 1 names 2 columns: quote"]),
            (
                "number,reason\n6598114720,\"a\nb\"\n",
                &["line 2: a quote is not closed", "line 3: a quote is not closed"],
            ),
            ("number,tenant\n6598114720,globex\n", &["line 2: `tenant` is another one than `acme`"]),
            ("number,sender\n6598114720,6531290044\n", &["line 2: `sender` is no number of `acme`: leave it empty"]),
            ("number,since\n6598114720,yesterday\n", &["line 2: `since` is neither a day such as"]),
            ("number,since\n6598114720,2999-01-01\n", &["line 2: `since` is in the future"]),
        ] {
            let problem = read(csv).unwrap_err();
            for part in parts {
                assert!(problem.contains(part), "{csv}: {problem}");
            }
            for secret in ["9.19812", "6598114720", "065981147", "yesterday"] {
                assert!(!problem.contains(secret), "{csv}: {problem}");
            }
        }
        let many = format!("number\n{}", "1\n".repeat(30));
        let problem = read(&many).unwrap_err();
        assert!(problem.lines().count() == 22 && problem.ends_with("and 10 more"), "{problem}");
        assert!(
            read(&format!("number\n{}", "6598114720\n".repeat(20_001))).unwrap_err().contains("more than 20000 rows")
        );
    }
}
