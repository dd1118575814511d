//! What came out of a check, in a form that people and programmes can act on.

use std::fmt;

use einsicht_tlog::Index;

/// How a verification ended. A programme's exit code follows it: 0, 1, 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// Everything that was to be checked was checked, and is as it should be.
    Verified,
    /// Something is not as it should be.
    Failed,
    /// Something could not be reached or read: nothing is known about it.
    CouldNotTell,
}

/// One thing that is not as it should be: where it is, what was expected, what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub fault: Fault,
    /// The entry concerned; for a fault between entries, the first entry behind it.
    pub index: Option<Index>,
    /// File with offset, or address, where it was read.
    pub place: Option<String>,
    /// How it should be.
    pub expected: String,
    /// How it is.
    pub found: String,
}

/// What can be wrong with a ledger. Reads as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Fewer entries than a checkpoint that was verified before.
    #[error("the ledger shows fewer entries than it has signed before")]
    Rollback,
    /// A file that is not the segment that it should be, or is not in its place.
    #[error("a segment file is not what it should be")]
    Segment,
    /// A frame that does not check.
    #[error("a stored commit is damaged")]
    Frame,
    /// Entries that should be there and are not.
    #[error("entries that the checkpoint covers are missing")]
    Missing,
    /// Bytes that do not split into the entries that they should hold.
    #[error("the entries can't be told apart")]
    Bundle,
    /// A tile of another length, or more than an answer may hold.
    #[error("an answer has another length than it must have")]
    Length,
    /// Bytes that are not a leaf.
    #[error("an entry is not laid out as an entry")]
    Leaf,
    /// An entry names another predecessor than it has.
    #[error("the chain is broken")]
    Chain,
    /// An entry is older than its predecessor.
    #[error("time runs backwards")]
    Time,
    /// A body that two readers could read differently.
    #[error("the body of an entry is not well-formed")]
    Body,
    /// Entry 0 does not say what it must.
    #[error("the ledger does not begin as it should")]
    Genesis,
    /// A commit states another root than its entries give.
    #[error("a stored commit states another root than its entries give")]
    CommitRoot,
    /// The entries give another root than was signed.
    #[error("the entries are not those that were signed")]
    Root,
    /// A confidential record that shows more than that it is one.
    #[error("a confidential record is not one that hides what was recorded")]
    Confidential,
    /// An opening that does not show what was sealed, or comes before its day.
    #[error("a confidential record is not opened as it was sealed")]
    Opening,
    /// What is written as a charter is none, or not all of one.
    #[error("what is written as a charter is none")]
    Charter,
    /// What is written as a report is none, or corrects what is no report of its period.
    #[error("what is written as a report is none")]
    Report,
    /// A record was judged by another charter than the one in force.
    #[error("a record was not judged by the charter in force")]
    OtherCharter,
    /// A record has another verdict than its charter gives.
    #[error("a recorded verdict is not the one that the charter gives")]
    Verdict,
    /// A seal that is not that of the value in the vault.
    #[error("a sealed value is not what the vault holds")]
    Seal,
    /// Markers that are not those of the subjects.
    #[error("the markers of a record are not those of its subjects")]
    Marker,
    /// The vault has nothing of an entry, or nothing that can be read.
    #[error("the vault has no openings of an entry")]
    NoOpening,
    /// A file of the vault does not begin as those of this ledger, and of its month and retention class.
    #[error("a file of openings is not the one that it should be")]
    OpeningsFile,
    /// The vault has something that no entry is about.
    #[error("the vault has openings that belong to no entry")]
    StrayOpening,
    /// Erased without an entry, or by an entry and not erased.
    #[error("what was erased and what the ledger says was erased are not the same")]
    Erasure,
    /// An entry does not say of another what the service says that it does.
    #[error("what is listed of other entries is not what they say")]
    Annotation,
    /// A hash tile does not belong to the signed tree.
    #[error("a hash tile does not lead to the root that was signed")]
    Tile,
    /// An entry does not have the leaf hash that the signed tree has in its place.
    #[error("an entry is not the one that was signed")]
    LeafHash,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "entry {index}: ")?;
        }
        write!(f, "{}: expected {}, found {}", self.fault, self.expected, self.found)?;
        match &self.place {
            Some(place) => write!(f, " ({place})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Finding {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where_what_expected_and_found() {
        let finding = Finding {
            fault: Fault::Time,
            index: Some(Index(7)),
            place: Some("a.seg at byte 52".to_owned()),
            expected: "second 9 or later".to_owned(),
            found: "second 8".to_owned(),
        };
        let text =
            "entry 7: time runs backwards: expected second 9 or later, found second 8 (a.seg at byte 52)";
        assert_eq!(finding.to_string(), text);
    }
}
