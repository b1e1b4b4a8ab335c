//! `onboard` of a mapping file: what a new tenant is asked for, and what is entered where.

use super::map::{Kind, MapShape, Member};

const fn member(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Member {
    Member::new(name, kind, says, example)
}

/// A mapping's `onboard`.
pub static ONBOARD: MapShape = MapShape::new(
    "onboard",
    "onboard",
    "What `switchboard onboard` asks for and prints, in the words of the party's own dashboard.",
    &[&[
        member(
            "settings",
            Kind::Named(&Kind::Text),
            "settings that are asked for, and where they are found; without a default they are needed",
            "{ report_url: the tracking URL that the sender form shows }",
        ),
        member(
            "credentials",
            Kind::Named(&Kind::Text),
            "credentials that the tenant's file refers to, and what they are",
            "{ api_key: a user name of your choosing }",
        ),
        member(
            "replies",
            Kind::Named(&Kind::Text),
            "rules whose reply is asked for, and who hears it",
            "{ opt_out: what a person hears who opts out }",
        ),
        member(
            "enter",
            Kind::List(&Kind::Map(&ENTRY)),
            "what is entered in whose dashboard",
            "[ { at: \"Settings > Senders\", fields: { API URL: \"{{gateway}}/send\" } } ]",
        ),
        member(
            "notes",
            Kind::Many(&Kind::Text),
            "what no gateway sees and somebody must look at",
            "[ \"If the list of providers lacks ours, ask your account manager.\" ]",
        ),
        member(
            "support",
            Kind::Map(&SUPPORT),
            "the party's form for help, which `switchboard trace --bundle` fills for a message",
            "{ at: \"https://help.example/new\", fields: { Message: \"{{provider_id}}\" } }",
        ),
    ]],
);

/// One of its entries.
pub static ENTRY: MapShape = MapShape::new(
    "onboard_entry",
    "an entry",
    "What is entered on one page of a dashboard.",
    &[&[
        member("at", Kind::Text, "the way to the page", "\"Settings > Senders, + Sender\"").required(),
        member(
            "fields",
            Kind::Named(&Kind::Prose),
            "what is entered, by the fields' labels; `{{gateway}}` is the gateway's address, `{{tenant}}` `{{number}}` `{{waba}}` the tenant's, \
             and settings and credentials go by their names",
            "{ API URL: \"{{gateway}}/send\" }",
        )
        .required(),
    ]],
);

/// The form for help.
pub static SUPPORT: MapShape = MapShape::new(
    "onboard_support",
    "a form",
    "What a party's form for help asks of a message.",
    &[&[
        member("at", Kind::Text, "where the form is", "\"https://help.example/new, form Messaging\"").required(),
        member(
            "fields",
            Kind::Named(&Kind::Prose),
            "what is entered, by the fields' labels: `{{id}}` `{{platform_id}}` `{{provider_id}}` `{{accepted}}` `{{number}}` `{{waba}}` \
             `{{tenant}}` of the message, `{{subject}}` `{{description}}` `{{campaign}}` `{{contact}}` `{{attachments}}`, and settings and \
             credentials by their names: of a credential only where it is, unless the party's own tokens carry it in plain",
            "{ Message ID: \"{{provider_id}}\" }",
        )
        .required(),
    ]],
);
