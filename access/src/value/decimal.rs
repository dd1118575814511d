//! Numbers as text.

/// A number in decimal digits, without allocating: times are sealed with every event.
pub(super) struct Decimal {
    bytes: [u8; Self::BYTES_MAX],
    start: usize,
}

impl Decimal {
    /// A sign and 19 digits.
    const BYTES_MAX: usize = 20;

    pub fn of(number: i64) -> Self {
        let mut decimal = Self { bytes: [b'0'; Self::BYTES_MAX], start: Self::BYTES_MAX };
        let mut rest = number.unsigned_abs();
        for (place, byte) in decimal.bytes.iter_mut().enumerate().rev() {
            *byte = b'0' + (rest % 10) as u8;
            decimal.start = place;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0
            && let Some(sign) = decimal.start.checked_sub(1)
            && let Some(byte) = decimal.bytes.get_mut(sign)
        {
            *byte = b'-';
            decimal.start = sign;
        }
        decimal
    }

    pub fn digits(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }
}
