//! The other side of a mapping under test: a party that does nothing, since a tenant always has two.

use crate::diagnostic::Source;

/// The name of the party on the other side.
pub(super) const NAME: &str = "counterpart";

const PLATFORM: &str = "\
dsl: 1
platform: counterpart
status: { words: { submitted: submitted }, do: [] }
";

const PROVIDER: &str = "\
dsl: 1
provider: counterpart
hosts: [ counterpart.invalid ]
send:
  call:
    method: POST
    url: https://counterpart.invalid/
    take: { provider_id: $.answer.body.id }
    retry: { in_doubt: [ unreached, unanswered, 5xx ] }
";

/// Both; the one for the side that is not under test is used.
pub(super) fn files() -> [Source; 2] {
    [Source::new("a platform that does nothing", PLATFORM), Source::new("a provider that does nothing", PROVIDER)]
}
