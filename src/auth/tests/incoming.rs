//! Basic, bearer, headers, query.

use super::*;

fn basic(username: &str, password: &str) -> Scheme {
    Scheme::Basic { username: secrets(&[username]), password: secrets(&[password]) }
}

fn bearer(header: &str, tokens: &[&str]) -> Scheme {
    Scheme::Bearer { header: header.to_owned(), token: secrets(tokens) }
}

fn rule(name: &str, prefix: &str, values: &[&str]) -> HeaderRule {
    HeaderRule { name: name.to_owned(), prefix: prefix.to_owned(), value: secrets(values) }
}

fn index() -> Index {
    let pair =
        |key: &str, secret: &[&str]| Scheme::Header(vec![rule("api-key", "", &[key]), rule("api-secret", "", secret)]);
    let entries = vec![
        (0, basic("acme", "pa:ss")),
        (0, pair("acme", &["new", "old"])),
        (0, bearer("authorization", &["t-acme", "t-acme-old"])),
        (1, basic("bandra", "p2")),
        (1, bearer("authentication", &["t-bandra"])),
        (2, bearer("authorization", &["t-acme"])),
        (3, Scheme::Header(vec![rule("x-api-key", "App ", &["k3"])])),
        (4, Scheme::Query { name: "token".to_owned(), value: secrets(&["q 4"]) }),
        (5, bearer("authorization", &[""])),
        (6, basic("nobody", "")),
        (7, Scheme::Header(Vec::new())),
    ];
    Index::build([7; 32], entries)
}

const WRONG: Outcome<&[usize]> = Err((Cause::Wrong, false));
const MISSING: Outcome<&[usize]> = Err((Cause::Missing, false));

type Case<'c> = (&'c [(&'c str, &'c str)], &'c str, Outcome<&'c [usize]>);

#[test]
fn shared_secrets_find_their_tenants() {
    let index = index();
    let huge = format!("Bearer {}", "a".repeat(1 << 20));
    let cases: &[Case<'_>] = &[
        (&[("authorization", "Basic YWNtZTpwYTpzcw==")], "", Ok(&[0])),
        (&[("authorization", "basic  YWNtZTpwYTpzcw")], "", Ok(&[0])),
        (&[("authorization", "Bearer t-acme")], "", Ok(&[0, 2])),
        (&[("authorization", "BEARER t-acme-old")], "", Ok(&[0])),
        (&[("authentication", "Bearer t-bandra")], "", Ok(&[1])),
        (&[("api-key", "acme"), ("api-secret", "new")], "", Ok(&[0])),
        (&[("api-secret", "old"), ("api-key", "acme")], "", Ok(&[0])),
        (&[("x-api-key", "App k3")], "", Ok(&[3])),
        (&[], "a=b&token=q+4", Ok(&[4])),
        (&[], "token=q%204", Ok(&[4])),
        (&[("authorization", "Bearer t-acme"), ("authentication", "Bearer t-bandra")], "", Ok(&[0, 1, 2])),
        (&[("authorization", "Basic wrong"), ("authentication", "Bearer t-bandra")], "", Ok(&[1])),
        (&[], "", MISSING),
        (&[("accept", "*/*")], "tok=q", MISSING),
        (&[("api-key", "acme")], "", MISSING),
        (&[("api-secret", "new")], "", MISSING),
        (&[("api-key", "acme"), ("api-secret", "wrong")], "", WRONG),
        (&[("api-key", "bandra"), ("api-secret", "new")], "", WRONG),
        (&[("api-key", "acm"), ("api-secret", "enew")], "", WRONG),
        (&[("api-key", "acme"), ("api-key", "acme"), ("api-secret", "new")], "", WRONG),
        (&[("x-api-key", "k3")], "", WRONG),
        (&[("authorization", "Bearer t-bandra")], "", WRONG),
        (&[("authorization", "Bearer T-ACME")], "", WRONG),
        (&[("authorization", "Bearer ")], "", WRONG),
        (&[("authorization", "t-acme")], "", WRONG),
        (&[("authorization", "")], "", WRONG),
        (&[("authorization", "Basic t-acme")], "", WRONG),
        (&[("authorization", "Basic !!!")], "", WRONG),
        (&[("authorization", "Basic YWNtZQ==")], "", WRONG),
        (&[("authorization", "Basic bm9ib2R5Og==")], "", WRONG),
        (&[("authorization", "Digest username=acme")], "", WRONG),
        (&[("authorization", "Bearer t-acme"), ("authorization", "Bearer t-acme")], "", WRONG),
        (&[("authorization", &huge)], "", WRONG),
        (&[], "token=q", WRONG),
        (&[], "token=q+4&token=q+4", WRONG),
    ];
    for (headers, query, expected) in cases {
        let expected = expected.map(<[usize]>::to_vec);
        assert_eq!(outcome(&index, &request(headers, query, "")), expected, "{:.80}", format!("{headers:?} {query}"));
    }
}

type PathCase<'c> = (&'c [(&'c str, &'c str)], Outcome<&'c [usize]>);

#[test]
fn a_segment_of_the_path_can_be_the_secret() {
    let entry = |tenant, values: &[&str]| (tenant, Scheme::Path { name: "key".to_owned(), value: secrets(values) });
    let index = Index::build([7; 32], vec![entry(0, &["a b", "old"]), entry(1, &["b"]), entry(2, &[""])]);
    let cases: &[PathCase<'_>] = &[
        (&[("key", "a b")], Ok(&[0])),
        (&[("key", "old")], Ok(&[0])),
        (&[("id", "a"), ("key", "b")], Ok(&[1])),
        (&[("key", "c")], WRONG),
        (&[("key", "")], WRONG),
        (&[("id", "b")], MISSING),
        (&[], MISSING),
    ];
    for (path, expected) in cases {
        let path: Vec<(&str, String)> = path.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let found = outcome_at(&index, &request(&[], "key=b", ""), &path, NOW);
        assert_eq!(found, expected.map(<[usize]>::to_vec), "{path:?}");
    }
}

#[test]
fn anybody_is_let_in_where_the_scheme_is_none_and_nobody_where_there_is_no_scheme() {
    let open = Index::build([7; 32], vec![(3, Scheme::None), (1, basic("acme", "p"))]);
    assert_eq!(outcome(&open, &request(&[], "", "")), Ok(vec![3]));
    assert_eq!(outcome(&open, &request(&[("authorization", "Basic YWNtZTpw")], "", "")), Ok(vec![1, 3]));
    assert_eq!(outcome(&Index::default(), &request(&[], "", "")), Err((Cause::Missing, false)));
}

#[test]
fn nothing_prints_a_secret() {
    let mut printed = format!("{:?} {:?}", index(), basic("user", "hidden"));
    printed += &format!("{:?}", Index::build([7; 32], tokens::entries()));
    printed += &format!("{:?}", outgoing::jwt("hidden"));
    for secret in ["t-acme", "pa:ss", "hidden", "account-secret"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
