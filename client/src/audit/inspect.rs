//! Looking into entries while they are audited, on whichever core checks them: so that a second question about
//! a ledger costs no second pass over it.

use std::sync::Arc;

use einsicht_access::LoggedAccess;
use einsicht_tlog::{Hash, Index, RecordedAt};

use super::body::Kind;
use super::{Asked, AuditReport, Progress, audit_with};
use crate::source::Source;
use crate::trust::SignedHead;
use crate::{Trust, VerifyError};

/// An entry that is being audited: its leaf, its body and its place in the chain are as they should be. That
/// it is part of what was signed is known only when the audit has ended.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// Its index.
    pub index: Index,
    /// When it was recorded.
    pub recorded_at: RecordedAt,
    /// Hash of its leaf.
    pub leaf_hash: Hash,
    /// Which kind of entry.
    pub(crate) kind: Kind,
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
pub trait Inspector: Send + Sync + 'static {
    /// What is noted of a chunk: of some thousand entries that follow one another.
    type Notes: Default + Send + 'static;

    /// Whether it looks at what accesses say.
    const WANTS_ACCESS: bool = false;

    /// Looks into an entry; called for the entries of a chunk in their order, for those of several chunks on several
    /// cores at once.
    fn look(&self, seen: Seen<'_>, notes: &mut Self::Notes);
}

/// Looks for nothing.
pub(crate) struct Nothing;

impl Inspector for Nothing {
    type Notes = ();

    #[inline]
    fn look(&self, _: Seen<'_>, (): &mut ()) {}
}

/// Verifies a ledger as [`audit`](super::audit) does, reading all of it, up to its newest checkpoint; and that the
/// ledger that has the newest one also had `at`. `inspector` looks into every entry, and `take` gets what it noted of
/// each chunk, in the order of the log. Nothing is kept of the entries: memory does not grow with their number, unless
/// by what `take` keeps.
///
/// Entries behind `at` are shown, too: whoever asks what the ledger was at `at` leaves them out by their index, and
/// learns from them what was said later.
///
/// # Errors
/// As [`audit`](super::audit); also if `at` is not signed as it should be, if the ledger shows fewer entries than `at`
/// covers, or others. Then nothing that was noted means anything.
pub async fn inspect<I: Inspector>(
    source: &Source,
    trust: &Trust,
    at: &SignedHead,
    inspector: Arc<I>,
    take: impl FnMut(I::Notes),
    progress: impl FnMut(Progress),
) -> Result<AuditReport, VerifyError> {
    audit_with(source, trust, Asked { full: true, at: Some(at) }, inspector, take, progress).await
}
