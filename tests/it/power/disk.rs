//! What a disk holds after a power cut, made from the record of what it was told (tests/power/shim.c).
//!
//! Promised is only what was synced. Of what came after, any part may be there: whole writes, single sectors of 512 bytes
//! of them, later ones without earlier ones. New names and removals arrive in their order, as file systems with a journal
//! keep them, up to any of them since the directory was last synced.

use std::collections::BTreeMap;
use std::path::Path;

use rand::Rng;
use rand::rngs::StdRng;

/// Written at once or not at all.
const SECTOR: usize = 512;

/// One change that the disk was told.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Created,
    Written { at: usize, data: Vec<u8> },
    Truncated(usize),
    Synced,
    DirectorySynced,
    Unlinked,
    Renamed(String),
}

/// A change of one file.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) file: String,
    pub(super) told: Told,
}

/// Reads what the shim wrote.
pub(super) fn read(log: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    let mut rest = log;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(21);
        let number = |from: usize| {
            let bytes = head[from..from + 8].try_into().unwrap();
            usize::try_from(u64::from_le_bytes(bytes)).unwrap()
        };
        let name = usize::try_from(u32::from_le_bytes(head[1..5].try_into().unwrap())).unwrap();
        let (at, length) = (number(5), number(13));
        let (name, tail) = tail.split_at(name);
        let (data, tail) = tail.split_at(length);
        let told = match head[0] {
            b'C' => Told::Created,
            b'W' => Told::Written { at, data: data.to_vec() },
            b'T' => Told::Truncated(at),
            b'S' => Told::Synced,
            b'D' => Told::DirectorySynced,
            b'U' => Told::Unlinked,
            b'R' => Told::Renamed(String::from_utf8(data.to_vec()).unwrap()),
            other => panic!("a record of kind {other}"),
        };
        records.push(Record { file: String::from_utf8(name.to_vec()).unwrap(), told });
        rest = tail;
    }
    records
}

/// Whether the disk keeps its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Honesty {
    Honest,
    /// It says that it synced, and did not.
    Lies,
}

/// A file: what is on the disk for certain, and what it was told since.
#[derive(Clone, Debug, Default)]
struct File {
    sure: Vec<u8>,
    since: Vec<Told>,
}

/// A change of the directory; files by number, names may change.
#[derive(Clone, Debug)]
enum Entry {
    Created(String, usize),
    Unlinked(String),
    Renamed(String, String),
}

/// A disk that was told a number of records.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    honesty: Honesty,
    files: Vec<File>,
    now: BTreeMap<String, usize>,
    sure: BTreeMap<String, usize>,
    since: Vec<Entry>,
}

impl Disk {
    pub(super) fn new(honesty: Honesty) -> Self {
        Self { honesty, files: Vec::new(), now: BTreeMap::new(), sure: BTreeMap::new(), since: Vec::new() }
    }

    /// A disk that has these files and is sure of them.
    pub(super) fn holding(honesty: Honesty, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut disk = Self::new(honesty);
        for (name, sure) in files {
            disk.now.insert(name, disk.files.len());
            disk.files.push(File { sure, since: Vec::new() });
        }
        disk.sure.clone_from(&disk.now);
        disk
    }

    /// Tells the disk one more change.
    pub(super) fn tell(&mut self, record: &Record) {
        let file = &record.file;
        match &record.told {
            Told::Created => {
                self.files.push(File::default());
                self.enter(Entry::Created(file.clone(), self.files.len() - 1));
            }
            Told::Unlinked => self.enter(Entry::Unlinked(file.clone())),
            Told::Renamed(to) => self.enter(Entry::Renamed(file.clone(), to.clone())),
            Told::DirectorySynced if self.honesty == Honesty::Honest => {
                self.sure.clone_from(&self.now);
                self.since.clear();
            }
            Told::Synced if self.honesty == Honesty::Honest => {
                let file = &mut self.files[self.now[file]];
                for told in file.since.drain(..) {
                    apply(&mut file.sure, &told);
                }
            }
            Told::Synced | Told::DirectorySynced => {}
            told => self.files[self.now[file]].since.push(told.clone()),
        }
    }

    fn enter(&mut self, entry: Entry) {
        change(&mut self.now, &entry);
        self.since.push(entry);
    }

