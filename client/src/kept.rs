//! What became of an access that was taken over: it is in the ledger, or safe on the way there.

use crate::answer::Recorded;

/// Where an access is kept. Either way it is durable, and stays so when this process is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// In the ledger, durable and signed.
    Recorded(Recorded),
    /// In the spool on this machine's disk, from where it is recorded as soon as the ledger takes it.
    /// Only with [`OnUnavailable::Spool`](crate::config::OnUnavailable::Spool).
    Spooled(Spooled),
}

/// An access that waits in the spool: the numbers under which it will stand in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spooled {
    /// Its session.
    pub session: [u8; 16],
    /// Its number in the session.
    pub sequence: u64,
}

impl Kept {
    /// Where it stands in the ledger, if it is there already.
    #[must_use]
    pub fn recorded(&self) -> Option<&Recorded> {
        match self {
            Self::Recorded(recorded) => Some(recorded),
            Self::Spooled(_) => None,
        }
    }

    /// The same, to keep.
    #[must_use]
    pub fn into_recorded(self) -> Option<Recorded> {
        match self {
            Self::Recorded(recorded) => Some(recorded),
            Self::Spooled(_) => None,
        }
    }
}
