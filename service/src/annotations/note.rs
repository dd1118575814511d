//! What one entry says about others, found in its body; and the bytes that are kept of it:
//!
//! ```text
//! 1 ‖ uint64 index        corrects that entry
//! 2 ‖ uint64 index        opens that entry
//! 3 ‖ uint64 recorded_at  is a request, recorded then
//! 4 ‖ uint64 index        answers that request
//! 5 ‖ "yyyy-mm/class"     says that this class of a month was erased
//! 6 ‖ int32 day           is closed until that day
//! 7 ‖ uint32 parts ‖ uint64 recorded_at ‖ SHA-256 is the last of so many parts of a charter
//! 8 ‖ uint64 recorded_at ‖ SHA-256 ‖ 0 or 1 ‖ uint64 replaces ‖ "yyyy-mm" is a report of that period
//! ```

use einsicht_access::period::Period;
use einsicht_access::{Month, RetentionClass, WireError, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody};
use einsicht_tlog::{Index, RecordedAt};

/// First byte of a body that holds an access: its field number and wire type.
const ACCESS_TAG: u8 = 3 << 3 | 2;
/// First byte of a record that has a data set, which no closed record has.
const DATASET_TAG: u8 = 1 << 3 | 2;

/// What one entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// The entry.
    pub index: Index,
    /// What it says.
    pub says: Says,
}

/// What an entry says about another, or about itself where others will say more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// It corrects that entry.
    Corrects(Index),
    /// It opens that confidential record.
    Opens(Index),
    /// It is a request for a disclosure, recorded then.
    Requests(RecordedAt),
    /// It is a disclosure that answers that request.
    Answers(Index),
    /// It says that this class of a month was erased.
    ErasedMonth(Month, RetentionClass),
    /// It is a confidential record that is closed until that day.
    IsClosed {
        /// Days since 1970-01-01.
        until_day: i32,
    },
    /// It says that a report was published.
    Report {
        /// When it was recorded.
        recorded_at: RecordedAt,
        /// What the report is about.
        period: Period,
        /// Of its manifest.
        sha256: [u8; 32],
        /// The report that it corrects.
        replaces: Option<Index>,
    },
    /// It is the last part of a charter, which is in force behind it.
    Charter {
        /// How many entries the charter has.
        parts: u32,
        /// When they were recorded.
        recorded_at: RecordedAt,
        /// Of its text.
        sha256: [u8; 32],
    },
}

impl Note {
    /// What an entry says; `None` where it says nothing about others, as nearly all do.
    ///
    /// # Errors
    /// [`WireError`] if the body can't be read. Of most accesses it is not.
    pub fn of(index: Index, recorded_at: RecordedAt, body: &[u8]) -> Result<Option<Self>, WireError> {
        if is_open_access(body) {
            return Ok(None);
        }
        let says = says(&read_body(body)?, recorded_at);
        Ok(says.map(|says| Self { index, says }))
    }

