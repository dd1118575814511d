//! What is put to the sequencer.

use bytes::Bytes;
use einsicht_access::judge::Commitments;
use einsicht_tlog::Index;

use crate::charters::Announced;
use crate::sessions::SessionKey;
use crate::vault::SealedBytes;

/// What is to be written, in one commit or not at all.
#[derive(Debug)]
pub enum Work {
    /// Accesses of one session.
    Accesses {
        /// The session.
        session: SessionKey,
        /// One per event.
        events: Vec<PreparedEvent>,
    },
    /// The end of a session.
    SessionEnd {
        /// The session.
        session: SessionKey,
        /// The highest number that it gave out.
        last_sequence: Option<u64>,
        /// The entry's body.
        body: Vec<u8>,
    },
    /// An entry of the service itself.
    Own {
        /// The entry's body.
        body: Vec<u8>,
        /// What of it is sealed.
        sealed: Option<SealedBytes>,
    },
    /// A charter: its parts, one after the other.
    Charter(Announced),
}

/// One access, validated and serialised.
#[derive(Debug)]
pub struct PreparedEvent {
    /// Its number in the session. The numbers of one submission are distinct; not checked.
    pub sequence: u64,
    /// Its id: the same number with another id is another event.
    pub event_id: [u8; 16],
    /// The entry's body, at most [`einsicht_tlog::leaf::BODY_BYTES_MAX`] bytes. The bodies of one submission
    /// mostly lie in one buffer.
    pub body: Bytes,
    /// What of it is sealed.
    pub sealed: Option<SealedBytes>,
    /// What stands in it of the charter in force, or is sealed in it.
    pub judged: Judged,
}

/// By which charter an access was judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judged {
    /// The last entry of the charter; `None` if there was none in force.
    pub charter: Option<Index>,
    /// What everybody will see that it deviates from: nothing of a confidential one.
    pub deviates: Commitments,
}

impl Work {
    /// Bytes that it takes in the queue.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Accesses { events, .. } => events.iter().map(PreparedEvent::bytes).sum(),
            Self::SessionEnd { body, .. } => body.len(),
            Self::Own { body, sealed } => body.len() + sealed_bytes(sealed.as_ref()),
            Self::Charter(charter) => charter.bodies.iter().map(Vec::len).sum(),
        }
    }
}

impl PreparedEvent {
    fn bytes(&self) -> usize {
        self.body.len() + sealed_bytes(self.sealed.as_ref())
    }
}

fn sealed_bytes(sealed: Option<&SealedBytes>) -> usize {
    sealed.map_or(0, |sealed| sealed.bytes.len())
}
