//! The style sheet, the script and the sign of the console: part of the binary, under names that change with their content, so
//! that a browser may keep them.

use std::sync::LazyLock;

use super::answers::answer;
use crate::config::version;
use crate::model::wire::Reply;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asset {
    Style,
    Script,
    Sign,
}

static NAMES: LazyLock<[String; 3]> = LazyLock::new(|| {
    let name = |asset: Asset| {
        let (stem, end) = match asset {
            Asset::Style => ("style", "css"),
            Asset::Script => ("live", "js"),
            Asset::Sign => ("sign", "svg"),
        };
        format!("{stem}-{}.{end}", version(asset.content()))
    };
    [Asset::Style, Asset::Script, Asset::Sign].map(name)
});

impl Asset {
    /// The one of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Style, Self::Script, Self::Sign].into_iter().find(|asset| asset.name() == name)
    }

    fn name(self) -> &'static str {
        let [style, script, sign] = &*NAMES;
        match self {
            Self::Style => style,
            Self::Script => script,
            Self::Sign => sign,
        }
    }

    /// Where a page finds it.
    pub(super) fn path(self) -> String {
        format!("/console/{}", self.name())
    }

    const fn content(self) -> &'static str {
        match self {
            Self::Style => include_str!("assets/style.css"),
            Self::Script => include_str!("assets/live.js"),
            Self::Sign => include_str!("assets/sign.svg"),
        }
    }

    pub(super) fn reply(self) -> Reply {
        let kind = match self {
            Self::Style => "text/css; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Sign => "image/svg+xml",
        };
        let keep = "private, max-age=31536000, immutable";
        answer(200, &[("content-type", kind), ("cache-control", keep)], self.content().to_owned())
    }
}
