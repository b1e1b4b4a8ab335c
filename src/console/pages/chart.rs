//! Charts as SVG, made here: a browser draws them without a script. Each says in words what it shows.

use maud::{Markup, html};

use super::parts;

/// Height of a chart of minutes.
const HEIGHT: u64 = 40;
/// Width of a minute, with its gap.
const STEP: usize = 5;

/// A bar for each minute: accepted, and failed before it.
pub(super) fn minutes(minutes: &[[u64; 3]]) -> Markup {
    let most = minutes.iter().flatten().copied().max().unwrap_or_default().max(1);
    let accepted = minutes.iter().map(|[accepted, ..]| *accepted).max().unwrap_or_default();
    let failed: u64 = minutes.iter().map(|[.., failed]| failed).sum();
    let words = format!(
        "Messages accepted in each minute of the last hour: at most {}. Failed in it: {}.",
        parts::count(accepted),
        parts::count(failed)
    );
    let bar = |place: usize, count: u64, class: &str| {
        let height = (count * HEIGHT).div_ceil(most);
        html! { @if count > 0 { rect class=(class) x=(place * STEP) y=(HEIGHT - height) width=(STEP - 1) height=(height) {} } }
    };
    html! {
        figure.hour {
            svg.minutes role="img" aria-label=(words) viewBox={ "0 0 " (minutes.len() * STEP) " " (HEIGHT + 1) } preserveAspectRatio="none" {
                rect.ground x="0" y=(HEIGHT) width=(minutes.len() * STEP) height="1" {}
                @for (place, [accepted, _, failed]) in minutes.iter().enumerate() {
                    (bar(place, *accepted, "accepted"))
                    (bar(place, *failed, "failed"))
                }
            }
            figcaption aria-hidden="true" { span { "an hour ago" } span { "at most " (parts::count(most)) " a minute" } span { "now" } }
        }
    }
}

/// A part of a whole, beside its number.
pub(super) fn part(part: u64, whole: u64, class: &str) -> Markup {
    let share = hundredths(part, whole);
    html! {
        svg class={ "part " (class) } aria-hidden="true" viewBox="0 0 100 8" preserveAspectRatio="none" {
            rect.ground x="0" y="0" width="100" height="8" {}
            @if part > 0 { rect.share x="0" y="0" width=(share.clamp(1, 100)) height="8" {} }
        }
    }
}

/// A part of a whole in hundredths, as far as it is one.
pub(super) fn hundredths(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100) / whole.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_minute_is_as_high_as_the_chart_and_the_least_is_seen() {
        let drawn = minutes(&[[0, 0, 0], [10_000, 0, 1]]).into_string();
        assert!(drawn.contains(r#"<rect class="accepted" x="5" y="0" width="4" height="40">"#), "{drawn}");
        assert!(drawn.contains(r#"<rect class="failed" x="5" y="39" width="4" height="1">"#), "{drawn}");
        assert!(!minutes(&[[0; 3]; 60]).into_string().contains("accepted\""), "nothing is drawn of nothing");
    }

    #[test]
    fn a_part_is_never_more_than_the_whole() {
        for (one, whole, width) in [(0, 0, None), (1, 100_000, Some("1")), (50, 100, Some("50")), (7, 3, Some("100"))] {
            let drawn = part(one, whole, "read").into_string();
            let found = drawn
                .split_once("class=\"share\" x=\"0\" y=\"0\" width=\"")
                .map(|(_, rest)| rest.split('"').next().unwrap());
            assert_eq!(found, width, "{one} of {whole}");
        }
    }
}
