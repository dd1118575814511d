//! The rows: what the disk does in each situation, and what follows where it fails.

use einsicht_service::storage::memory::Kind::{
    Create, CreateFolder, Remove, Rename, SetLen, Sync, SyncFolder, Write,
};

use super::Outcome::{Ends, GoesOn, Refuses, Stops};
use super::{Act, Row, Situation, row};

/// Every situation in which something is written.
pub const SITUATIONS: &[Situation] = &[
    Situation { name: "a commit", act: Act::Record, rows: COMMIT },
    Situation { name: "a commit that begins a segment", act: Act::RecordInNewSegment, rows: NEW_SEGMENT },
    Situation { name: "a commit that completes a tile", act: Act::RecordTile, rows: COMMIT },
    Situation { name: "the follower's round", act: Act::Follow, rows: ROUND },
    Situation { name: "shutting down", act: Act::ShutDown, rows: ROUND },
    Situation { name: "the first start", act: Act::Begin, rows: FIRST_START },
    Situation { name: "a start after a kill", act: Act::Start, rows: START },
    Situation { name: "a start on a torn tail", act: Act::StartOnTornTail, rows: START_TORN },
    Situation { name: "a start without derived files", act: Act::StartWithoutDerived, rows: START_REBUILD },
];

pub(super) const SEGMENT: &str = "log/entries/*.seg";
pub(super) const HASHES: &str = "log/hashes/*";

const COMMIT: &[Row] = &[
    row(Write, SEGMENT, Stops),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Stops),
    row(Write, HASHES, Stops),
];

const NEW_SEGMENT: &[Row] = &[
    row(Create, SEGMENT, Stops),
    row(SetLen, SEGMENT, Stops),
    row(Write, SEGMENT, Stops),
    row(Sync, SEGMENT, Ends),
    row(SyncFolder, "log/entries", Ends),
    row(Write, SEGMENT, Stops),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Stops),
    row(Write, HASHES, Stops),
];

const ROUND: &[Row] = &[
    row(Create, "log/checkpoint.new", GoesOn),
    row(SetLen, "log/checkpoint.new", GoesOn),
    row(Write, "log/checkpoint.new", GoesOn),
    row(Sync, "log/checkpoint.new", GoesOn),
    row(Rename, "log/checkpoint", GoesOn),
    row(SyncFolder, "log", GoesOn),
    row(Sync, "log/offsets", GoesOn),
    row(Sync, HASHES, GoesOn),
    row(Create, "log/watermark.new", GoesOn),
    row(SetLen, "log/watermark.new", GoesOn),
    row(Write, "log/watermark.new", GoesOn),
    row(Sync, "log/watermark.new", GoesOn),
    row(Rename, "log/watermark", GoesOn),
    row(SyncFolder, "log", GoesOn),
];

const FIRST_START: &[Row] = &[
    row(CreateFolder, "log", Refuses),
    row(CreateFolder, "log/entries", Refuses),
    row(SyncFolder, "", Refuses),
    row(SyncFolder, "log", Refuses),
    row(CreateFolder, "log/hashes", Refuses),
    row(Create, "log/offsets", Refuses),
    row(Create, HASHES, Refuses),
    row(SyncFolder, "log/hashes", Refuses),
    row(SetLen, "log/offsets", Refuses),
    row(SetLen, HASHES, Refuses),
    row(Create, SEGMENT, Refuses),
    row(SetLen, SEGMENT, Refuses),
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Refuses),
    row(SyncFolder, "log/entries", Refuses),
    row(Create, "ledger.vkey.new", Refuses),
    row(SetLen, "ledger.vkey.new", Refuses),
    row(Write, "ledger.vkey.new", Refuses),
    row(Sync, "ledger.vkey.new", Refuses),
    row(Rename, "ledger.vkey", Refuses),
    row(SyncFolder, "", Refuses),
    // Entry 0.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
    // That the service has started.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
];

const START: &[Row] = &[
    row(SyncFolder, "", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/hashes", Refuses),
    row(SetLen, "log/offsets", Refuses),
    row(SetLen, HASHES, Refuses),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
    // The last commit once more: nobody knows whether it was synced.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Refuses),
    row(Sync, "log/offsets", Refuses),
    row(Sync, HASHES, Refuses),
    row(Create, "log/watermark.new", Refuses),
    row(SetLen, "log/watermark.new", Refuses),
    row(Write, "log/watermark.new", Refuses),
    row(Sync, "log/watermark.new", Refuses),
    row(Rename, "log/watermark", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/entries", Refuses),
    // That the service has started.
    row(Write, SEGMENT, Stops),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Stops),
    row(Write, HASHES, Stops),
];

const START_TORN: &[Row] = &[
    row(SyncFolder, "", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/hashes", Refuses),
    row(SetLen, "log/offsets", Refuses),
    row(SetLen, HASHES, Refuses),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
    // The last commit once more: nobody knows whether it was synced.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Refuses),
    // The torn tail is cut off.
    row(SetLen, SEGMENT, Refuses),
    row(Sync, SEGMENT, Refuses),
    row(Sync, "log/offsets", Refuses),
    row(Sync, HASHES, Refuses),
    row(Create, "log/watermark.new", Refuses),
    row(SetLen, "log/watermark.new", Refuses),
    row(Write, "log/watermark.new", Refuses),
    row(Sync, "log/watermark.new", Refuses),
    row(Rename, "log/watermark", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/entries", Refuses),
    // That the service has started.
    row(Write, SEGMENT, Stops),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Stops),
    row(Write, HASHES, Stops),
];

const START_REBUILD: &[Row] = &[
    row(SyncFolder, "", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/hashes", Refuses),
    row(Remove, "log/watermark", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SetLen, "log/offsets", Refuses),
    row(SetLen, HASHES, Refuses),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
    // The last commit once more: nobody knows whether it was synced.
    row(Write, SEGMENT, Refuses),
    row(Sync, SEGMENT, Refuses),
    row(Sync, "log/offsets", Refuses),
    row(Sync, HASHES, Refuses),
    row(Create, "log/watermark.new", Refuses),
    row(SetLen, "log/watermark.new", Refuses),
    row(Write, "log/watermark.new", Refuses),
    row(Sync, "log/watermark.new", Refuses),
    row(Rename, "log/watermark", Refuses),
    row(SyncFolder, "log", Refuses),
    row(SyncFolder, "log/entries", Refuses),
    // That the service has started.
    row(Write, SEGMENT, Stops),
    row(Sync, SEGMENT, Ends),
    row(Write, "log/offsets", Stops),
    row(Write, HASHES, Stops),
];
