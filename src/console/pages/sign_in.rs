//! The form to sign in with a token.

use maud::{Markup, html};

use super::super::place;
use super::frame;

/// Leads to `next`; `why` it did not before.
pub(in super::super) fn page(next: &str, why: Option<&str>) -> Markup {
    frame::bare(
        "Sign in",
        &html! {
            form.sign-in method="post" action=(place::SIGN_IN) {
                @if let Some(why) = why { p.notice.bad role="alert" id="why" { (why) } }
                input type="hidden" name="next" value=(next);
                label.field {
                    span { "Token" }
                    input type="password" name="token" required autofocus autocomplete="current-password" spellcheck="false" aria-describedby=[why.map(|_| "why")];
                }
                button type="submit" { "Sign in" }
                p.hint {
                    "The admin token of this gateway, or one that " code { "switchboard token make" } " made. It is typed once: a session of eight hours at most stands for it, and half an hour without a page ends that."
                }
            }
        },
    )
}
