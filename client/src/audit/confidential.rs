//! Confidential records and their openings: that what an entry opens is what was sealed, and when.
//!
//! Memory is bounded, whatever the ledger holds. What had to be forgotten is said.

use std::collections::BTreeMap;

use einsicht_access::record::{OpeningFault, check_opening_at};
use einsicht_access::seal::SEAL_BYTES;
use einsicht_proto::v1::{AccessRecord, Opening};
use einsicht_tlog::{Index, RecordedAt};
use serde::{Deserialize, Serialize};

use super::rulings::Opened;
use crate::finding::{Fault, Finding};
use crate::source::Place;

/// Most confidential records that are remembered until they are opened.
const REMEMBERED_MAX: usize = 250_000;

/// What is known of the confidential records of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confidential {
    /// How many records were written as confidential.
    pub records: u64,
    /// How many of them were opened, each shown to be what was sealed.
    pub opened: u64,
    /// Openings of records that were not remembered, because there were too many: nobody could tell whether
    /// they show what was sealed.
    pub unchecked: u64,
    /// What waits to be opened, by index.
    waiting: BTreeMap<u64, Waiting>,
}

/// What a confidential record shows of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    /// Day before which it must not be opened.
    day: i32,
    /// 64 hexadecimal digits.
    #[serde(with = "as_hex")]
    seal: [u8; SEAL_BYTES],
}

/// What a chunk has of them, in the order of the entries.
#[derive(Debug)]
pub(super) enum Met {
    /// A confidential record.
    Sealed { index: Index, day: i32, seal: [u8; SEAL_BYTES] },
    /// An entry that opens one.
    Opened { index: Index, recorded_at: RecordedAt, opening: Box<Opening>, place: Place },
}

impl Confidential {
    /// How many are not opened yet.
    #[must_use]
    pub fn unopened(&self) -> u64 {
        self.records.saturating_sub(self.opened).saturating_sub(self.unchecked)
    }

    /// How many nobody has seen the content of, as far as this audit could tell: not opened, or not compared.
    #[must_use]
    pub fn unseen(&self) -> u64 {
        self.records.saturating_sub(self.opened)
    }

    /// Takes in what a chunk had. Returns the records that were opened.
    pub(super) fn take(&mut self, met: Vec<Met>) -> Result<Vec<Opened>, Finding> {
        let mut opened = Vec::new();
        for met in met {
            match met {
                Met::Sealed { index, day, seal } => {
                    self.records += 1;
                    if self.waiting.len() < REMEMBERED_MAX {
                        self.waiting.insert(index.0, Waiting { day, seal });
                    }
                }
                Met::Opened { index, recorded_at, opening, place } => {
                    let record = self.open(index, recorded_at, &opening);
                    let at = |finding| Finding { place: Some(place.to_string()), ..finding };
                    let (of, bytes) = (Index(opening.index), opening.record);
                    let record = record.map_err(at)?;
                    opened.extend(record.map(|record| Opened { by: index, index: of, record, bytes, place }));
                }
            }
        }
        Ok(opened)
    }

    fn open(
        &mut self,
        index: Index,
        recorded_at: RecordedAt,
        opening: &Opening,
    ) -> Result<Option<AccessRecord>, Finding> {
        let wrong = |expected: String, found: String| Finding {
            fault: Fault::Opening,
            index: Some(index),
            place: None,
            expected,
            found,
        };
        let Some(Waiting { day, seal }) = self.waiting.remove(&opening.index) else {
            let left = self.records.saturating_sub(self.opened).saturating_sub(self.unchecked);
            let forgot = left > self.waiting.len() as u64;
            if forgot && opening.index < index.0 {
                self.unchecked += 1;
                return Ok(None);
            }
            let expected = "the opening of a confidential record before it, once".to_owned();
            return Err(wrong(expected, format!("an opening of entry {}", opening.index)));
        };
        let outer = AccessRecord {
            confidential_until_day: Some(day),
            confidential_seal: Some(bytes::Bytes::copy_from_slice(&seal)),
            ..AccessRecord::default()
        };
        let record = check_opening_at(opening, recorded_at.0, &outer).map_err(|fault: OpeningFault| {
            wrong(format!("what entry {} sealed, not before its day", opening.index), fault.to_string())
        })?;
        self.opened += 1;
        Ok(Some(record))
    }
}

mod as_hex {
    use einsicht_tlog::hash::to_hex;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_hex(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| {
            let text = std::str::from_utf8(pair).ok().filter(|text| !text.starts_with('+'))?;
            u8::from_str_radix(text, 16).ok()
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let bytes = bytes.filter(|_| rest.is_empty()).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| D::Error::custom("a seal has 64 hexadecimal digits"))
    }
}
