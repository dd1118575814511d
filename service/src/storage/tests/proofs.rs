//! Proofs from a log that is large enough for its readers to remember something.

use einsicht_tlog::proof::{verify_consistency, verify_inclusion};
use einsicht_tlog::{Index, Size};

use super::harness::{Model, open};
use crate::storage::memory::MemoryFolder;

#[test]
fn one_reader_gives_right_proofs_while_the_log_grows() {
    // Above 2048 entries the second level of tiles has subtrees that are remembered.
    let model = Model::new(6000);
    let mut log = open(&MemoryFolder::default()).unwrap();
    let reader = log.writer.reader();
    for _ in 0..20 {
        model.commit(&mut log, 300).unwrap();
        let size = log.tip.size();
        let head = model.head(size);
        for (number, hash) in
            model.hashes.iter().enumerate().take(usize::try_from(size.0).unwrap()).step_by(61)
        {
            let index = Index(number as u64);
            let proof = reader.inclusion_proof(index, size).unwrap();
            verify_inclusion(hash, index, &head, &proof).unwrap();
            assert_eq!(reader.recent_inclusion_proof(index, size).unwrap(), proof);
            let older = model.head(Size(index.0 + 1));
            let proof = reader.consistency_proof(older.size, size).unwrap();
            verify_consistency(&older, &head, &proof).unwrap();
            assert_eq!(reader.recent_consistency_proof(older.size, size).unwrap(), proof);
            assert_eq!(reader.kept_consistency_proof(older.size, size).unwrap(), Some(proof));
            assert_eq!(reader.head(older.size).unwrap(), older);
        }
    }
}
