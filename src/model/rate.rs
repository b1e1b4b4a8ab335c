//! Rates and durations as operators write them: `80/s`, `1/6s`, `15m`. A rate of zero cannot be written.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// So many in such a time, at least one in at least a millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    cells: NonZeroU32,
    per: Duration,
}

impl Rate {
    /// `cells` per second.
    #[must_use]
    pub const fn per_second(cells: NonZeroU32) -> Self {
        Self { cells, per: Duration::from_secs(1) }
    }

    /// `cells` per minute.
    #[must_use]
    pub const fn per_minute(cells: NonZeroU32) -> Self {
        Self { cells, per: Duration::from_secs(60) }
    }

    /// How many fit into [`Rate::period`].
    #[must_use]
    pub const fn cells(self) -> NonZeroU32 {
        self.cells
    }

    /// The time the cells are counted over.
    #[must_use]
    pub const fn period(self) -> Duration {
        self.per
    }

    /// The time between two of them when they are spread evenly; never zero.
    #[must_use]
    pub fn interval(self) -> Duration {
        (self.per / self.cells.get()).max(Duration::from_nanos(1))
    }
}

/// The text is no rate or no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotARate {
    /// Not `number/unit`.
    #[error("`{0}` is no rate: write it as 80/s, 1/6s or 3000/m")]
    Rate(String),
    /// Not `number unit`.
    #[error("`{0}` is no duration: write it as 250ms, 10s, 15m, 24h or 7d")]
    Duration(String),
}

impl FromStr for Rate {
    type Err = NotARate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotARate::Rate(text.to_owned());
        let (cells, per) = text.split_once('/').ok_or_else(wrong)?;
        let cells = cells.trim().parse().map_err(|_| wrong())?;
        let per = per.trim();
        let per = if per.starts_with(|c: char| c.is_ascii_digit()) {
            parse_duration(per)
        } else {
            parse_duration(&format!("1{per}"))
        };
        let per = per.ok().filter(|per| !per.is_zero()).ok_or_else(wrong)?;
        Ok(Self { cells, per })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.cells)?;
        if self.per == Duration::from_secs(1) { f.write_str("s") } else { write!(f, "{:?}", self.per) }
    }
}

/// Reads `250ms`, `10s`, `15m`, `24h`, `7d`.
///
/// # Errors
/// `NotARate::Duration` when the text is something else or longer than time itself.
pub fn parse_duration(text: &str) -> Result<Duration, NotARate> {
    let wrong = || NotARate::Duration(text.to_owned());
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(millis).map(Duration::from_millis).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_durations_read_as_written() {
        let pair: Rate = "1/6s".parse().unwrap();
        assert_eq!((pair.cells().get(), pair.period()), (1, Duration::from_secs(6)));
        assert_eq!("80/s".parse::<Rate>().unwrap().interval(), Duration::from_micros(12_500));
        assert_eq!("80/s".parse::<Rate>().unwrap().to_string(), "80/s");
        assert_eq!(parse_duration("15m"), Ok(Duration::from_secs(900)));
        for wrong in ["0/s", "80", "80/", "x/s", "1/0s", "-1/s", "80/y"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
        for wrong in ["", "5", "s", "1.5s", "99999999999999999999d", "18446744073709551615d"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
