//! What goes into a report and is not in the log.

mod answers;
mod coverage;
mod file;

use einsicht_access::Zone;
use einsicht_tlog::checkpoint::Checkpoint;
use einsicht_tlog::note::SignedNote;
use einsicht_tlog::{Index, TreeHead};

pub use self::answers::{Answer, Answers};
pub use self::coverage::{Coverage, KnownGap, NotConnected, RecorderText};
pub use self::file::{InputError, Slip};
use crate::figures::Figures;
use crate::hiding::Hiding;
use crate::make::MakeError;

/// Smallest threshold below which counts can be hidden: "fewer than 2" would say one.
pub const FEWER_THAN_MIN: u64 = 3;
/// Threshold below which counts are hidden unless somebody says otherwise.
pub const FEWER_THAN: u64 = 5;

/// What goes into a report besides the figures. With the same of it, and the same figures, every byte is the same.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The signed checkpoint of the size that was gathered, verbatim. Its signature is not checked here.
    pub checkpoint: &'a [u8],
    /// The verifier key of the ledger, one line.
    pub key: &'a str,
    /// Whether entries are public, and if not, below which count figures are hidden.
    pub entries: Entries,
    /// The file that says which systems record, and which don't.
    pub coverage: Option<InputFile<'a>>,
    /// The file with the city's answers.
    pub answers: Option<InputFile<'a>>,
    /// The entry of the published report that this one corrects.
    pub corrects: Option<Index>,
    /// What makes it; for a report that is made again what made it first.
    pub maker: Maker<'a>,
}

/// What makes a report, as it is named in it. What another maker made is the same as long as nobody has changed how
/// files are laid out; so whoever makes it again names the first one, and compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maker<'a> {
    /// The software, with its version.
    pub software: &'a str,
    /// The version of the IANA database of time zones.
    pub time_zones: &'a str,
}

impl Maker<'static> {
    /// This software.
    #[must_use]
    pub fn this() -> Self {
        Self {
            software: concat!("einsicht ", env!("CARGO_PKG_VERSION")),
            time_zones: Zone::database_version(),
        }
    }
}

/// A file that somebody wrote.
#[derive(Debug, Clone, Copy)]
pub struct InputFile<'a> {
    /// Its name, for errors.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Whether everybody can read the entries of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    /// They can: every figure is told as it is.
    Public,
    /// They can't: counts from 1 to below the threshold are hidden.
    Closed {
        /// At least [`FEWER_THAN_MIN`].
        fewer_than: u64,
    },
}

impl Default for Entries {
    fn default() -> Self {
        Self::Closed { fewer_than: FEWER_THAN }
    }
}

/// The same, read and checked.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub head: TreeHead,
    pub hiding: Hiding,
    pub coverage: Option<Coverage>,
    pub answers: Option<Answers>,
    pub corrects: Option<Index>,
    pub software: String,
    pub time_zones: String,
}

impl Inputs<'_> {
    /// Reads and checks everything against what was gathered.
    pub(crate) fn parse(&self, figures: &Figures) -> Result<Parsed, MakeError> {
        let head = self.head(figures)?;
        let hiding = match self.entries {
            Entries::Public => Hiding::Nothing,
            Entries::Closed { fewer_than } if fewer_than < FEWER_THAN_MIN => {
                return Err(MakeError::Threshold { found: fewer_than });
            }
            Entries::Closed { fewer_than } => Hiding::FewerThan(fewer_than),
        };
        let coverage = self.coverage.map(|file| Coverage::read(file, &figures.known)).transpose()?;
        let charter = figures.in_force().map(|in_force| &in_force.charter);
        let answers = self.answers.map(|file| Answers::read(file, charter)).transpose()?;
        let (software, time_zones) = (self.maker.software.to_owned(), self.maker.time_zones.to_owned());
        Ok(Parsed { head, hiding, coverage, answers, corrects: self.corrects, software, time_zones })
    }

    fn head(&self, figures: &Figures) -> Result<TreeHead, MakeError> {
        let note = SignedNote::parse(self.checkpoint).map_err(MakeError::Checkpoint)?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(MakeError::NoCheckpoint)?;
        let (expected, found) = (&figures.genesis.origin, checkpoint.origin);
        if *expected != found {
            return Err(MakeError::Origin { expected: expected.clone(), found });
        }
        let (expected, found) = (figures.scope().size(), checkpoint.head.size);
        if expected != found {
            return Err(MakeError::Size { expected, found });
        }
        Ok(checkpoint.head)
    }
}
