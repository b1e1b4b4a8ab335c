//! Points in time: `time` reads them, `format` and `epoch` write them. No clock: `$.now` is passed in.

use jiff::civil::DateTime;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;

use super::call::{Outcome, expected};
use super::function::{Argument, Call, Example, Function, FunctionError, Type};
use super::prepare::{PrepareError, Prepared, TimeFormat, literal_text};
use crate::value::{Number, Timestamp, Value};

const TEXT: &[Type] = &[Type::Text];

/// From here on an epoch counts milliseconds; below, seconds. As seconds it would be the year 5138.
const MILLIS_FROM: i64 = 100_000_000_000;

static ISO: DateTimeParser = DateTimeParser::new();

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        arguments: &[Argument::literal("format", TEXT).optional(), Argument::one("zone", TEXT).optional()],
        examples: &[
            Example::gives("$.a | time", r#"{"a": "2026-11-21T10:00:00+0530"}"#, r#""2026-11-21T04:30:00.000Z""#),
            Example::gives("$.a | time", r#"{"a": 1700000000}"#, r#""2023-11-14T22:13:20.000Z""#),
            Example::gives("$.a | time", r#"{"a": "1700000000123"}"#, r#""2023-11-14T22:13:20.123Z""#),
            Example::gives(
                r#"$.a | time("%d/%m/%Y %H:%M", "Asia/Kolkata")"#,
                r#"{"a": "21/11/2026 10:00"}"#,
                r#""2026-11-21T04:30:00.000Z""#,
            ),
        ],
        prepare: prepare_time,
        ..Function::row(
            "time",
            &[Type::Text, Type::Number, Type::Time],
            Type::Time,
            "reads ISO 8601, an epoch, or a strftime format; the zone is for times without one, else UTC",
            time,
        )
    },
    Function {
        arguments: &[Argument::literal("format", TEXT)],
        examples: &[
            Example::gives(
                r#"$.a | time | format("%Y-%m-%dT%H:%M:%S%z")"#,
                r#"{"a": 1700000000}"#,
                r#""2023-11-14T22:13:20+0000""#,
            ),
            Example::gives(r#"$.a | time | format("%H:%M:%S%.3fZ")"#, r#"{"a": 1700000000}"#, r#""22:13:20.000Z""#),
        ],
        prepare: prepare_format,
        ..Function::row("format", &[Type::Time], Type::Text, "written in UTC by a strftime format", format)
    },
    Function {
        arguments: &[Argument::literal("unit", TEXT)],
        examples: &[
            Example::gives(r#"$.a | time | epoch("s")"#, r#"{"a": "2023-11-14T22:13:20.9Z"}"#, "1700000000"),
            Example::gives(r#"$.a | time | epoch("ms")"#, r#"{"a": "2023-11-14T22:13:20.9Z"}"#, "1700000000900"),
        ],
        prepare: prepare_epoch,
        ..Function::row(
            "epoch",
            &[Type::Time],
            Type::Integer,
            "seconds (\"s\") or milliseconds (\"ms\") since 1970",
            epoch,
        )
    },
];

fn zone_named(name: &str) -> Result<TimeZone, &'static str> {
    TimeZone::get(name).map_err(|_| "no such time zone: expected a name such as \"Asia/Kolkata\"")
}

fn prepare_time(literals: &[Option<Value<'_>>]) -> Result<Prepared, PrepareError> {
    let Some(format) = literal_text(literals, 0, "a strftime format")? else { return Ok(Prepared::None) };
    let zone = literal_text(literals, 1, "a time zone")?;
    let zone = zone.map(zone_named).transpose().map_err(|text| PrepareError(text.to_owned()))?;
    // What the format writes it must read again: that finds what cannot be read, or names no date.
    let sample = sample(format)?;
    if read_formatted(format, &sample, &TimeZone::UTC).is_none() {
        return Err(PrepareError("this format does not tell a time: it must have a date".to_owned()));
    }
    Ok(Prepared::Time(Box::new(TimeFormat { format: format.to_owned(), zone })))
}

fn prepare_format(literals: &[Option<Value<'_>>]) -> Result<Prepared, PrepareError> {
    literal_text(literals, 0, "a strftime format")?.map(sample).transpose()?;
    Ok(Prepared::None)
}

/// A time, written by the format.
fn sample(format: &str) -> Result<String, PrepareError> {
    let zoned = jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    strtime::format(format, &zoned).map_err(|error| PrepareError(format!("no strftime format: {error}")))
}

fn prepare_epoch(literals: &[Option<Value<'_>>]) -> Result<Prepared, PrepareError> {
    match literal_text(literals, 0, "\"s\" or \"ms\"")? {
        Some("s") => Ok(Prepared::Millis(false)),
        Some("ms") => Ok(Prepared::Millis(true)),
        _ => Err(PrepareError("expected \"s\" or \"ms\"".to_owned())),
    }
}

fn time<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    if let Value::Time(_) = call.input {
        return Ok(Some(call.input));
    }
    let found = match call.prepared {
        Prepared::Time(how) => {
            let text = match call.input {
                Value::Text(text) => text,
                Value::Number(number) => &number.to_string(),
                _ => return Err(expected("a text or a number")),
            };
            read_formatted(&how.format, text, &zone_of(call, how)?).ok_or("a time in the format")
        }
        _ => match call.input {
            Value::Number(number) => from_epoch(number).ok_or("an epoch in seconds or milliseconds"),
            Value::Text(text) => read(text).ok_or("a time in ISO 8601 or as an epoch"),
            _ => Err("a text or a number"),
        },
    };
    found.map(|time| Some(Value::Time(time))).map_err(expected)
}

fn zone_of(call: &Call<'_, '_>, how: &TimeFormat) -> Result<TimeZone, FunctionError> {
    match (&how.zone, call.argument(1)) {
        (Some(zone), _) => Ok(zone.clone()),
        (None, None) => Ok(TimeZone::UTC),
        (None, Some(_)) => zone_named(call.argument_text(1)?).map_err(|text| FunctionError::Malformed(text.to_owned())),
    }
}

fn from_epoch(number: Number) -> Option<Timestamp> {
    let millis = match number {
        Number::Int(whole) if (-MILLIS_FROM..MILLIS_FROM).contains(&whole) => whole * 1000,
        Number::Int(whole) => whole,
        Number::Large(_) => return None,
        Number::Float(float) => {
            let span = if float.abs() < 1e11 { float * 1000.0 } else { float };
            Number::Float(span.round()).as_i64()?
        }
    };
    let time = Timestamp::from_millis(millis);
    time.calendar().map(|_| time)
}

fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return from_epoch(Number::Int(text.parse().ok()?));
    }
    if let Ok(time) = ISO.parse_timestamp(text) {
        return Some(Timestamp::from_millis(time.as_millisecond()));
    }
    at_zone(ISO.parse_datetime(text).ok()?, &TimeZone::UTC)
}

fn read_formatted(format: &str, text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let parts = BrokenDownTime::parse(format, text).ok()?;
    // An offset, or an epoch by `%s`, says by itself which moment is meant.
    if let Ok(time) = parts.to_timestamp() {
        return Some(Timestamp::from_millis(time.as_millisecond()));
    }
    let date = parts.to_date().ok()?;
    at_zone(parts.to_time().map_or_else(|_| date.into(), |time| date.to_datetime(time)), zone)
}

fn at_zone(datetime: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let time = zone.to_ambiguous_timestamp(datetime).compatible().ok()?;
    Some(Timestamp::from_millis(time.as_millisecond()))
}

fn taken(call: &Call<'_, '_>) -> Result<Timestamp, FunctionError> {
    if let Value::Time(time) = call.input { Ok(time) } else { Err(expected("a time")) }
}

fn format<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let time = taken(call)?.calendar().ok_or_else(|| expected("a time that a calendar knows"))?;
    let text = strtime::format(call.argument_text(0)?, &time.to_zoned(TimeZone::UTC));
    call.give(&text.map_err(|_| expected("a strftime format"))?)
}

fn epoch<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let time = taken(call)?;
    let epoch = if matches!(call.prepared, Prepared::Millis(true)) { time.millis() } else { time.seconds() };
    Ok(Some(Value::Number(epoch.into())))
}
