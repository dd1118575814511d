//! Whether the verdict that stands in a record is the one that the charter gives.

use thiserror::Error;

use super::Judgement;
use crate::charter::Charter;
use crate::facts::{Codes, LoggedAccess};
use crate::verdict::Verdict;

/// A verdict in the log that the charter does not give.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerdictMismatch {
    /// A commitment was recorded with another verdict.
    #[error("commitment {commitment} was recorded as {}, and the charter gives {}", word(*recorded), word(*recomputed))]
    Verdict {
        /// The first such commitment, in the order of the charter.
        commitment: String,
        /// What the record says.
        recorded: Verdict,
        /// What the charter gives.
        recomputed: Verdict,
    },
    /// A commitment is named that the charter has no rule for.
    #[error("the record names the commitment {commitment:?}, for which its charter has no rule")]
    Unknown {
        /// Its id, or the first 128 characters of it.
        commitment: String,
    },
    /// Each verdict is right, and the lists are not written as the format has it.
    #[error("the record lists its commitments twice or in another order than its charter")]
    Order,
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Deviates => "deviating",
        Verdict::NotVerifiable => "not verifiable",
    }
}

impl Charter {
    /// Judges a logged access again, and compares. Whether `self` is the charter that the record names, the
    /// caller has to know.
    ///
    /// # Errors
    /// [`VerdictMismatch`], with the first difference in the order of the charter.
    pub fn check_verdict(&self, access: &LoggedAccess<'_>) -> Result<Judgement, VerdictMismatch> {
        let judgement = self.judge(&access.facts);
        let same = |listed: Codes<'_>, given| {
            listed.iter().eq(super::Commitments::ids(given, self).map(str::as_bytes))
        };
        if same(access.deviates, judgement.deviates) && same(access.not_verifiable, judgement.not_verifiable)
        {
            return Ok(judgement);
        }
        Err(self.difference(access, judgement))
    }

    #[cold]
    fn difference(&self, access: &LoggedAccess<'_>, judgement: Judgement) -> VerdictMismatch {
        let names = |listed: Codes<'_>, id: &str| listed.iter().any(|named| named == id.as_bytes());
        for (position, commitment) in self.commitments().iter().enumerate() {
            let Some(recomputed) = judgement.verdict(self, position) else { continue };
            let recorded = match (
                names(access.deviates, &commitment.id),
                names(access.not_verifiable, &commitment.id),
            ) {
                (false, false) => Verdict::Kept,
                // Named in both lists: whichever the charter does not give is the difference.
                (true, true) if recomputed == Verdict::Deviates => Verdict::NotVerifiable,
                (true, _) => Verdict::Deviates,
                (false, true) => Verdict::NotVerifiable,
            };
            if recorded != recomputed {
                return VerdictMismatch::Verdict { commitment: commitment.id.clone(), recorded, recomputed };
            }
        }
        let mut named = access.deviates.iter().chain(access.not_verifiable.iter());
        let has_rule = |id: &[u8]| {
            self.commitments().iter().any(|known| known.rule().is_some() && known.id.as_bytes() == id)
        };
        match named.find(|id| !has_rule(id)) {
            Some(id) => VerdictMismatch::Unknown {
                commitment: String::from_utf8_lossy(id).chars().take(128).collect(),
            },
            None => VerdictMismatch::Order,
        }
    }
}
