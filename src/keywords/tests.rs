//! What people type, and which word it is.

use super::*;

fn words(words: &[&str], fold: Fold, how: Match) -> Words {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    Words::new(&words, fold, how)
}

const CONFIGURED: [&str; 13] =
    ["STOP", "बंद", "停止", "إيقاف", "opt out", "Straße", "ΤΕΛΟΣ", "İPTAL", "çıkış", "👍", "रुको", "ёж", "1"];

#[test]
fn a_whole_text_is_a_word_however_it_is_written() {
    let words = words(&CONFIGURED, Fold::ALL, Match::Whole);
    let cases = [
        ("STOP", Some("STOP")),
        ("Stop.", Some("STOP")),
        (" STOP!!", Some("STOP")),
        ("\"stop\"", Some("STOP")),
        ("¡stop!", Some("STOP")),
        ("... stop ...", Some("STOP")),
        ("ｓｔｏｐ", Some("STOP")),
        ("ＳＴＯＰ．", Some("STOP")),
        ("stóp", Some("STOP")),
        ("sto\u{301}p", Some("STOP")),
        ("𝐒𝐓𝐎𝐏", Some("STOP")),
        ("\u{FEFF}stop\u{200F}", Some("STOP")),
        ("s\u{200B}t\u{AD}op", Some("STOP")),
        ("🛑 STOP 🛑", Some("STOP")),
        ("stop ❤\u{FE0F}", Some("STOP")),
        ("stop 👍🏽", Some("STOP")),
        ("\u{A0}stop\u{3000}\n", Some("STOP")),
        ("ſtop", Some("STOP")),
        ("बंद", Some("बंद")),
        ("बंद।", Some("बंद")),
        ("बद", None),
        ("रुको!", Some("रुको")),
        ("रको", None),
        ("停止。", Some("停止")),
        ("「停止」", Some("停止")),
        ("إيقاف؟", Some("إيقاف")),
        ("Opt  Out", Some("opt out")),
        ("opt\tout.", Some("opt out")),
        ("optout", None),
        ("STRASSE", Some("Straße")),
        ("STRAẞE", Some("Straße")),
        ("τελος", Some("ΤΕΛΟΣ")),
        ("τέλοσ", Some("ΤΕΛΟΣ")),
        ("iptal", Some("İPTAL")),
        ("IPTAL", Some("İPTAL")),
        ("ÇIKIŞ", Some("çıkış")),
        ("Cikis", Some("çıkış")),
        ("Ёж", Some("ёж")),
        ("еж", Some("ёж")),
        ("👍", Some("👍")),
        ("1\u{FE0F}\u{20E3}", Some("1")),
        ("①", Some("1")),
        ("stop it", None),
        ("unstop", None),
        ("stopp", None),
        ("", None),
        (" ", None),
        ("\u{200B}", None),
        ("🛑", None),
        ("!!!", None),
    ];
    for (text, expected) in cases {
        assert_eq!(words.find([text]), expected, "{text:?}");
    }
}

#[test]
fn a_first_word_ends_where_people_see_its_end() {
    let words = words(&["stop", "opt out", "बंद"], Fold::ALL, Match::FirstWord);
    let cases = [
        ("stop", Some("stop")),
        ("Stop it", Some("stop")),
        ("STOP, please", Some("stop")),
        ("Stop!!! 🛑 now", Some("stop")),
        ("stop…", Some("stop")),
        ("- stop - now", Some("stop")),
        ("OPT OUT now", Some("opt out")),
        ("बंद करो", Some("बंद")),
        ("बंदी", None),
        ("stopping", None),
        ("stop-motion", None),
        ("stop's", None),
        ("stop.it", None),
        ("please stop", None),
        ("opt", None),
        ("unstop", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(words.find([text]), expected, "{text:?}");
    }
}

#[test]
fn each_folding_can_be_switched_off() {
    let one = |change: fn(&mut Fold)| {
        let mut fold = Fold::ALL;
        change(&mut fold);
        fold
    };
    let cases = [
        (one(|fold| fold.case = false), "Stop", "stop"),
        (one(|fold| fold.width = false), "ｓｔｏｐ", "stop"),
        (one(|fold| fold.diacritics = false), "stóp", "stop"),
        (one(|fold| fold.punctuation = false), "stop.", "stop"),
        (one(|fold| fold.space = false), " stop", "stop"),
        (one(|fold| fold.space = false), "opt  out", "opt out"),
    ];
    for (fold, text, word) in cases {
        assert_eq!(words(&[word], Fold::ALL, Match::Whole).find([text]), Some(word), "{text:?}");
        assert_eq!(words(&[word], fold, Match::Whole).find([text]), None, "{text:?} by {fold:?}");
        assert_eq!(words(&[text], fold, Match::Whole).find([text]), Some(text), "{text:?} is itself");
    }
    let none = Fold { case: false, width: false, diacritics: false, punctuation: false, space: false };
    assert_eq!(words(&["é"], none, Match::Whole).find(["e\u{301}"]), Some("é"), "canonically the same");
    assert_eq!(words(&["stop"], none, Match::FirstWord).find(["stop, it"]), None);
    assert_eq!(words(&["stop"], none, Match::FirstWord).find(["stop it"]), Some("stop"));
}

#[test]
fn every_text_of_a_tap_is_looked_at_and_long_ones_are_bounded() {
    let whole = words(&["stop"], Fold::ALL, Match::Whole);
    assert_eq!(whole.find(["Yes, please", "STOP"]), Some("stop"));
    assert_eq!(whole.find([]), None);
    assert_eq!(Words::default().find(["stop"]), None);
    assert_eq!(whole.find([format!("stop{}", " ".repeat(LONGEST)).as_str()]), None);
    let first = words(&["stop"], Fold::ALL, Match::FirstWord);
    assert_eq!(first.find([format!("stop {}", "é".repeat(LONGEST)).as_str()]), Some("stop"));
    let empty = words(&["", " ", "\u{200B}"], Fold::ALL, Match::FirstWord);
    assert_eq!(empty.find(["", "anything"]), None);
}

proptest::proptest! {
    #[test]
    fn folding_twice_is_folding_once(text in "\\PC{0,24}") {
        let once = Fold::ALL.apply(&text);
        proptest::prop_assert_eq!(Fold::ALL.apply(&once), once);
    }
}
