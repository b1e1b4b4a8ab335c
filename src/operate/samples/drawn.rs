//! Characters that stand in for others, drawn from a key and the text: the same for the same. Which characters are replaced is
//! not decided here.

use sha2::{Digest, Sha256};

/// What is drawn for one text: always the same, and nothing that tells of it.
pub(super) struct Drawn<'t> {
    seed: [&'t [u8]; 2],
    block: [u8; 32],
    used: usize,
}

impl<'t> Drawn<'t> {
    pub(super) fn of(key: &'t [u8; 32], text: &'t str) -> Self {
        Self { seed: [key, text.as_bytes()], block: [0; 32], used: 0 }
    }

    pub(super) fn among(&mut self, these: &[u8]) -> char {
        let place = self.used % self.block.len();
        if place == 0 {
            let [key, text] = self.seed;
            let turn = self.used.to_le_bytes();
            self.block = Sha256::new().chain_update(key).chain_update(turn).chain_update(text).finalize().into();
        }
        self.used += 1;
        these.get(usize::from(self.block[place]) % these.len()).copied().map_or('0', char::from)
    }

    /// A character of the same kind and length. What is no letter and no digit stays, so that a text keeps its form.
    pub(super) fn like(&mut self, c: char) -> char {
        match c {
            'a'..='f' => self.among(b"abcdef"),
            'g'..='z' => self.among(b"ghijklmnopqrstuvwxyz"),
            'A'..='F' => self.among(b"ABCDEF"),
            'G'..='Z' => self.among(b"GHIJKLMNOPQRSTUVWXYZ"),
            '1'..='9' => self.among(b"123456789"),
            _ if c.is_ascii() || c.is_whitespace() => c,
            _ => match c.len_utf8() {
                2 => 'é',
                3 => 'あ',
                _ => '𐐀',
            },
        }
    }
}
