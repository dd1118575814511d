//! What can happen to a [`super::MemoryFolder`].

/// An operation that changes something. Reading is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    CreateFolder,
    Create,
    Rename,
    Remove,
    SyncFolder,
    SetLen,
    Write,
    Sync,
}

/// Which operation is to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// The one with this number, from 0, counted over all files.
    Operation(usize),
    /// The one with this number, from 0, of this kind on this path.
    Nth(Kind, String, usize),
}

/// How much of an operation that reports failure is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Nothing.
    Nothing,
    /// Half of a write, or of what a sync should have saved; nothing of what has no half.
    Half,
    /// Everything: it lies.
    All,
}

/// What a loss of power leaves of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Nothing.
    AllLost,
    /// Everything.
    AllKept,
    /// All names and all lengths, but nothing that was written.
    Lengths,
    /// All names, and of each file the last change alone.
    Newest,
    /// Everything, but of one file only the length: the one with this number among those with something
    /// unsynced, counted round and round.
    OneLost(usize),
    /// Any part of it, drawn from this seed.
    Random(u64),
}

impl Kind {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateFolder | Self::Create => "create",
            Self::Rename => "rename to",
            Self::Remove => "remove",
            Self::SyncFolder => "sync the folder",
            Self::SetLen => "set the length of",
            Self::Write => "write",
            Self::Sync => "sync",
        }
    }
}
