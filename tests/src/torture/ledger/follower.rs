//! What is known of the follower from what it does to the disk. What else it does is an assumption here, and
//! the trial fails where it is wrong.

use einsicht_service::storage::memory::Kind;

use super::gate::Operation;
use super::machine::Machine;

/// What is known of the follower from what it does.
#[derive(Default)]
pub(super) struct FollowerSeen {
    /// The size that it dealt with last, or is dealing with.
    size: u64,
    /// How many parts are left of the round that it is in.
    parts_left: usize,
    /// Whether it moves the watermark of the log no more, and that of the vault.
    has_given_up: [bool; 2],
    /// What it has picked up, if it is at the gate with the first operation of a round.
    pub arrived: Option<u64>,
}

impl FollowerSeen {
    /// One that has nothing to do for a log of this size.
    pub fn at(size: u64) -> Self {
        Self { size, ..Self::default() }
    }

    /// Whether nothing is left to do, where so much is published.
    pub fn rests(&self, published: u64) -> bool {
        self.parts_left == 0 && self.size == published
    }

    /// Before an operation. A round replaces the checkpoint and then, if it is due, the watermark, and where
    /// anything is sealed that of the vault; the last one does so in any case.
    ///
    /// # Panics
    /// If it does something else: then nobody has waited for it.
    pub fn begins(&mut self, (kind, path): &Operation, machine: &Machine, is_last: bool) {
        let arrived = self.arrived.take();
        if self.parts_left == 0 {
            let is_expected = is_last || path == "log/checkpoint.new";
            assert!(is_expected, "the follower begins a round with {kind:?} of {path}");
            self.size = arrived.unwrap_or(self.size);
            let watermarks = self.has_given_up.map(|given_up| usize::from(!given_up));
            let watermarks = watermarks[0] + if machine.seals { watermarks[1] } else { 0 };
            self.parts_left = 1 + if machine.moves_watermark { watermarks } else { 0 };
        }
    }

    /// After it. Each part ends with a sync of their folder, or where it fails.
    pub fn ends(&mut self, (kind, path): &Operation, went_well: bool) {
        if !went_well || *kind == Kind::SyncFolder && ["log", "vault"].contains(&path.as_str()) {
            self.parts_left -= 1;
        }
        // Derived files that could not be synced are not synced again, and the watermark stays.
        let is_derived = path == "log/offsets" || path.starts_with("log/hashes/");
        let lost = |is_concerned: bool| !went_well && *kind == Kind::Sync && is_concerned;
        self.has_given_up[0] |= lost(is_derived);
        self.has_given_up[1] |= lost(path.ends_with("/index"));
    }
}
