//! Hand-written mappings with serde: what the compiled programs are measured against.
//!
//! As a careful engineer writes them for speed: typed, borrowing from the body wherever JSON allows, no checks beyond
//! the types. Not a connector: no credentials, no templates, no error words.

pub(crate) mod moengage;
pub(crate) mod vonage;
pub(crate) mod webengage;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A text that borrows unless it had escapes; inside an `Option` or a `Vec` a bare `Cow` would always be owned.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The provider's send.
#[derive(Serialize)]
pub(crate) struct Send<'a, C> {
    pub(crate) to: Text<'a>,
    pub(crate) from: Text<'a>,
    pub(crate) channel: &'static str,
    pub(crate) client_ref: &'a str,
    pub(crate) message_type: &'static str,
    pub(crate) custom: Custom<'a, C>,
}

/// The provider's envelope for `WhatsApp`'s own objects.
#[derive(Serialize)]
pub(crate) struct Custom<'a, C> {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) template: Template<'a, C>,
}

/// `WhatsApp`'s template object.
#[derive(Serialize)]
pub(crate) struct Template<'a, C> {
    pub(crate) name: Text<'a>,
    pub(crate) language: Language<'a>,
    pub(crate) components: Vec<C>,
}

/// A template's language.
#[derive(Serialize)]
pub(crate) struct Language<'a> {
    pub(crate) policy: &'static str,
    pub(crate) code: Text<'a>,
}

impl<'a, C> Send<'a, C> {
    /// Everything around the template is the same for every platform.
    pub(crate) fn template(
        to: Text<'a>,
        from: Text<'a>,
        client_ref: &'a str,
        name: Text<'a>,
        code: Text<'a>,
        components: Vec<C>,
    ) -> Self {
        let language = Language { policy: "deterministic", code };
        let custom = Custom { kind: "template", template: Template { name, language, components } };
        Self { to, from, channel: "whatsapp", client_ref, message_type: "custom", custom }
    }
}
