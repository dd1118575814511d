//! Between open and recording. A ledger whose log is open can be read; that it records takes room on the
//! disk, and where there is none, it waits here until there is some.

use std::path::PathBuf;
use std::sync::Arc;

use einsicht_access::body_bytes;
use einsicht_access::entry::service_start;
use einsicht_proto::v1::Genesis;
use einsicht_tlog::{SigningKey, TreeHead, VerifierKey};
use tokio::sync::watch;

use super::assembly::OpenStore;
use super::{Ledger, LedgerError, SOFTWARE, catch_up};
use crate::annotations::Annotations;
use crate::charters::Charters;
use crate::clock::{Clock, ClockGuard};
use crate::sequencer::{Committer, Follower, Later, NotYet, Pace, Parts, Published, Refused, Sequencer};
use crate::sessions::Sessions;
use crate::storage::{Halt, LogReader, LogWriter, NoRoom, Room, Shortage, Tip};
use crate::vault::Vault;

/// A ledger that is open for reading, and does not record yet.
pub struct Standby {
    /// Reads it.
    pub reader: LogReader,
    /// Keeps what is sealed.
    pub vault: Vault,
    /// Verifies its checkpoints.
    pub verifier: VerifierKey,
    /// What it says of itself.
    pub genesis: Genesis,
    /// What its entries say about others; known once it records.
    pub annotations: Annotations,
    /// Which charter is in force; known once it records.
    pub charters: Charters,
    /// Whether it is to be begun.
    pub is_new: bool,
    /// Held until dropped: nobody else writes in this folder. None where the folder is no real one.
    pub lock: Option<std::fs::File>,
    pub(super) room: Room,
    pub(super) published: watch::Sender<Arc<Published>>,
    /// Entry 0, if the ledger is to be begun with it.
    pub(super) first_entry: Option<Vec<u8>>,
    pub(super) stage: Stage,
}

/// How far it is.
pub(super) enum Stage {
    /// The log is open.
    Open(Box<Prepared>),
    /// Sessions are up to date, and what was to be recorded first is not.
    Ready(Box<Committer>),
    /// Somebody took it over.
    Taken,
}

/// What records, but for the sessions: their store is opened when there is room for it.
pub(super) struct Prepared {
    pub writer: LogWriter,
    pub vault: Vault,
    pub tip: Tip,
    pub key: SigningKey,
    pub clock: Arc<dyn Clock>,
    /// Watches the clock since the log was opened: what is waited for may take days.
    pub guard: ClockGuard,
    pub store: OpenStore,
    pub annotations: Annotations,
    pub charters: Charters,
    pub pace: Pace,
    pub halt: Halt,
    /// What the data folder is called in messages.
    pub data: PathBuf,
}

/// A ledger for serving: with a committer, or waiting for room to have one.
pub enum Recording {
    /// That the service has started is recorded; or could not be, and the committer refuses everything.
    Begun(Box<Committer>),
    /// There is no room.
    Later(Later),
}

impl Recording {
    /// Starts the threads that record, or wait until they can.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn start(self) -> std::io::Result<(Sequencer, std::thread::JoinHandle<()>)> {
        match self {
            Self::Begun(committer) => Sequencer::start(*committer),
            Self::Later(later) => Sequencer::start_later(later),
        }
    }
}

impl Standby {
    /// Size and root of the log.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.published.borrow().head
    }

    /// The newest checkpoint, and each newer one once it records.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<Arc<Published>> {
        self.published.subscribe()
    }

    /// Makes it record: brings everything to the disk that had no room there, brings the sessions up to
    /// date, and records entry 0 if there is none.
    ///
    /// # Errors
    /// [`LedgerError`], also if there is no room for any of that.
    pub fn begin(mut self) -> Result<Ledger, LedgerError> {
        let mut recorder = self.recorder();
        let committer = recorder.begin()?;
        let Self { reader, vault, verifier, genesis, is_new, lock, .. } = self;
        Ok(Ledger { committer, reader, vault, verifier, genesis, is_new, lock })
    }

    /// Makes it record, beginning with the entry that the service has started; where there is no room for
    /// that, it does so later. Where that entry can't be written, nothing is recorded, and readers go on.
    ///
    /// # Errors
    /// [`LedgerError`]; none of these two, unless the ledger is new: there would be nothing to read.
    pub fn serve(&mut self) -> Result<Recording, LedgerError> {
        let mut recorder = Recorder { starts: true, ..self.recorder() };
        match recorder.begin() {
            Ok(committer) => Ok(Recording::Begun(Box::new(committer))),
            Err(LedgerError::Refused(Refused::NoRoom(_))) if !self.is_new => Ok(Recording::Later(Later {
                room: self.room.clone(),
                published: self.published.subscribe(),
                begin: Box::new(move || recorder.begin().map_err(NotYet::from)),
            })),
            Err(error) => Err(error),
        }
    }

    fn recorder(&mut self) -> Recorder {
        Recorder {
            room: self.room.clone(),
            published: self.published.clone(),
            first_entry: self.first_entry.take(),
            starts: false,
            stage: std::mem::replace(&mut self.stage, Stage::Taken),
        }
    }
}

