//! Looking into entries while they are audited, on whichever core checks them: so that a second question about
//! a ledger costs no second pass over it.

use einsicht_access::LoggedAccess;
use einsicht_tlog::{Hash, Index, RecordedAt};

use super::body::Kind;

/// An entry that is being audited: its leaf, its body and its place in the chain are as they should be. That
/// it is part of what was signed is known only when the audit has ended.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub index: Index,
    pub recorded_at: RecordedAt,
    pub leaf_hash: Hash,
    /// Which kind of entry.
    pub kind: Kind,
    /// Whether it is a confidential record.
    pub is_confidential: bool,
    /// What an access says; nothing of other kinds, and unless [`Inspector::WANTS_ACCESS`].
    pub access: Option<&'a LoggedAccess<'a>>,
    /// An `EntryBody`, well-formed.
    pub body: &'a [u8],
    /// The whole leaf.
    pub leaf: &'a [u8],
}

/// Looks into entries. What it notes counts only if the audit ends well.
pub(crate) trait Inspector: Send + Sync + 'static {
    /// What is noted of a chunk.
    type Notes: Default + Send + 'static;

    /// Whether it looks at what accesses say.
    const WANTS_ACCESS: bool = false;

    /// Looks into an entry; called for the entries of a chunk in their order.
    fn look(&self, seen: Seen<'_>, notes: &mut Self::Notes);
}

/// Looks for nothing.
pub(crate) struct Nothing;

impl Inspector for Nothing {
    type Notes = ();

    #[inline]
    fn look(&self, _: Seen<'_>, (): &mut ()) {}
}
