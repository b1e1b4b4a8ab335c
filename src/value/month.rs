//! [`Month`]: a month of the calendar, UTC. Not a span of time: nothing is added to it.

use std::fmt;

use super::Timestamp;

/// A month of a year, UTC; ordered as they follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month that a time is in; the first one of 1970 beyond the years that a calendar knows.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let at = at.calendar().unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
        Self { year: at.year(), month: at.month() }
    }

    /// `2026-11`; nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-').filter(|(year, month)| (year.len(), month.len()) == (4, 2))?;
        let digits = text.bytes().filter(u8::is_ascii_digit).count() == 6;
        let month = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        Some(month).filter(|month| digits && (1..=12).contains(&month.month))
    }

    /// As one number, in the order of months: 202611.
    #[must_use]
    pub fn number(self) -> i64 {
        i64::from(self.year) * 100 + i64::from(self.month)
    }

    /// Back from [`Month::number`].
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        let (year, month) = (i16::try_from(number.div_euclid(100)).ok()?, i8::try_from(number.rem_euclid(100)).ok()?);
        Some(Self { year, month }).filter(|_| (1..=12).contains(&month))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_end_at_midnight_utc() {
        let of = |text: &str| {
            let at: jiff::Timestamp = text.parse().unwrap();
            Month::of(Timestamp::from_millis(at.as_millisecond())).to_string()
        };
        assert_eq!(of("2026-11-30T23:59:59.999Z"), "2026-11");
        assert_eq!(of("2026-12-01T00:00:00Z"), "2026-12");
        assert_eq!(of("2026-12-01T01:00:00+05:30"), "2026-11");
        assert_eq!(Month::of(Timestamp::from_millis(i64::MAX)).to_string(), "1970-01");
    }

    #[test]
    fn a_month_is_read_as_it_is_written_and_nothing_else_is() {
        for text in ["2026-11", "0001-01", "9999-12"] {
            let month = Month::parse(text).unwrap();
            assert_eq!((month.to_string().as_str(), Month::from_number(month.number())), (text, Some(month)));
        }
        for text in ["", "2026", "2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", "+026-11", "2026-+1", "2026_11"]
        {
            assert_eq!(Month::parse(text), None, "{text}");
        }
        assert!(Month::parse("2025-12") < Month::parse("2026-01"));
        assert_eq!([Month::from_number(202_613), Month::from_number(i64::MAX)], [None, None]);
    }
}
