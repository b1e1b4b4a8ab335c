//! Tokens: who may ask this gateway, and new ones.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Frame, Page, parts};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Found {
    tokens: Vec<Token>,
}

#[derive(Debug, Deserialize)]
struct Token {
    name: String,
    roles: Vec<String>,
    tenant: Option<String>,
    made: Option<String>,
    until: Option<String>,
}

/// The only page that says a token.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Made {
    #[serde(flatten)]
    about: Token,
    token: String,
}

const ROLES: [(&str, &str); 3] = [
    ("read", "see how things stand, masked"),
    ("operate", "redrive, release, forget"),
    ("reveal", "see a letter as it is"),
];

pub(in super::super) fn page(found: &Found, tenants: &[String], frame: &Frame<'_>) -> Page {
    let rows: Vec<Vec<Markup>> = found.tokens.iter().map(|token| row(token, frame)).collect();
    let columns = ["Name", "Roles", "Tenant", "Made", "Good until", "Revoke"];
    Page::new(
        "Tokens",
        html! {
            @if rows.is_empty() {
                p.nothing { "There is no token but the one of the environment." }
            } @else {
                (parts::table("Tokens, by name", &columns, &rows))
            }
            (make(tenants, frame))
        },
    )
}

/// It is shown this once.
pub(in super::super) fn made(made: &Made) -> Page {
    let Made { about, token } = made;
    Page::new(
        format!("Token {}", about.name),
        html! {
            p.notice role="status" { "This is the token, shown this once: the gateway keeps only its hash." }
            pre { (token) }
            (parts::facts(&[
                ("Roles", html! { (about.roles.join(", ")) }),
                ("Tenant", html! { (about.tenant.as_deref().unwrap_or("all")) }),
                ("Good until", html! { @match about.until.as_deref() { Some(until) => (parts::time(until)), None => "it is revoked" } }),
            ]))
            p { a href=(place::TOKENS) { "Back to the tokens" } }
        },
    )
}

fn row(token: &Token, frame: &Frame<'_>) -> Vec<Markup> {
    vec![
        html! { strong { (token.name) } },
        html! { (token.roles.join(", ")) },
        html! { (token.tenant.as_deref().unwrap_or("all")) },
        parts::time_or_none(token.made.as_deref()),
        html! { @match token.until.as_deref() { Some(until) => (parts::time(until)), None => "it is revoked" } },
        html! {
            form.act method="post" action=(place::REVOKE) {
                (parts::csrf(frame.csrf))
                input type="hidden" name="name" value=(token.name);
                button type="submit" aria-label={ "Revoke " (token.name) } { "Revoke" }
            }
        },
    ]
}

fn make(tenants: &[String], frame: &Frame<'_>) -> Markup {
    html! {
        h2 { "A new token" }
        form.stack method="post" action=(place::MAKE) {
            (parts::csrf(frame.csrf))
            (parts::field("Name", "name", "", "dashboards"))
            fieldset {
                legend { "Roles" }
                @for (role, what) in ROLES {
                    label.tick { input type="checkbox" name="roles" value=(role) checked[role == "read"]; strong { (role) } " " span.hint { (what) } }
                }
            }
            (parts::choice("Tenant", "tenant", tenants, ""))
            (parts::field("Good for", "expires", "", "90d, or until it is revoked"))
            button.strong type="submit" { "Make it" }
        }
    }
}
