//! What stands around every page: head, navigation, who is signed in.

use maud::{DOCTYPE, Markup, html};

use super::super::assets::Asset;
use super::super::place;
use super::{Frame, parts};

/// The navigation.
const SECTIONS: [(&str, &str); 11] = [
    (place::OVERVIEW, "Overview"),
    (place::MESSAGES, "Messages"),
    (place::LETTERS, "Dead letters"),
    (place::HELD, "Held"),
    (place::OPT_OUTS, "Opt-outs"),
    (place::USAGE, "Usage"),
    (place::TEMPLATES, "Templates"),
    (place::CONFIGURATION, "Configuration"),
    (place::PLAYGROUND, "Playground"),
    (place::AUDIT, "Audit log"),
    (place::TOKENS, "Tokens"),
];

/// Those that somebody may open: tokens are the affair of who has every role.
fn sections(frame: &Frame<'_>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = frame.bearer.has_all();
    SECTIONS.into_iter().filter(move |(path, _)| all || *path != place::TOKENS)
}

/// A whole page.
pub(super) fn whole(title: &str, body: &Markup, frame: &Frame<'_>) -> Markup {
    let content = html! {
        a.skip href="#content" { "Skip to the content" }
        header.top {
            a.sign href=(place::OVERVIEW) { img src=(Asset::Sign.path()) alt="" width="24" height="24"; "Switchboard" }
            nav aria-label="Pages" {
                ul {
                    @for (path, name) in sections(frame) {
                        li { a href=(path) aria-current=[(path == frame.section).then_some("page")] { (name) } }
                    }
                }
            }
            form.who method="post" action=(place::SIGN_OUT) {
                (parts::csrf(frame.csrf))
                span { span.unseen { "Signed in as " } strong { (frame.bearer.name()) } @if let Some(tenant) = frame.bearer.tenant() { " for " (tenant) } }
                button.quiet type="submit" { "Sign out" }
            }
        }
        main id="content" tabindex="-1" {
            h1 { (title) }
            // Where a script says what has changed in a part that renews itself.
            p.unseen id="spoken" role="status" {}
            (body)
        }
    };
    document(title, &content)
}

/// A page of nobody in particular.
pub(super) fn bare(title: &str, body: &Markup) -> Markup {
    document(title, &html! { main.alone id="content" tabindex="-1" { h1 { (title) } (body) } })
}

fn document(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Switchboard" }
                link rel="icon" href=(Asset::Sign.path());
                link rel="stylesheet" href=(Asset::Style.path());
                script src=(Asset::Script.path()) defer {}
            }
            body { (content) }
        }
    }
}
