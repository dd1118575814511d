//! A ledger that its own operator changes: chained and signed again, so that only what it says gives it away.

use std::fs;
use std::path::Path;

use einsicht_access::{body_bytes, read_body};
use einsicht_proto::v1::AccessRecord;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::segment::{FrameBuilder, SegmentHeader};
use einsicht_tlog::{Frontier, Index, Leaf, Origin, SigningKey, checkpoint};

use crate::city::ORIGIN;
use crate::folder::{leaves, segments};

/// The ledger of a [`City`](crate::city::City) with another record in an entry, chained and signed again: only who has
/// its key can do that. The key is in the folder `keys` beside `data`.
pub fn forge(data: &Path, index: u64, change: impl Fn(&mut AccessRecord)) {
    forge_entry(data, index, |content| {
        if let Content::Access(record) = content {
            change(record);
        }
    });
}

/// The same with another content of any kind.
pub fn forge_entry(data: &Path, index: u64, change: impl Fn(&mut Content)) {
    let key = einsicht_service::signer::load_or_create(&data.join("../keys")).unwrap();
    let key = SigningKey::new(ORIGIN, key).unwrap();
    let origin_hash = Origin::parse(ORIGIN).unwrap().hash();
    let (mut frontier, mut previous) = (Frontier::new(), origin_hash);
    let mut segment = SegmentHeader { origin_hash, first: Index(0) }.to_bytes();
    for (position, leaf) in (0..).zip(leaves(data)) {
        let leaf = Leaf::parse(&leaf).unwrap();
        let mut body = read_body(leaf.body).unwrap();
        let bytes = match &mut body.content {
            Some(content) if position == index => {
                change(content);
                body_bytes(&body)
            }
            _ => leaf.body.to_vec(),
        };
        let leaf = Leaf { previous, recorded_at: leaf.recorded_at, body: &bytes }.to_bytes().unwrap();
        previous = leaf_hash(&leaf);
        frontier.push(previous);
        let mut frame = FrameBuilder::new(Index(position));
        frame.push(&leaf).unwrap();
        segment.extend(frame.finish(&frontier.root()).unwrap());
    }
    let old = segments(data);
    old.iter().for_each(|path| fs::remove_file(path).unwrap());
    fs::write(data.join(format!("log/entries/{:020}.seg", 0)), segment).unwrap();
    fs::write(data.join("log/checkpoint"), checkpoint::sign(frontier.head(), &key)).unwrap();
    fs::remove_dir_all(data.join("log/hashes")).unwrap();
}
