//! [`gunzip`]: unpacking a body that was sent compressed, up to a limit.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::CodecError;

/// Unpacks gzip, all members; stops at the limit, so that a small body cannot fill the memory.
///
/// # Errors
/// [`CodecError::Bound`] above the limit, [`CodecError::Syntax`] for what is no gzip or is cut off.
pub fn gunzip(bytes: &[u8], limit: usize) -> Result<Vec<u8>, CodecError> {
    let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut unpacked = Vec::with_capacity(limit.min(bytes.len().saturating_mul(4)));
    match MultiGzDecoder::new(bytes).take(one_more).read_to_end(&mut unpacked) {
        Ok(_) if unpacked.len() > limit => Err(CodecError::Bound(format!("more than {limit} bytes when unpacked"))),
        Ok(_) => Ok(unpacked),
        Err(_) => Err(CodecError::syntax("gzip", "damaged or cut off")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_limit_is_the_unpacked_size() {
        let bomb = packed(&vec![0; 1_000_000]);
        assert!(bomb.len() < 2_000);
        assert_eq!(gunzip(&bomb, 1_000_000).unwrap().len(), 1_000_000);
        assert_eq!(gunzip(&bomb, 999_999).unwrap_err().to_string(), "more than 999999 bytes when unpacked");
    }

    #[test]
    fn members_follow_one_another() {
        assert_eq!(gunzip(&[packed(b"one "), packed(b"two")].concat(), 7).unwrap(), b"one two");
    }

    #[test]
    fn damage_is_refused() {
        let good = packed(b"some text that is long enough");
        let mut wrong_sum = good.clone();
        let sum = wrong_sum.len() - 8;
        wrong_sum[sum] ^= 1;
        for bad in
            [&b""[..], b"plain", &good[..good.len() - 1], &good[..12], &wrong_sum, &[&good[..], b"tail"].concat()]
        {
            assert_eq!(gunzip(bad, 1000).unwrap_err().to_string(), "not gzip: damaged or cut off");
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_unpacks(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(gunzip(&packed(&bytes), 2000).unwrap(), bytes.clone());
            let _ = gunzip(&bytes, 10);
        }
    }
}
