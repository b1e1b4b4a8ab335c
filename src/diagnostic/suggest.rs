//! "Did you mean": the nearest of the words that would have been right.

/// Longer words are not compared: nobody mistypes one of these, and the work is quadratic.
const LONGEST: usize = 64;
/// Of more words only so many are compared: a file of a thousand slips among a thousand names is no reason to wait.
const MOST: usize = 500;

/// The candidate nearest to `word`, if it is near enough to be a slip of the hand: one edit in three characters.
/// Letters' case counts half an edit less than another letter: `messageID` is nearest to `messageId`.
#[must_use]
pub fn suggest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let typed: Vec<char> = word.chars().take(LONGEST + 1).collect();
    if typed.is_empty() || typed.len() > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .take(MOST)
        .filter(|candidate| *candidate != word)
        .filter_map(|candidate| {
            let meant: Vec<char> = candidate.chars().take(LONGEST + 1).collect();
            let allowed = 2 * (typed.len().max(meant.len()) / 3).max(1);
            let near = !meant.is_empty() && meant.len().abs_diff(typed.len()) * 2 <= allowed;
            near.then(|| distance(&typed, &meant)).filter(|edits| *edits <= allowed).map(|edits| (edits, candidate))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Half edits to get from one word to the other: inserting, deleting, replacing or swapping two neighbours is 2,
/// another case is 1. (Optimal string alignment, three rows.)
fn distance(from: &[char], to: &[char]) -> usize {
    let mut above = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).map(|column| column * 2).collect();
    for (i, a) in from.iter().enumerate() {
        let mut next = vec![(i + 1) * 2];
        for (j, b) in to.iter().enumerate() {
            let mut best = (row[j] + cost(*a, *b)).min(row[j + 1] + 2).min(next[j] + 2);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                let swapped: &Vec<usize> = &above;
                best = best.min(swapped[j - 1] + 2);
            }
            next.push(best);
        }
        above = std::mem::replace(&mut row, next);
    }
    row[to.len()]
}

fn cost(a: char, b: char) -> usize {
    if a == b {
        0
    } else if a.to_lowercase().eq(b.to_lowercase()) {
        1
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn near_words_are_found() {
        let words = ["required", "messageId", "message", "checks", "to", "in"];
        let check = |word, expected| assert_eq!(suggest(word, words), expected, "{word}");
        check("requird", Some("required"));
        check("messageID", Some("messageId"));
        check("mesage", Some("message"));
        check("chekcs", Some("checks"));
        check("ot", Some("to"));
        check("zebra", None);
        check("checks", None);
        check("", None);
        check(&"x".repeat(5000), None);
    }

    #[test]
    fn no_more_than_so_many_are_compared() {
        let words: Vec<String> = (0..100_000).map(|number| format!("word{number}")).collect();
        let asked = std::cell::Cell::new(0);
        let counted = words.iter().map(|word| {
            asked.set(asked.get() + 1);
            word.as_str()
        });
        assert_eq!(suggest("wordd499", counted), Some("word499"));
        assert_eq!(asked.get(), super::MOST);
    }

    #[test]
    fn nothing_near_among_nothing() {
        assert_eq!(suggest("a", []), None);
        assert_eq!(suggest("a", [""]), None);
    }
}
