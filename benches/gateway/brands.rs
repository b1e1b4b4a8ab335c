//! Whose messages they are: one brand of one number, or many with numbers, keys and provider accounts of their own.

use std::path::Path;

use switchboard::sim::stage;

use crate::mapping::{Trouble, shipped};

/// So many brands of so many numbers each.
#[derive(Clone, Copy)]
pub(super) struct Brands {
    pub(super) count: u32,
    pub(super) numbers: u32,
}

/// What most of the bench sends for.
pub(super) const ONE: Brands = Brands { count: 1, numbers: 1 };

/// The first brand's first number; the others follow it.
pub(super) const FROM: u64 = 919_845_013_377;
/// A brand's first number is so many after that of the brand before.
const APART: u32 = 16;

/// What brands have of their own.
const OWN: [&str; 2] = ["BENCH_KEY", "BENCH_APPLICATION"];

impl Brands {
    /// Who sends a message: what the platform proves itself with, and the number. All brands take turns.
    pub(super) fn sender(self, message: u32) -> (String, u64) {
        let (brand, number) = (message % self.count, message / self.count % self.numbers);
        (of(shipped::KEY, brand), FROM + u64::from(brand * APART + number))
    }

    /// Writes the mappings and the tenants, whose provider listens there, into folders of their own.
    pub(super) fn write(self, folder: &Path, provider: &str) -> Result<(), Trouble> {
        let (mappings, tenants) = (folder.join("mappings"), folder.join("tenants"));
        std::fs::create_dir_all(&mappings)?;
        std::fs::create_dir_all(&tenants)?;
        for (name, text) in stage::MAPPINGS {
            std::fs::write(mappings.join(name), text)?;
        }
        for brand in 0..self.count {
            std::fs::write(
                tenants.join(format!("shop-{brand}.yaml")),
                self.file(brand).replace("{provider}", provider),
            )?;
        }
        Ok(())
    }

    fn file(self, brand: u32) -> String {
        let numbers = (0..self.numbers).map(|number| {
            let number = FROM + u64::from(brand * APART + number);
            format!("  - {{ number: \"{number}\", waba: \"104996122399160\", rate: 1000000/s }}\n")
        });
        let numbers: String = numbers.collect();
        let lines = shipped::SHOP.lines().map(|line| match line {
            _ if line.starts_with("tenant: ") => format!("tenant: {}\n", of("shop", brand)),
            _ if line.starts_with("numbers: ") => format!("numbers:\n{numbers}"),
            _ => OWN.iter().fold(format!("{line}\n"), |line, name| {
                line.replace(&format!("env:{name}}}"), &format!("env:{}}}", variable(name, brand)))
            }),
        });
        lines.collect()
    }

    /// What the files refer to. Which number signs a send is the same for all: making keys takes time.
    pub(super) fn secrets(self) -> Result<Vec<(String, String)>, Trouble> {
        let shared = shipped::secrets()?;
        let mut all: Vec<_> = shared.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        for (brand, name) in (1..self.count).flat_map(|brand| OWN.map(|name| (brand, name))) {
            let value = shared.get(name).ok_or("a secret is missing")?;
            all.push((variable(name, brand), of(value, brand)));
        }
        Ok(all)
    }
}

/// The first brand has the bare name: all servers know it.
fn of(name: &str, brand: u32) -> String {
    if brand == 0 { name.to_owned() } else { format!("{name}-{brand}") }
}

fn variable(name: &str, brand: u32) -> String {
    of(name, brand).replace('-', "_")
}
