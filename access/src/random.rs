//! Random bytes, as the caller gives them: this crate has no generator of its own.

use zeroize::zeroize_bytes;

/// Most bytes that are asked for at a time.
const POOL_BYTES_MAX: usize = 64 * 1024;

/// Hands out random bytes, each only once. They are asked for many at a time: one call of the operating
/// system costs as much as the bytes of several salts.
pub(crate) struct Random<F> {
    fill: F,
    /// Overwritten in the end: salts that were handed out still stand there.
    pool: Vec<u8>,
    used: usize,
}

impl<F> Drop for Random<F> {
    fn drop(&mut self) {
        zeroize_bytes(&mut self.pool);
    }
}

impl<F: FnMut(&mut [u8]) -> Result<(), E>, E> Random<F> {
    /// Will ask `fill`, which overwrites all of what it is given, for as many bytes as are expected to be
    /// needed, and again if more are.
    pub fn new(fill: F, expected: usize) -> Self {
        let pool = vec![0; expected.min(POOL_BYTES_MAX)];
        Self { fill, used: pool.len(), pool }
    }

    /// The next `N`.
    ///
    /// # Errors
    /// That of `fill`.
    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], E> {
        loop {
            if let Some(bytes) = self.next() {
                return Ok(bytes);
            }
            if self.pool.len() < N {
                zeroize_bytes(&mut self.pool);
                self.pool = vec![0; N];
            }
            (self.fill)(&mut self.pool)?;
            self.used = 0;
        }
    }

    #[inline]
    fn next<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = *self.pool.get(self.used..)?.first_chunk()?;
        self.used += N;
        Some(bytes)
    }

    /// A number below `end`, which is at least 1. One is likelier than another by less than 2^-48.
    pub fn below(&mut self, end: u16) -> Result<u16, E> {
        let random = u128::from(u64::from_be_bytes(self.take()?));
        Ok(((random * u128::from(end)) >> u64::BITS) as u16)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Bytes that count up, and how often they were asked for.
    fn counting(expected: usize, takes: usize) -> (Vec<u8>, usize) {
        let (mut next, mut fills) = (0_u8, 0);
        let mut random = Random::new(
            |bytes: &mut [u8]| {
                fills += 1;
                bytes.iter_mut().for_each(|byte| {
                    *byte = next;
                    next = next.wrapping_add(1);
                });
                Ok::<_, Infallible>(())
            },
            expected,
        );
        let taken = (0..takes).flat_map(|_| random.take::<16>().unwrap()).collect();
        drop(random);
        (taken, fills)
    }

    #[test]
    fn bytes_are_handed_out_once_each() {
        let (taken, fills) = counting(64, 8);
        assert_eq!((taken, fills), ((0..128).collect(), 2));
        assert_eq!(counting(128, 8).1, 1);
        assert_eq!(counting(0, 0).1, 0);
        assert_eq!(counting(0, 2), ((0..32).collect(), 2));
        // What is left of a pool and too little is not used.
        assert_eq!(counting(24, 2).0, (0..16).chain(24..40).collect::<Vec<u8>>());
    }

    #[test]
    fn numbers_below_an_end_reach_from_0_to_it() {
        let below = |byte: u8, end| {
            let fill = |bytes: &mut [u8]| {
                bytes.fill(byte);
                Ok::<_, Infallible>(())
            };
            Random::new(fill, 8).below(end).unwrap()
        };
        for end in [1, 2, 3, 128] {
            assert_eq!((below(0, end), below(0xFF, end)), (0, end - 1));
        }
        assert_eq!(below(0x80, 128), 64);
    }

    #[test]
    fn a_generator_that_fails_gives_nothing() {
        let mut random = Random::new(|_: &mut [u8]| Err("no entropy"), 100);
        assert_eq!(random.take::<16>(), Err("no entropy"));
        assert_eq!(random.take::<16>(), Err("no entropy"));
    }
}
