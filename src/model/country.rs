//! The country code that a number begins with, after the ITU's list of them (E.164): all that a masked number shows
//! besides its end.

/// Zones whose codes are their one digit.
const ONE: &[u8] = b"17";

/// Codes of two digits; all others have three.
const TWO: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
];

/// How many digits of a number are its country's code.
pub(super) fn code_length(digits: &str) -> usize {
    let two = digits.get(..2).unwrap_or_default();
    match digits.as_bytes().first() {
        Some(first) if ONE.contains(first) => 1,
        _ if TWO.contains(&two) => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every country that the library of numbers knows has the code that is found here.
    #[test]
    fn codes_are_those_of_the_world() {
        let mut known = 0;
        for prefix in 1..1000_u32 {
            // Long enough for any country, and never a code of another length by its own digits.
            for rest in ["201234567", "612345678", "912345678", "31234567"] {
                let Ok(number) = phonenumber::parse(None, format!("+{prefix}{rest}")) else { continue };
                let code = number.country().code().to_string();
                let written = format!("{prefix}{rest}");
                assert_eq!(written[..code_length(&written)], code, "+{written}");
                known += 1;
            }
        }
        assert!(known > 1000, "{known}");
    }
}
