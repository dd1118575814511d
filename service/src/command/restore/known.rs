//! Whether a ledger may go on from a backup: what somebody else knows, against what the backup holds.

use std::path::Path;

use anyhow::Context as _;
use einsicht_tlog::note::NOTE_BYTES_MAX;
use einsicht_tlog::{Checkpoint, TreeHead};

use crate::ledger::Identity;

/// What a checkpoint that somebody else kept says about a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It states exactly the end of the backup.
    ItsEnd,
    /// It knows more: entries are lost.
    KnowsMore,
    /// It knows another root for the same size.
    OtherHistory,
    /// It is older: what was published after it can't be told.
    Older,
}

/// Compares two heads that the ledger's key signed.
pub(super) fn compare(backup: TreeHead, known: TreeHead) -> Verdict {
    match known.size.cmp(&backup.size) {
        std::cmp::Ordering::Greater => Verdict::KnowsMore,
        std::cmp::Ordering::Less => Verdict::Older,
        std::cmp::Ordering::Equal if known.root != backup.root => Verdict::OtherHistory,
        std::cmp::Ordering::Equal => Verdict::ItsEnd,
    }
}

/// Reads a checkpoint that somebody kept, and verifies its signature. One from the backup itself is
/// refused: it always fits, and so would let a ledger go on that others know to be longer.
pub(super) fn read(file: &Path, backup: &Path, identity: &Identity) -> anyhow::Result<TreeHead> {
    let place = || file.display().to_string();
    let real = |path: &Path| path.canonicalize().with_context(|| path.display().to_string());
    anyhow::ensure!(
        !real(file)?.starts_with(real(backup)?),
        "{} is the backup's own: it can't know what was published after the backup. Take one that somebody \
         else kept. Nothing was changed",
        place()
    );
    let bytes = std::fs::metadata(file).with_context(place)?.len();
    anyhow::ensure!(bytes <= NOTE_BYTES_MAX as u64, "{} is too large for a checkpoint", place());
    let note = std::fs::read(file).with_context(place)?;
    let checkpoint = Checkpoint::open(&note, identity.origin.as_str(), &identity.keys);
    let checkpoint =
        checkpoint.with_context(|| format!("{} is not a checkpoint of '{}'", place(), identity.origin))?;
    Ok(checkpoint.head)
}

#[cfg(test)]
mod tests {
    use einsicht_tlog::{Hash, Size};

    use super::*;

    #[test]
    fn only_a_checkpoint_of_the_exact_end_lets_a_ledger_go_on() {
        let head = |size, root| TreeHead { size: Size(size), root: Hash([root; 32]) };
        for (known, verdict) in [
            (head(7, 1), Verdict::ItsEnd),
            (head(7, 2), Verdict::OtherHistory),
            (head(8, 1), Verdict::KnowsMore),
            (head(6, 1), Verdict::Older),
        ] {
            assert_eq!(compare(head(7, 1), known), verdict, "{known:?}");
        }
    }
}
