//! Writes the seeds of every target, and the dictionary, into a folder: `seeds FOLDER`.

use std::path::Path;

use switchboard_fuzz::{TARGETS, seed};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("the folder to write to");
    let folder = Path::new(&folder);
    for (target, _) in TARGETS {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder)?;
        for (place, seed) in seed::of(target).iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{place:04}")), seed)?;
        }
    }
    std::fs::write(folder.join("dictionary"), seed::dictionary().join("\n"))
}
