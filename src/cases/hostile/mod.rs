//! A data value is never evaluated: hostile texts in every field of every shipped contract.

mod field;
mod outcome;
mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Material, Suite};
use crate::diagnostic::Source;
use crate::value::Timestamp;

fn read(folder: &str, ending: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path));
    named.filter(|(name, _)| name.ends_with(ending)).map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

#[test]
fn dbg_all() {
    let sources = read("mappings", ".yaml").into_iter();
    let sources = sources.map(|(name, bytes)| Source::new(name.as_str(), String::from_utf8(bytes).unwrap()));
    let (cases, mappings): (Vec<_>, Vec<_>) = sources.partition(|source| source.name.ends_with(".cases.yaml"));
    let (suites, _) = Suite::pair(&mappings, &cases, &|_| Some("{}".into()));
    let samples: BTreeMap<String, Arc<[u8]>> =
        read("mappings/samples", ".json").into_iter().map(|(name, bytes)| (name, bytes.into())).collect();
    let sample = |name: &str| samples.get(name).cloned();
    let key = crate::sim::keys::generate().unwrap().private_pem;
    let material = Material { sample: &sample, rsa_key_pem: &key, now: Timestamp::from_millis(1_793_783_646_981) };
    let hostile = texts::texts();
    let (mut cases, mut fields, mut runs, mut shown) = (0, 0, 0, 0);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new(); let start = std::time::Instant::now();
    let mut bad: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for suite in &suites {
        let mapping = suite.mapping.clone().unwrap();
        for case in &suite.cases {
            let Some(mut subject) = field::Subject::of(suite, &mapping, case, &material) else { eprintln!("no subject {}", case.name); continue };
            cases += 1; if cases % 40 == 0 { eprintln!("{cases} {fields} {runs} {:?}", start.elapsed()); }
            for (region, tree) in std::mem::take(&mut subject.said) {
                for place in field::texts(&tree) {
                    fields += 1;
                    let at = format!("{} {region:?} {}", mapping.name, place.split('/').map(|s| if s.parse::<usize>().is_ok() {"*"} else {s}).collect::<Vec<_>>().join("/"));
                    let times = seen.entry(at.clone()).or_insert(0); *times += 1; if *times > 2 { continue }
                    let mut note = |what: String| { let e = bad.entry(format!("{at} :: {what}")).or_insert((0, case.name.clone())); e.0 += 1; };
                    let put = subject.put(region, &field::with(&tree, &place, texts::PLAIN));
                    runs += 1;
                    let plain = if put { outcome::run(&subject, suite, &mapping, &material) } else { Err("template".to_owned()) };
                    if let Ok(plain) = &plain { shown += usize::from(outcome::count(&plain.all, texts::PLAIN) > 0); }
                    for text in &hostile {
                        if matches!(region, field::Region::Headers | field::Region::AnswerHeaders(_)) && !text.fits_header() { continue }
                        if text.name == "64 KiB" && !plain.as_ref().is_ok_and(|plain| outcome::count(&plain.all, texts::PLAIN) > 0) { continue }
                        let put = subject.put(region, &field::with(&tree, &place, &text.text));
                        runs += 1;
                        let got = if put { outcome::run(&subject, suite, &mapping, &material) } else { Err("template".to_owned()) };
                        match (&plain, &got) {
                            (Err(a), Err(b)) => if a != b { note(format!("{} err {a} / {b}", text.name)) },
                            (Ok(a), Ok(b)) => {
                                let mut found = Vec::new();
                                outcome::differences(&a.all, &b.all, (texts::PLAIN, &text.text), "", &mut found);
                                if a.why.as_ref().map(|w| w.replace(texts::PLAIN, "")) != b.why.as_ref().map(|w| w.replace(&text.text, "")) { found.push(format!("why {:?} {:?}", a.why, b.why.as_deref().map(outcome::cut))); }
                                if a.lost != b.lost { found.push(format!("lost {:?} {:?}", a.lost, b.lost)); }
                                for f in found { note(format!("{}: {f}", text.name)); }
                            }
                            (a, b) => note(format!("{}: {:?} / {:?}", text.name, a.as_ref().err(), b.as_ref().err())),
                        }
                    }
                    subject.put(region, &tree);
                }
            }
        }
    }
    for (what, (times, case)) in &bad { eprintln!("{times} {what} [{case}]"); }
    panic!("{cases} {fields} {runs} {shown} {}", bad.len());
}