/// What is still to be done until something can be recorded.
struct Recorder {
    room: Room,
    published: watch::Sender<Arc<Published>>,
    first_entry: Option<Vec<u8>>,
    /// Whether it is to be recorded that the service has started.
    starts: bool,
    stage: Stage,
}

impl Recorder {
    /// As far as there is room; goes on from there when it is called again.
    fn begin(&mut self) -> Result<Committer, LedgerError> {
        self.try_begin().map_err(|error| match error.is_full() {
            true => LedgerError::Refused(Refused::NoRoom(self.room.is_full())),
            false => error,
        })
    }

    fn try_begin(&mut self) -> Result<Committer, LedgerError> {
        match self.room.look() {
            // Whether that still holds, only a write tells.
            Err(NoRoom { shortage: Shortage::Full, .. }) | Ok(()) => {}
            Err(no_room) => return Err(Refused::NoRoom(no_room).into()),
        }
        let mut committer = match std::mem::replace(&mut self.stage, Stage::Taken) {
            Stage::Ready(committer) => *committer,
            Stage::Open(mut prepared) => match prepared.catch_up() {
                Ok((sessions, follower)) => {
                    let Prepared { writer, vault, tip, annotations, charters, key, .. } = *prepared;
                    let Prepared { clock, guard, halt, .. } = *prepared;
                    let room = self.room.clone();
                    let parts = Parts {
                        writer,
                        vault,
                        tip,
                        sessions,
                        annotations,
                        charters,
                        key,
                        clock,
                        guard,
                        follower,
                        room,
                        halt,
                    };
                    Committer::with(parts, self.published.clone())
                }
                Err(error) => {
                    self.stage = Stage::Open(prepared);
                    return Err(error);
                }
            },
            Stage::Taken => return Err(LedgerError::Refused(Refused::ShuttingDown)),
        };
        self.room.has_room();
        let start = self.starts.then(|| body_bytes(&service_start(SOFTWARE)));
        for body in self.first_entry.iter().chain(&start) {
            match committer.record_own(body) {
                // Readers go on; the committer refuses, and says why.
                Err(Refused::Append(_)) if self.starts && self.first_entry.is_none() => {}
                Err(refused) => {
                    self.stage = Stage::Ready(Box::new(committer));
                    return Err(refused.into());
                }
                Ok(()) => {}
            }
        }
        Ok(committer)
    }
}

impl Prepared {
    /// Brings everything that lies behind the log up to it.
    fn catch_up(&mut self) -> Result<(Sessions, Follower), LedgerError> {
        self.writer.write_down_derived().map_err(LedgerError::io(&self.data))?;
        let store = (self.store)()?;
        let log = catch_up::Log { reader: &self.writer.reader(), vault: &self.vault };
        let (sessions, known) = catch_up::catch_up(&store, &log, &self.tip)?;
        let newest = known.charters(self.tip.size().next_index()).next_back();
        self.charters.begin(newest, &self.writer.reader())?;
        let follower = Follower::start(self.writer.keeper(), self.vault.clone(), store, self.pace);
        let follower = follower.map_err(LedgerError::io(&self.data))?;
        // Last, and as a whole: readers are answered all the time, and would take a part for all there is.
        self.annotations.begin(known);
        Ok((sessions, follower))
    }
}

impl From<LedgerError> for NotYet {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Refused(Refused::NoRoom(_)) => Self::NoRoom,
            LedgerError::Refused(Refused::Clock(_)) => Self::Clock,
            error => Self::Failed(error.to_string()),
        }
    }
}