    /// Writes into a folder everything that the disk was told.
    pub(super) fn whole(&self, folder: &Path) {
        for (name, number) in &self.now {
            let file = &self.files[*number];
            let mut content = file.sure.clone();
            file.since.iter().for_each(|told| apply(&mut content, told));
            std::fs::write(folder.join(name), content).unwrap();
        }
    }

    /// Writes into a folder what is there after a cut now.
    pub(super) fn cut(&self, dice: &mut StdRng, folder: &Path) {
        // From nothing of the rest to all of it.
        let share = [0.0, 0.3, 0.7, 0.95, 1.0][dice.random_range(0..5)];
        let mut names = self.sure.clone();
        for entry in &self.since[..dice.random_range(0..=self.since.len())] {
            change(&mut names, entry);
        }
        for (name, number) in names {
            let file = &self.files[number];
            let mut content = file.sure.clone();
            for told in &file.since {
                tear(&mut content, told, share, dice);
            }
            std::fs::write(folder.join(name), content).unwrap();
        }
    }
}

fn change(names: &mut BTreeMap<String, usize>, entry: &Entry) {
    match entry {
        Entry::Created(name, number) => drop(names.insert(name.clone(), *number)),
        Entry::Unlinked(name) => drop(names.remove(name)),
        Entry::Renamed(from, to) => {
            let number = names.remove(from);
            names.extend(number.map(|number| (to.clone(), number)));
        }
    }
}

fn apply(content: &mut Vec<u8>, told: &Told) {
    match told {
        Told::Written { at, data } => put(content, *at, data),
        Told::Truncated(length) => content.resize(*length, 0),
        _ => {}
    }
}

/// What is there of a change that was not synced.
fn tear(content: &mut Vec<u8>, told: &Told, share: f64, dice: &mut StdRng) {
    let Told::Written { at, data } = told else {
        if dice.random_bool(share) {
            apply(content, told);
        }
        return;
    };
    let (mut at, mut data) = (*at, data.as_slice());
    while !data.is_empty() {
        let (sector, rest) = data.split_at(data.len().min(SECTOR - at % SECTOR));
        if dice.random_bool(share) {
            put(content, at, sector);
        }
        at += sector.len();
        data = rest;
    }
}

/// What was never written between the old end and here is nothing but zeros.
fn put(content: &mut Vec<u8>, at: usize, data: &[u8]) {
    if content.len() < at + data.len() {
        content.resize(at + data.len(), 0);
    }
    content[at..at + data.len()].copy_from_slice(data);
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn record(file: &str, told: Told) -> Record {
        Record { file: file.to_owned(), told }
    }

    fn written(at: usize, fill: u8) -> Told {
        Told::Written { at, data: vec![fill; 1024] }
    }

    /// Every content of the file that two hundred cuts leave, by what its sectors hold.
    fn left(told: &[Told], honesty: Honesty) -> std::collections::BTreeSet<Option<Vec<u8>>> {
        let mut disk = Disk::new(honesty);
        told.iter().for_each(|told| disk.tell(&record("f", told.clone())));
        let cut = |seed| {
            let folder = tempfile::tempdir().unwrap();
            disk.cut(&mut StdRng::seed_from_u64(seed), folder.path());
            let content = std::fs::read(folder.path().join("f")).ok()?;
            Some(content.chunks(SECTOR).map(|sector| sector[0]).collect())
        };
        (0..200).map(cut).collect()
    }

    #[test]
    fn what_was_synced_is_there_and_of_the_rest_any_part() {
        let sure = [Told::Created, Told::DirectorySynced, written(0, 1), Told::Synced];
        assert_eq!(left(&sure, Honesty::Honest), [Some(vec![1, 1])].into());
        let rest = [&sure[..], &[written(512, 2)]].concat();
        let any = [vec![1, 1], vec![1, 2], vec![1, 1, 2], vec![1, 2, 2]].map(Some);
        assert_eq!(left(&rest, Honesty::Honest), any.into_iter().collect::<std::collections::BTreeSet<_>>());
        assert!(left(&sure, Honesty::Lies).contains(&None), "a disk that lies has not even the name");
        assert!(left(&sure, Honesty::Lies).contains(&Some(vec![0, 1])), "and parts");
        assert!(left(&sure[..1], Honesty::Honest).contains(&None), "a name is sure once its directory is synced");
    }
}