    /// The bytes that are kept.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let (kind, bytes) = match self.says {
            Says::Corrects(index) => (1, index.0.to_be_bytes().to_vec()),
            Says::Opens(index) => (2, index.0.to_be_bytes().to_vec()),
            Says::Requests(recorded_at) => (3, recorded_at.0.to_be_bytes().to_vec()),
            Says::Answers(index) => (4, index.0.to_be_bytes().to_vec()),
            Says::ErasedMonth(month, class) => (5, format!("{month}/{class}").into_bytes()),
            Says::IsClosed { until_day } => (6, until_day.to_be_bytes().to_vec()),
            Says::Charter { parts, recorded_at, sha256 } => {
                (7, [&parts.to_be_bytes()[..], &recorded_at.0.to_be_bytes(), &sha256].concat())
            }
            Says::Report { recorded_at, period, sha256, replaces } => {
                let period = period.to_string();
                let (has, replaced) = (u8::from(replaces.is_some()), replaces.map_or(0, |index| index.0));
                let parts = [&recorded_at.0.to_be_bytes()[..], &sha256, &[has], &replaced.to_be_bytes()];
                (8, [parts.concat().as_slice(), period.as_bytes()].concat())
            }
        };
        [vec![kind], bytes].concat()
    }

    /// Reads what was kept of an entry; `None` if it is damaged.
    #[must_use]
    pub fn parse(index: Index, bytes: &[u8]) -> Option<Self> {
        let (kind, bytes) = bytes.split_first()?;
        let number = || bytes.try_into().ok().map(u64::from_be_bytes);
        let says = match kind {
            1 => Says::Corrects(Index(number()?)),
            2 => Says::Opens(Index(number()?)),
            3 => Says::Requests(RecordedAt(number()?)),
            4 => Says::Answers(Index(number()?)),
            5 => {
                let (month, class) = std::str::from_utf8(bytes).ok()?.split_once('/')?;
                Says::ErasedMonth(month.parse().ok()?, class.parse().ok()?)
            }
            6 => Says::IsClosed { until_day: i32::from_be_bytes(bytes.try_into().ok()?) },
            7 => {
                let (parts, rest) = bytes.split_first_chunk()?;
                let (recorded_at, sha256) = rest.split_first_chunk()?;
                Says::Charter {
                    parts: u32::from_be_bytes(*parts),
                    recorded_at: RecordedAt(u64::from_be_bytes(*recorded_at)),
                    sha256: sha256.try_into().ok()?,
                }
            }
            8 => report(bytes)?,
            _ => return None,
        };
        Some(Self { index, says })
    }
}

fn report(bytes: &[u8]) -> Option<Says> {
    let (recorded_at, rest) = bytes.split_first_chunk()?;
    let (sha256, rest) = rest.split_first_chunk()?;
    let (has_replaced, rest) = rest.split_first()?;
    let (replaced, period) = rest.split_first_chunk()?;
    Some(Says::Report {
        recorded_at: RecordedAt(u64::from_be_bytes(*recorded_at)),
        period: std::str::from_utf8(period).ok()?.parse().ok()?,
        sha256: *sha256,
        replaces: (*has_replaced == 1).then_some(Index(u64::from_be_bytes(*replaced))),
    })
}

/// Whether a body is that of an access, told by its first byte.
#[must_use]
pub fn is_access(body: &[u8]) -> bool {
    body.first() == Some(&ACCESS_TAG)
}

/// Whether a body is that of an access which is no closed record, told by its first bytes: a record that has a data
/// set begins with it, and a closed one has none.
fn is_open_access(body: &[u8]) -> bool {
    let Some((&ACCESS_TAG, rest)) = body.split_first() else { return false };
    let length = rest.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    rest.get(length) == Some(&DATASET_TAG)
}

fn says(body: &EntryBody, recorded_at: RecordedAt) -> Option<Says> {
    match body.content.as_ref()? {
        Content::Access(AccessRecord {
            confidential_until_day: Some(until_day),
            confidential_seal: Some(_),
            ..
        }) => Some(Says::IsClosed { until_day: *until_day }),
        Content::DisclosureRequest(_) => Some(Says::Requests(recorded_at)),
        Content::Disclosure(disclosure) => disclosure.request.map(|index| Says::Answers(Index(index))),
        Content::Opening(opening) => Some(Says::Opens(Index(opening.index))),
        Content::Charter(part) if part.part == part.parts => {
            let sha256 = part.sha256[..].try_into().ok()?;
            Some(Says::Charter { parts: part.parts, recorded_at, sha256 })
        }
        Content::Report(report) => {
            let (period, sha256) = (report.period.parse().ok()?, report.manifest_sha256[..].try_into().ok()?);
            Some(Says::Report { recorded_at, period, sha256, replaces: report.replaces.map(Index) })
        }
        Content::Correction(correction) => Some(Says::Corrects(Index(correction.index))),
        Content::Erasure(erasure) => {
            let (month, class) = (erasure.month.as_deref()?, erasure.retention_class.as_deref()?);
            Some(Says::ErasedMonth(month.parse().ok()?, class.parse().ok()?))
        }
        _ => None,
    }
}
