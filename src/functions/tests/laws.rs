//! What holds of a function whatever it is given.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::run;

/// What a pipe makes of one value.
fn made(pipe: &str, value: &serde_json::Value) -> Result<Option<String>, String> {
    run(&format!("$.a | {pipe}"), &json!({ "a": value }).to_string())
}

/// Digits as people write them: with a plus, and blanks, dashes, dots and brackets between.
fn written(digits: &str, signs: &[usize]) -> String {
    let between = ["", " ", "-", ".", " (", ") ", "  "];
    let signs = signs.iter().map(|sign| between[sign % between.len()]).chain(std::iter::repeat(""));
    let parts = digits.chars().zip(signs).map(|(digit, sign)| format!("{digit}{sign}"));
    format!("+{}", parts.collect::<String>()).trim_end_matches([' ', '-', '.', '(']).to_owned()
}

proptest! {
    #[test]
    fn a_number_is_the_same_however_it_is_written(
        digits in "[1-9][0-9]{6,14}", signs in prop::collection::vec(0_usize..7, 0..6), text in "[ +()0-9.a-]{0,20}"
    ) {
        let plain = Ok(Some(json!(digits).to_string()));
        for text in [digits.clone(), written(&digits, &signs)] {
            prop_assert_eq!(&made("phone", &json!(text)), &plain, "{}", text);
        }
        // What it makes of anything it makes of that again, and `is_phone` says when it can.
        let once = made("phone", &json!(text));
        prop_assert_eq!(made("is_phone", &json!(text)), Ok(Some(once.is_ok().to_string())), "{}", text);
        if once.is_ok() {
            prop_assert_eq!(made("phone | phone", &json!(text)), once, "{}", text);
        }
    }

    #[test]
    fn a_time_is_the_same_however_it_is_written(millis in -62_000_000_000_000_i64..253_000_000_000_000, minutes in -840_i32..840) {
        let time = Timestamp::from_millisecond(millis).unwrap();
        let iso = Ok(Some(json!(time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()).to_string()));
        let zone = jiff::tz::Offset::from_seconds(minutes * 60).unwrap().to_time_zone();
        let local = time.to_zoned(zone);
        for format in ["%Y-%m-%dT%H:%M:%S%.3f%z", "%Y-%m-%dT%H:%M:%S%.3f%:z", "%Y-%m-%d %H:%M:%S%.3f%:z"] {
            let text = local.strftime(format).to_string();
            prop_assert_eq!(&made("time | format(\"%Y-%m-%dT%H:%M:%S%.3fZ\")", &json!(text)), &iso, "{}", text);
            prop_assert_eq!(made("time | epoch(\"ms\")", &json!(text)), Ok(Some(millis.to_string())), "{}", text);
            prop_assert_eq!(made("time | epoch(\"ms\") | time | epoch(\"s\")", &json!(text)).is_ok(), true, "{}", text);
        }
        let seconds = millis.div_euclid(1000);
        prop_assert_eq!(made("time | epoch(\"s\")", &json!(local.strftime("%Y-%m-%dT%H:%M:%S%z").to_string())), Ok(Some(seconds.to_string())));
    }

    #[test]
    fn folding_twice_is_folding_once(text in any::<String>(), word in "[ A-Za-zßſÅéİıσςﬁ１！«»!.،ｱﾞ\u{345}\u{301}\u{5b0}👍-]{0,20}") {
        for text in [text, word] {
            prop_assert_eq!(made("fold | fold", &json!(text)), made("fold", &json!(text)), "{:?}", text);
        }
    }

    #[test]
    fn numbered_keys_are_the_list_again(items in prop::collection::vec(any::<Option<i32>>(), 0..30)) {
        let list = json!(items);
        prop_assert_eq!(made("number_keys | by_number | to_json", &list), made("to_json", &list));
        let keys = (1..=items.len()).map(|number| number.to_string());
        let mut shuffled: serde_json::Map<String, _> = keys.zip(items.iter().map(|item| json!(item))).collect();
        prop_assert_eq!(made("by_number | to_json", &json!(shuffled)), made("to_json", &list));
        // A gap is refused and not closed.
        if items.len() > 1 {
            shuffled.remove("1");
            prop_assert!(made("by_number", &json!(shuffled)).is_err());
        }
    }

    #[test]
    fn what_is_encoded_for_a_url_is_one_part_of_it(text in any::<String>()) {
        let Ok(Some(encoded)) = made("url_encode", &json!(text)) else { return Err(TestCaseError::fail("refused")) };
        let encoded: String = serde_json::from_str(&encoded).unwrap();
        prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)), "{}", encoded);
        prop_assert_eq!(percent_encoding::percent_decode_str(&encoded).decode_utf8().unwrap(), text);
    }
}
