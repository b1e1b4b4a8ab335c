//! Where somebody is: the paths of the console, and which methods they take.

use super::assets::Asset;

pub(super) const OVERVIEW: &str = "/console";
pub(super) const SIGN_IN: &str = "/console/sign-in";
pub(super) const SIGN_OUT: &str = "/console/sign-out";
pub(super) const MESSAGES: &str = "/console/messages";
pub(super) const CAMPAIGN: &str = "/console/campaign";
pub(super) const USAGE: &str = "/console/usage";
/// Behind a message's own path.
pub(super) const BUNDLE: &str = "/bundle";
pub(super) const LETTERS: &str = "/console/dead-letters";
pub(super) const REVEAL: &str = "/console/reveal";
pub(super) const REDRIVE: &str = "/console/redrive";
pub(super) const HELD: &str = "/console/held";
pub(super) const RELEASE: &str = "/console/release";
pub(super) const STEER: &str = "/console/steer";
pub(super) const OPT_OUTS: &str = "/console/opt-outs";
pub(super) const OPT_OUT: &str = "/console/opt-outs/change";
pub(super) const IMPORT: &str = "/console/opt-outs/import";
pub(super) const CONFIGURATION: &str = "/console/configuration";
pub(super) const TEMPLATES: &str = "/console/templates";
pub(super) const PLAYGROUND: &str = "/console/playground";
pub(super) const TOKENS: &str = "/console/tokens";
pub(super) const MAKE: &str = "/console/tokens/make";
pub(super) const REVOKE: &str = "/console/tokens/revoke";
pub(super) const AUDIT: &str = "/console/audit";
/// What is asked for again and again by a page that is open.
pub(super) const LIVE: &str = "/console/live";

/// The longest body of a form.
const LONGEST: usize = 16 * 1024;
/// The same with a sample in it, each byte of which may be three.
const PASTED: usize = 1 << 20;

/// Where somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'p> {
    /// The listener's own `/`.
    Home,
    Asset(Asset),
    SignIn,
    SignOut,
    Overview,
    Messages,
    Message(&'p str),
    Bundle(&'p str),
    Campaign,
    Usage,
    Letters,
    Letter(&'p str),
    Reveal,
    Redrive,
    Held,
    Release,
    Steer,
    OptOuts,
    OptOut,
    Import,
    Configuration,
    Templates,
    Playground,
    Audit,
    Tokens,
    Make,
    Revoke,
    LiveOverview,
    LiveMessage(&'p str),
    LiveConfiguration,
}

impl<'p> Place<'p> {
    pub(super) fn of(path: &'p str) -> Option<Self> {
        let one = |parent: &str| path.strip_prefix(parent)?.strip_prefix('/').filter(|id| is_id(id));
        Some(match path {
            "/" => Self::Home,
            OVERVIEW => Self::Overview,
            SIGN_IN => Self::SignIn,
            SIGN_OUT => Self::SignOut,
            MESSAGES => Self::Messages,
            CAMPAIGN => Self::Campaign,
            USAGE => Self::Usage,
            LETTERS => Self::Letters,
            REVEAL => Self::Reveal,
            REDRIVE => Self::Redrive,
            HELD => Self::Held,
            RELEASE => Self::Release,
            STEER => Self::Steer,
            OPT_OUTS => Self::OptOuts,
            OPT_OUT => Self::OptOut,
            IMPORT => Self::Import,
            CONFIGURATION => Self::Configuration,
            TEMPLATES => Self::Templates,
            PLAYGROUND => Self::Playground,
            AUDIT => Self::Audit,
            TOKENS => Self::Tokens,
            MAKE => Self::Make,
            REVOKE => Self::Revoke,
            "/console/live/overview" => Self::LiveOverview,
            "/console/live/configuration" => Self::LiveConfiguration,
            _ => {
                let asset = path.strip_prefix("/console/").and_then(Asset::named).map(Self::Asset);
                let message = || one(MESSAGES).map(Self::Message);
                let bundle = path.strip_suffix(BUNDLE).and_then(|path| path.strip_prefix(MESSAGES)?.strip_prefix('/'));
                let bundle = bundle.filter(|id| is_id(id)).map(Self::Bundle);
                let letter = || one(LETTERS).map(Self::Letter);
                let live = || one("/console/live/messages").map(Self::LiveMessage);
                asset.or(bundle).or_else(message).or_else(letter).or_else(live)?
            }
        })
    }

    /// Its methods, each with the longest body.
    pub(super) const fn takes(self) -> &'static [(&'static str, usize)] {
        match self {
            Self::SignIn | Self::Messages | Self::OptOuts => &[("GET", 0), ("POST", LONGEST)],
            Self::Playground => &[("GET", 0), ("POST", PASTED)],
            Self::Import => &[("POST", PASTED)],
            Self::SignOut
            | Self::Reveal
            | Self::Redrive
            | Self::Release
            | Self::Steer
            | Self::OptOut
            | Self::Make
            | Self::Revoke => &[("POST", LONGEST)],
            _ => &[("GET", 0)],
        }
    }

    /// Whether a page asks for it that is open, and nobody in particular.
    pub(super) const fn is_live(self) -> bool {
        matches!(self, Self::LiveOverview | Self::LiveMessage(_) | Self::LiveConfiguration)
    }

    /// The entry of the navigation that it belongs to.
    pub(super) const fn section(self) -> &'static str {
        match self {
            Self::Messages | Self::Message(_) | Self::Bundle(_) | Self::Campaign => MESSAGES,
            Self::Usage => USAGE,
            Self::Letters | Self::Letter(_) | Self::Reveal | Self::Redrive => LETTERS,
            Self::Held | Self::Release | Self::Steer => HELD,
            Self::OptOuts | Self::OptOut | Self::Import => OPT_OUTS,
            Self::Configuration => CONFIGURATION,
            Self::Templates => TEMPLATES,
            Self::Playground => PLAYGROUND,
            Self::Audit => AUDIT,
            Self::Tokens | Self::Make | Self::Revoke => TOKENS,
            _ => OVERVIEW,
        }
    }
}

/// Ours, and numbers: what has another letter is none, and comes back in no page.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_one_place_or_to_none() {
        for (path, expected) in [
            ("/", Some(Place::Home)),
            ("/console", Some(Place::Overview)),
            ("/console/messages/m-7Q2", Some(Place::Message("m-7Q2"))),
            ("/console/messages/m-7Q2/bundle", Some(Place::Bundle("m-7Q2"))),
            ("/console/messages//bundle", None),
            ("/console/dead-letters/4711", Some(Place::Letter("4711"))),
            ("/console/live/messages/m-7Q2", Some(Place::LiveMessage("m-7Q2"))),
            ("/console/", None),
            ("/console/messages/", None),
            ("/console/messages/a/b", None),
            ("/console/messages/%3Cscript%3E", None),
            ("/console/nothing", None),
            ("/consolemessages", None),
        ] {
            assert_eq!(Place::of(path), expected, "{path}");
        }
    }

    #[test]
    fn what_changes_something_is_posted() {
        for path in [SIGN_OUT, REVEAL, REDRIVE, RELEASE, STEER, OPT_OUT, IMPORT, MAKE, REVOKE] {
            let place = Place::of(path).unwrap();
            assert_eq!(place.takes().iter().map(|(method, _)| *method).collect::<Vec<_>>(), ["POST"], "{place:?}");
        }
    }
}
