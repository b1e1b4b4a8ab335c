//! What rows come to, in whichever order they are read: how many, and a sum of their hashes. Two tables that come to the same
//! have the same rows.

use sha2::{Digest, Sha256};

use super::{Row, Value};

/// Of some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) rows: u64,
    hashes: u128,
}

impl Sum {
    pub(super) fn add(&mut self, row: &Row) {
        self.rows += 1;
        self.hashes = self.hashes.wrapping_add(hash(row));
    }
}

fn hash(row: &Row) -> u128 {
    let mut hasher = Sha256::new();
    for value in row {
        // A kind and a length keep neighbours apart.
        let (kind, bytes): (u8, &[u8]) = match value {
            Value::Null => (0, &[]),
            Value::Int(number) => (1, &number.to_le_bytes()),
            Value::Text(text) => (2, text.as_bytes()),
            Value::Bytes(bytes) => (3, bytes),
        };
        hasher.update([kind]);
        hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(bytes);
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hasher.finalize()[..16]);
    u128::from_le_bytes(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rows: &[Row]) -> Sum {
        let mut sum = Sum::default();
        rows.iter().for_each(|row| sum.add(row));
        sum
    }

    #[test]
    fn the_order_does_not_count_and_everything_else_does() {
        let text = |text: &str| Value::Text(text.to_owned());
        let (one, other) = (vec![Value::Int(1), text("a")], vec![Value::Null, text("b")]);
        assert_eq!(sum(&[one.clone(), other.clone()]), sum(&[other.clone(), one.clone()]));
        let rows = [
            vec![one.clone()],
            vec![one.clone(), one.clone()],
            vec![vec![text("a"), Value::Int(1)]],
            vec![vec![Value::Int(1), Value::Bytes(b"a".to_vec())]],
            vec![vec![text("ab"), text("c")]],
            vec![vec![text("a"), text("bc")]],
            vec![vec![Value::Null]],
            vec![vec![text("")]],
            vec![other],
        ];
        for (place, left) in rows.iter().enumerate() {
            for right in &rows[place + 1..] {
                assert_ne!(sum(left), sum(right), "{left:?} {right:?}");
            }
        }
    }
}
