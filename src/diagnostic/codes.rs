//! All codes in use, as data: what `check --explain` and the manual print. One line per code, sorted.
//!
//! SB01xx YAML · SB02xx expressions and trees · SB03xx keys and sections of a mapping · SB04xx tenants and the
//! gateway's file · SB05xx references between files · SB06xx cases.

/// A code, its title and what it means to the person who wrote the file.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// `SB0101`.
    pub code: &'static str,
    /// A few words.
    pub title: &'static str,
    /// Why it is a problem and what to do.
    pub explanation: &'static str,
}

/// Looks a code up.
#[must_use]
pub fn explain(code: &str) -> Option<&'static Code> {
    ALL.iter().find(|known| known.code == code)
}

const fn row(code: &'static str, title: &'static str, explanation: &'static str) -> Code {
    Code { code, title, explanation }
}

/// Every code in use.
#[rustfmt::skip]
pub const ALL: &[Code] = &[
    row("SB0101", "not YAML", "The text breaks a rule of YAML; the place is where it became impossible, the cause often stands just before it."),
    row("SB0102", "key given twice", "A map has one value per key, and 1022 and \"1022\" are one key. Many tools silently take the last one."),
    row("SB0103", "anchor or alias", "`&name` and `*name` are not taken: a small file could swell to a huge one, and the same text in two places is read twice by people. Write it out, or use a named tree (`use:`)."),
    row("SB0104", "tag", "`!tag` asks for a type by name; there are none here. Quote a text that begins with `!`."),
    row("SB0105", "merge key", "`<<` merges maps in some tools only and hides which value holds. Write the keys out, or use a named tree (`use:`)."),
    row("SB0106", "several documents", "A file holds one document; a line `---` begins another."),
    row("SB0107", "tab", "YAML indents by blanks; tabs are as wide as each editor likes."),
    row("SB0108", "nested too deep", "The tree is deeper than any file needs, which would make every reader of it slow or unsafe."),
    row("SB0109", "too many nodes", "The file holds more values than any mapping needs."),
    row("SB0110", "expression cut by YAML", "In `{ … }` and `[ … ]` a comma or bracket ends an unquoted text. Put the expression in quotes."),
    row("SB0111", "unquoted {{", "An unquoted `{{` opens two maps in YAML. Quote a template, or write it as a block (`|-`)."),
    row("SB0112", "colon in an unquoted text", "A colon and a blank end a key. Quote a text that holds them."),
    row("SB0113", "cut by a comment", "A blank and `#` begin a comment, also amid a text. Quote a text that holds them."),
    row("SB0114", "a boolean to other tools", "`on`, `off`, `yes`, `no`, `y` and `n` are texts here and booleans to tools that read YAML 1.1. Quote them, or write `true` and `false`."),
    row("SB0115", "looks like a number, is a text", "As a number it would lose its plus, its leading zeros, its notation or digits, so it is kept as text; other tools read a number. Quote it."),
    row("SB0116", "not a key", "A key is one text: no list, no map, and not nothing."),
    row("SB0117", "directive", "`%YAML` and `%TAG` lines are not taken; files are YAML 1.2."),
    row("SB0118", "a number that changes its look", "`1.10` is the number 1.1. Quote it if it is a version or a name."),
    row("SB0119", "a character that cannot be seen", "Control characters and invisible marks make a file read otherwise than it looks."),
    row("SB0120", "settings not understood", "A key is unknown or missing, or a value has the wrong type."),
    row("SB0121", "cannot be laid out", "`fmt` compares what a file means before and after, and its comments, and leaves alone what it would change."),
    row("SB0201", "expression that cannot be read", "A text that begins with `$.` is computed; it breaks the language's grammar at this place. An unquoted comma or bracket in flow style is the usual cause."),
    row("SB0202", "path that is not offered", "Paths are RFC 9535's, without `..`, steps of slices, and regular expressions in filters, which would cost more than a message may."),
    row("SB0203", "unknown name", "A path begins with a name of its section; which ones there are is known at load."),
    row("SB0204", "undeclared setting", "What a tenant may set is declared under `settings:` of the mapping, with its type."),
    row("SB0205", "a name that may hold nothing", "Here the value is not always there, and a required read would refuse the message: say what to do then."),
    row("SB0206", "a list where one value is wanted", "A path with `[*]`, a slice or a filter is a list, even of one."),
    row("SB0207", "one value where a list is wanted", "`each` goes through a list; a path without `[*]`, slice or filter is one value."),
    row("SB0208", "unknown function", "The functions are listed in the reference; there is no other way to compute."),
    row("SB0209", "wrong arguments", "Too many, too few, not a literal where one is compiled at load, or a literal that cannot be compiled."),
    row("SB0210", "types that do not fit", "Nothing is converted silently: use `string`, `number`, `integer` or `boolean`."),
    row("SB0211", "not a condition", "Conditions are comparisons, booleans, or ask with `?` whether something is there; a value as such is neither true nor false."),
    row("SB0212", "unknown operator", "A key that begins with `$` is an operator. `$literal` takes a tree as it is."),
    row("SB0213", "operator beside other keys", "A map is either plain or one operator with its own parts; anything else would drop what is written."),
    row("SB0214", "operator or let with a wrong part", "A part is missing or has the wrong shape."),
    row("SB0215", "unknown table", "`table(name)` looks into a table of `tables:` in the same file."),
    row("SB0216", "table that is not complete", "A table has `rows` and says with `else` what an unknown key comes to, so that no code falls through."),
    row("SB0217", "row that is never reached", "The first row that fits wins; this one stands behind a row that fits whatever it fits."),
    row("SB0218", "expression in a table", "Tables are the same for every message, so that tenants can lay theirs over them."),
    row("SB0219", "unknown named tree", "`$use` takes a tree of `use:` in the same file."),
    row("SB0220", "names that differ between uses", "A named tree sees the names of `with`; each use gives the same ones."),
    row("SB0221", "template for prose", "`$text` takes Handlebars with nothing but `{{names}}`, each of them given by `with`."),
    row("SB0222", "a secret led astray", "Credentials go into auth and calls as they are, and nowhere else: not through functions, comparisons or other names."),
    row("SB0223", "trees nested too deep", "Deeper than any contract needs; split it with `use:`."),
    row("SB0224", "name that is taken", "Two meanings of one name in one section mislead its readers."),
    row("SB0225", "never used", "Nothing reads it: likely a slip elsewhere."),
    row("SB0226", "tables of a tenant", "A tenant lays rows and columns over tables that its mapping has."),
    row("SB0227", "unknown column", "No row of the table has this column, so the read would always come to nothing."),
    row("SB0228", "unknown member", "The shape of what is read is known, from a JSON Schema that the section declares, from the model, or from the tree that builds it; it has no such member, or is nothing that has members. A read of it would always come to nothing."),
    row("SB0229", "may be missing, and nothing says what to do then", "The member is optional, so some message will come without it and be refused. Say what to do then: `?` drops the key, `??` takes another value, a `$when` or a check above asks for it."),
    row("SB0230", "never that value", "The values there can be are known, and this is none of them, so that it is never met; mostly a slip of the pen."),
    row("SB0231", "never reached", "What stands before it decides already, whatever the message."),
    row("SB0232", "does not fit what is built", "A message, an event, an inbound message, a template, a failure, or a body with a schema: what the tree builds has a member too many or too few, or one of the wrong kind, so that every message would be refused."),
    row("SB0233", "a hole in a table", "The values there can be are known; some of them have no row, and `else` is nothing."),
    row("SB0234", "asked where nobody answers", "`template`, `is_sender`, `sender_with`, `is_suppressed` and `is_allowed_url` ask what the gateway knows of a tenant. That is not known yet where a request's tenant is being found, where nobody need be meant, and while templates are listed."),
    row("SB0235", "text that nothing fills in", "A plain text is itself. Only `$text` fills in `{{names}}`, those that its `with` gives; placeholders of templates such as `{{1}}` are theirs."),
    row("SB0301", "unknown key", "Every map of a file has the keys of the reference; any other would be ignored."),
    row("SB0302", "missing key", "Without it the part has no meaning. What is missing stands nowhere: the place is where the part begins that lacks it, and whatever is underlined there is right."),
    row("SB0303", "another kind of value", "A text, a list or a map is needed here, and something else is written."),
    row("SB0304", "no duration or size", "A duration is a number and a unit: `250ms`, `10s`, `15m`, `24h`, `7d`. A size is in bytes, `KiB` or `MiB`."),
    row("SB0305", "word not known", "Here stands one of a closed list of words."),
    row("SB0306", "default that does not fit", "The default of a setting has the setting's type, as what tenants say has."),
    row("SB0307", "answer listed twice", "What an answer means for the next attempt is said once; a number goes before its class."),
    row("SB0308", "no answer of a call", "`retry` lists HTTP statuses, classes such as `5xx`, and `unreached` and `unanswered`."),
    row("SB0309", "unknown scheme", "A scheme is one of the reference's table, a word or a map with one key."),
    row("SB0310", "check without a condition", "A check refuses when its `when` holds and its `unless` does not; without either it refuses everything."),
    row("SB0311", "does not say whose it is", "`tenant` is an expression that yields a tenant's name, or says whose number or setting has a value."),
    row("SB0312", "no path of a route", "A path begins with `/`, and `{name}` stands for one segment of it."),
    row("SB0313", "unknown version of the language", "`dsl: 1` is the one there is."),
    row("SB0314", "whose contract", "A mapping file describes one platform or one provider."),
    row("SB0315", "call that nothing makes", "Calls are made by `do:`; this one is named in none."),
    row("SB0316", "unknown action", "`do:` names calls of the file; rules also `suppress`, `release` and `reply`, and send messages of their own with `{ send: … }`."),
    row("SB0317", "onboarding that names what is not there", "`onboard:` speaks of settings, credentials and rules of the same file; its values of these, of the gateway's address and of the tenant."),
    row("SB0320", "asked once, read for each item", "With `each` the section's `when`, the first path of `each`, a send's `tenant` and `answer` are asked once a request; they cannot read an item."),
    row("SB0321", "refuses or answers", "A check says either `refuse:` with a reason, or `answer:`; `text` and `with` belong to a refusal."),
    row("SB0322", "answer for one item", "A check with `answer` ends the whole request, so it cannot depend on one item of it."),
    row("SB0323", "batch without items", "`batch` says what becomes of a bad item; only a section with `each` has items."),
    row("SB0330", "what is signed", "A signature is of parts of the request: `$.raw`, `$.url`, headers, a time; it has to cover what the request says."),
    row("SB0331", "time of signing", "A replay window needs the time of signing (`at`) and how long it is good (`max_age`), and the signature has to cover that time."),
    row("SB0332", "secret in a path", "A route says where the segment stands that proves whose request it is: `/hooks/{secret}`."),
    row("SB0401", "no name", "Names of tenants go into URLs, logs and metrics: letters, digits, `-`, `_` and `.`."),
    row("SB0402", "nobody declares it", "A tenant's settings and tables are those of its two mappings; any other would be ignored."),
    row("SB0403", "no rate or number", "A rate is a whole number, a slash and a time: `80/s`, `1/6s`."),
    row("SB0404", "setting of another type", "The mapping declares what a setting may hold."),
    row("SB0405", "setting missing", "The mapping has no default for it, so that every tenant says it."),
    row("SB0406", "secret in a file", "Files are read by many and copied; name where the value is: `${env:NAME}` or `${file:/path}`."),
    row("SB0407", "secret not found", "The environment or file that is named does not hold it."),
    row("SB0408", "rule without words", "A keyword rule that had words and has none any more would never act."),
    row("SB0409", "reply that cannot be used", "A reply is a template over `{{name}}`, `{{from}}`, `{{to}}` and `{{word}}`."),
    row("SB0410", "number listed twice", "A sender is listed once."),
    row("SB0411", "no number", "A number is its digits with the country code, without plus and blanks; or a word."),
    row("SB0412", "no address range", "`sources` are addresses or ranges: `203.0.113.0/24`."),
    row("SB0413", "tokens without an end", "A token without a bound of its age would be good for ever, so it is good for nothing."),
    row("SB0414", "credential that nobody reads", "Neither of the tenant's mappings reads it, so that it proves nothing; mostly a slip of the pen."),
    row("SB0415", "URL that is none", "Tokens and key sets are fetched from a URL; with this one nobody could be verified, or no call be made."),
    row("SB0416", "host that nobody listed", "What the gateway calls, token endpoints and key sets included, is the host of a setting or one of `hosts`, the mapping's or the tenant's."),
    row("SB0417", "account that cannot be had", "`account:` of a tenant names one of `accounts:` in the gateway's file; it is not there, or has an error of its own."),
    row("SB0418", "said twice, and not the same", "A tenant and the account that it sends by contradict each other: the provider, or a flat credential or setting that may be meant for either party. A block named after the provider goes before the account."),
    row("SB0419", "holds from the next start", "Folders, store, listeners, log, retention, samples, encryption, proxies and where certificates are, are what the gateway was started with; `limits`, `delivery`, `accounts` and `public_url` change while it runs."),
    row("SB0420", "backlog beyond the platform's patience", "Who meets a full backlog is told \"later\" and repeats for as long as the mapping's `retry_budget`; a backlog that takes longer to send has messages given up there, where nobody here can see it."),
    row("SB0421", "admin listener open to others", "Whoever reaches the admin listener may try tokens, and read what needs none. On an address that others reach it is opened only where a token is known: SWITCHBOARD_ADMIN_TOKEN, or one that was made with `switchboard token`."),
    row("SB0422", "key that cannot be used", "Contents in the store are sealed with keys of 32 bytes, named in `encryption:` and kept in the environment or a file."),
    row("SB0423", "kept too short", "A platform may repeat a message, and a provider report on one, for three days: so long both have to be known."),
    row("SB0424", "nobody to tell alarms to", "Alarms are posted by https to an address in `alarms.url`, signed with a key that `alarms.secret` says the place of: `${env:NAME}` or `${file:/path}`."),
    row("SB0501", "mapping missing", "A tenant names a platform and a provider, each described by a mapping file."),
    row("SB0502", "route taken", "A request goes to one mapping."),
    row("SB0503", "two tenants claim one thing", "A name, a number's inbound messages, and credentials that tell tenants apart belong to one tenant."),
    row("SB0504", "described twice", "A party of one name has one mapping file."),
    row("SB0505", "file gone", "The tenant is disabled; what is under way is finished."),
    row("SB0506", "version that cannot be had", "`NAME@HASH` pins a tenant to one version of a mapping; exactly one that is known has to begin with that hash."),
    row("SB0507", "file that cannot be read", "Files are readable by the gateway's user, and UTF-8."),
    row("SB0510", "the gateway's own address is not known", "What signs or checks the URL of a request needs it as the caller wrote it: `--public-url`."),
    row("SB0511", "a signature that does not say whose it is", "A tenant is found by something of the request, never by trying every secret."),
    row("SB0601", "unknown key in a case", "A case, its request, its answers, `given` and `expect` have the keys of the reference; any other would be ignored."),
    row("SB0602", "case without a part", "A case has a name, one stimulus and what is expected of it; without one of them it proves nothing."),
    row("SB0603", "two cases of one name", "A case is found by its name in a report and on the command line."),
    row("SB0604", "cases of an unknown mapping", "`for:` names the platform or provider of a mapping file; these cases would never run."),
    row("SB0605", "sample missing or unreadable", "`$file` names a file in `samples` beside the mapping: JSON where it ends in `.json`, else text."),
    row("SB0606", "no tenant can be made", "`numbers`, `settings` and `credentials` of `given` must make a tenant that the mapping accepts, as a tenant's file does."),
    row("SB0607", "expectation that cannot be met", "What sets the case off never leads to this; it would fail whatever the mapping says, or hold whatever it says."),
    row("SB0608", "wrong value in a case", "A part of the case has another type or word than it takes, or is no value of the model."),
    row("SB0609", "leg missing", "The mapping has no section or call that this case could go over."),
    row("SB0610", "schema missing or unreadable", "`schema:` names a JSON Schema in `schemas` beside the mapping."),
    row("SB0611", "wrong entry in the list of equivalent mutants", "An entry names a mutant that nothing can notice, as `test --mutate` prints it, and says why; one that is noticed, or that is no mutant any more, goes out."),
    row("SB0612", "case that fails", "What the mapping does is not what its case expects; one of the two is wrong."),
    row("SB0613", "send that does not fit its template", "What the platform sends is not what the provider's template takes, so the gateway would refuse it, or the provider would. The place is the line of the mapping that makes what does not fit; either the platform sends something else than the template has, or the template was changed."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted() {
        for pair in ALL.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} must stand after {}", pair[0].code, pair[1].code);
        }
    }

    /// Every code that the program's own text holds, outside of this table and of tests.
    fn used() -> std::collections::BTreeSet<String> {
        let mut found = std::collections::BTreeSet::new();
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.display().to_string();
                if path.is_dir() {
                    folders.push(path);
                } else if !name.ends_with("codes.rs") && !name.contains("test") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
                    found.extend(
                        text.match_indices("\"SB0").filter_map(|(at, _)| Some(text.get(at + 1..at + 7)?.to_owned())),
                    );
                }
            }
        }
        found
    }

    #[test]
    fn every_code_is_listed_and_used() {
        let used = used();
        let of_tests = |code: &str| code.len() != 6 || !code[2..].bytes().all(|byte| byte.is_ascii_digit());
        let unlisted: Vec<&String> = used.iter().filter(|code| !of_tests(code) && explain(code).is_none()).collect();
        assert!(unlisted.is_empty(), "not in the table: {unlisted:?}");
        let unused: Vec<&str> = ALL.iter().map(|row| row.code).filter(|code| !used.contains(*code)).collect();
        assert!(unused.is_empty(), "in the table, and never said: {unused:?}");
    }

    #[test]
    fn codes_are_well_formed_and_explained() {
        for row in ALL {
            let digits = row.code.strip_prefix("SB").unwrap_or_default();
            assert!(digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", row.code);
            assert!(!row.title.is_empty() && row.explanation.ends_with('.'), "{}", row.code);
            assert_eq!(explain(row.code).map(|found| found.title), Some(row.title));
        }
        assert!(explain("SB9999").is_none());
    }
}
