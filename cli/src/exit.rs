//! How the programme ends.

use std::process::ExitCode;

/// What the exit code says. The same for all commands; `einsicht --help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for was done and, if it was a verification, verified.
    Done,
    /// Verification failed: what the ledger or the receipt says is not true.
    Failed,
    /// It could not be told or done: not reached, not read, not understood.
    Untold,
    /// An import went through, but some records were rejected.
    Partly,
}

impl Exit {
    /// Its number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Untold => 2,
            Self::Partly => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
