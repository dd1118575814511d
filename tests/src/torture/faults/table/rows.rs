//! The rows: what the disk does in each situation, and what follows where it fails.

use einsicht_service::storage::memory::Kind::{
    Create, CreateFolder, Remove, Rename, SetLen, Sync, SyncFolder, Write,
};

use super::{Act, Row, Situation, row};
use crate::torture::outcome::Outcome::{self, Ends, GoesOn, Refuses, Stops};

/// Every situation in which something is written.
pub const SITUATIONS: &[Situation] = &[
    Situation { name: "a commit", act: Act::Record, steps: &[&COMMIT] },
    Situation {
        name: "a commit that begins a segment",
        act: Act::RecordInNewSegment,
        steps: &[&segment(Stops, Ends), &COMMIT],
    },
    Situation { name: "a commit that completes a tile", act: Act::RecordTile, steps: &[&COMMIT] },
    Situation { name: "a commit with sealed values", act: Act::RecordSealed, steps: &[&SEALED, &COMMIT] },
    Situation { name: "the follower's round", act: Act::Follow, steps: ROUND },
    Situation {
        name: "the follower's round with sealed values",
        act: Act::FollowSealed,
        steps: SEALED_ROUND,
    },
    Situation { name: "shutting down", act: Act::ShutDown, steps: ROUND },
    Situation {
        name: "the first start",
        act: Act::Begin,
        steps: &[
            &FOLDERS,
            &MADE_DERIVED,
            &EMPTY_DERIVED,
            &segment(Refuses, Refuses),
            &VERIFIER_KEY,
            // Entry 0, and that the service has started.
            &entry(Refuses),
            &entry(Refuses),
        ],
    },
    Situation {
        name: "a start after a kill",
        act: Act::Start,
        steps: &[&OPENED, &REPLAYED, &LAST_COMMIT, &DERIVED_SYNCED, &STARTED],
    },
    Situation {
        name: "a start on a torn tail",
        act: Act::StartOnTornTail,
        steps: &[&OPENED, &REPLAYED, &LAST_COMMIT, &CUT, &DERIVED_SYNCED, &STARTED],
    },
    Situation {
        name: "a start without derived files",
        act: Act::StartWithoutDerived,
        steps: &[&OPENED, &DISTRUSTED, &REPLAYED, &LAST_COMMIT, &DERIVED_SYNCED, &STARTED],
    },
];

pub(super) const SEGMENT: &str = "log/entries/*.seg";
pub(super) const HASHES: &str = "log/hashes/*";
pub(super) const OPENINGS: &str = "vault/*/*/openings";
pub(super) const INDEX: &str = "vault/*/*/index";

const COMMIT: [Row; 4] = entry(Stops);

const SEALED: [Row; 2] = [row(Write, OPENINGS, Stops), row(Sync, OPENINGS, Ends)];

const SEALED_ROUND: &[&[Row]] = &[
    &replaced("log/checkpoint.new", "log/checkpoint", "log", GoesOn),
    &[row(Sync, "log/offsets", GoesOn), row(Sync, HASHES, GoesOn)],
    &replaced("log/watermark.new", "log/watermark", "log", GoesOn),
    &[row(Write, INDEX, GoesOn), row(Sync, INDEX, GoesOn), row(SyncFolder, "", GoesOn)],
    &replaced("vault/watermark.new", "vault/watermark", "vault", GoesOn),
];

const ROUND: &[&[Row]] = &[
    &replaced("log/checkpoint.new", "log/checkpoint", "log", GoesOn),
    &[row(Sync, "log/offsets", GoesOn), row(Sync, HASHES, GoesOn)],
    &replaced("log/watermark.new", "log/watermark", "log", GoesOn),
];

const FOLDERS: [Row; 4] = [
    row(CreateFolder, "log", Refuses),
    row(CreateFolder, "log/entries", Refuses),
    row(SyncFolder, "", Refuses),
    row(SyncFolder, "log", Refuses),
];

const MADE_DERIVED: [Row; 4] = [
    row(CreateFolder, "log/hashes", Refuses),
    row(Create, "log/offsets", Refuses),
    row(Create, HASHES, Refuses),
    row(SyncFolder, "log/hashes", Refuses),
];

/// Down to what the watermark says.
const EMPTY_DERIVED: [Row; 2] = [row(SetLen, "log/offsets", Refuses), row(SetLen, HASHES, Refuses)];

const VERIFIER_KEY: [Row; 6] = replaced("ledger.vkey.new", "ledger.vkey", "", Refuses);

const OPENED: [Row; 3] =
    [row(SyncFolder, "", Refuses), row(SyncFolder, "log", Refuses), row(SyncFolder, "log/hashes", Refuses)];

const DISTRUSTED: [Row; 2] = [row(Remove, "log/watermark", Refuses), row(SyncFolder, "log", Refuses)];

const REPLAYED: [Row; 4] = [
    row(SetLen, "log/offsets", Refuses),
    row(SetLen, HASHES, Refuses),
    row(Write, "log/offsets", Refuses),
    row(Write, HASHES, Refuses),
];

/// Once more: nobody knows whether it was synced.
const LAST_COMMIT: [Row; 2] = [row(Write, SEGMENT, Refuses), row(Sync, SEGMENT, Refuses)];

/// The torn tail.
const CUT: [Row; 2] = [row(SetLen, SEGMENT, Refuses), row(Sync, SEGMENT, Refuses)];

const DERIVED_SYNCED: [Row; 9] = {
    let [create, set_len, write, sync, rename, sync_folder] =
        replaced("log/watermark.new", "log/watermark", "log", Refuses);
    let (offsets, hashes) = (row(Sync, "log/offsets", Refuses), row(Sync, HASHES, Refuses));
    let entries = row(SyncFolder, "log/entries", Refuses);
    [offsets, hashes, create, set_len, write, sync, rename, sync_folder, entries]
};

/// That the service has started.
const STARTED: [Row; 4] = entry(Stops);

/// An entry that is written, and synced.
const fn entry(otherwise: Outcome) -> [Row; 4] {
    [
        row(Write, SEGMENT, otherwise),
        row(Sync, SEGMENT, Ends),
        row(Write, "log/offsets", otherwise),
        row(Write, HASHES, otherwise),
    ]
}

/// A segment that is begun.
const fn segment(otherwise: Outcome, synced: Outcome) -> [Row; 5] {
    [
        row(Create, SEGMENT, otherwise),
        row(SetLen, SEGMENT, otherwise),
        row(Write, SEGMENT, otherwise),
        row(Sync, SEGMENT, synced),
        row(SyncFolder, "log/entries", synced),
    ]
}

/// A file that is replaced as a whole.
const fn replaced(new: &'static str, path: &'static str, folder: &'static str, outcome: Outcome) -> [Row; 6] {
    [
        row(Create, new, outcome),
        row(SetLen, new, outcome),
        row(Write, new, outcome),
        row(Sync, new, outcome),
        row(Rename, path, outcome),
        row(SyncFolder, folder, outcome),
    ]
}
