//! A log whose entries and openings are known beforehand, and what must be found of them.

use std::sync::Arc;

use bytes::Bytes;
use einsicht_access::seal::{Salt, seal};
use einsicht_access::sealed_entry::nonce_of;
use einsicht_access::vault::WrappingKey;
use einsicht_access::{Month, RetentionClass, SealedField, body_bytes, seal_statement};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{AccessRecord, EntryBody, Erasure, Statement};
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::segment::FrameBuilder;
use einsicht_tlog::{Index, Leaf, Origin, RecordedAt, SigningKey};

use crate::storage::file::Folder as _;
use crate::storage::memory::MemoryFolder;
use crate::storage::{self, Growth};
use crate::vault::recovery::list;
use crate::vault::scan::{PieceKind, piece_at};
use crate::vault::{Opened, Opening, SealedBytes, Vault, VaultError, VaultRecord};

const NOVEMBER: u64 = 1_795_365_600;
const DECEMBER: u64 = 1_796_083_200;

pub fn origin() -> Origin {
    Origin::parse("vault.test/log").unwrap()
}

pub fn wrapping() -> WrappingKey {
    WrappingKey::new([3; 32])
}

/// One step of a ledger's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A commit of so many accesses.
    Commit(u64),
    /// Has the second value of an entry erased.
    Erase(u64),
    /// Has the index synced, and the watermark moved.
    Watermark,
}

/// A log and its vault.
pub struct World {
    pub folder: MemoryFolder,
    pub log: storage::Opened,
    pub vault: Vault,
    /// Entries whose second value was to be erased, and by which entry.
    pub erased: Vec<(u64, u64)>,
}

/// Opens both, and does again what the log says was erased, as a ledger does.
pub fn open(folder: &MemoryFolder) -> Result<World, String> {
    open_with(folder, Some(wrapping()))
}

pub fn open_with(folder: &MemoryFolder, wrapping: Option<WrappingKey>) -> Result<World, String> {
    let key = SigningKey::from_seed(origin().as_str(), &[7; 32]).unwrap();
    let data = Arc::new(folder.clone());
    let log = storage::open(data.clone(), &origin(), &[key.verifier().clone()], 100_000)
        .map_err(|error| error.to_string())?;
    let reader = log.writer.reader();
    let Opened { vault, erasures } = Vault::open(Opening {
        data: data.clone(),
        keys: data,
        wrapping,
        origin: origin(),
        reader: &reader,
        size: log.tip.size(),
        halt: Arc::new(|_| {}),
    })
    .map_err(|error| error.to_string())?;
    let mut world = World { folder: folder.clone(), log, vault, erased: Vec::new() };
    world.vault.erase_again(erasures, &reader).map_err(|error| error.to_string())?;
    // What a test expects it reads from the log itself.
    for index in 0..world.log.tip.size().0 {
        let leaf = world.leaf(index);
        if let Ok(body) = einsicht_access::read_body(Leaf::parse(&leaf).unwrap().body)
            && let Some(Content::Erasure(erasure)) = body.content
            && erasure.seal.is_some()
        {
            world.erased.push((erasure.ground.parse().unwrap(), index));
        }
    }
    Ok(world)
}

/// Takes steps as long as all goes well; says whether it did.
pub fn take(world: &mut World, steps: &[Step]) -> bool {
    steps.iter().all(|step| match *step {
        Step::Commit(count) => world.commit(count).is_ok(),
        Step::Erase(target) => world.erase(target).is_ok(),
        Step::Watermark => world.move_watermark().is_ok(),
    })
}

/// Whether an access has anything sealed.
pub fn is_sealed(index: u64) -> bool {
    index % 4 != 1
}

fn class(index: u64) -> RetentionClass {
    if index.is_multiple_of(3) { RetentionClass::NextYearEnd } else { RetentionClass::Months(12) }
}

/// What is sealed of an access: two values, of which the second may have been erased.
pub fn openings(index: u64) -> Vec<u8> {
    opened(index, None)
}

/// What an erasure leaves of it.
pub fn rest(index: u64, by: u64) -> Vec<u8> {
    opened(index, Some(by))
}

fn kept(index: u64) -> String {
    format!("kept {index} {}", "x".repeat(usize::try_from(index * 37 % 300).unwrap()))
}

fn erasable(index: u64) -> String {
    format!("erasable {index}")
}

fn opened(index: u64, erased_by: Option<u64>) -> Vec<u8> {
    let kept = kept(index);
    let kept = [&[33, 1][..], &[7; 32], &(kept.len() as u32).to_be_bytes(), kept.as_bytes()].concat();
    let erasable = erasable(index);
    let erasable = match erased_by {
        Some(by) => [&[36, 0][..], &by.to_be_bytes()].concat(),
        None => {
            [&[36, 1][..], &[8; 32], &(erasable.len() as u32).to_be_bytes(), erasable.as_bytes()].concat()
        }
    };
    [kept, erasable].concat()
}

impl World {
    pub fn size(&self) -> u64 {
        self.log.tip.size().0
    }

    pub fn leaf(&self, index: u64) -> Vec<u8> {
        self.log.writer.reader().leaf(Index(index)).unwrap()
    }

    /// As the publisher does it: openings first.
    pub fn commit(&mut self, count: u64) -> Result<(), String> {
        let entries = (self.size()..self.size() + count).map(|index| {
            let nonce = Bytes::copy_from_slice(&[u8::try_from(index % 256).unwrap(); 16]);
            let sealed = |field, salt: [u8; 32], value: String| {
                is_sealed(index)
                    .then(|| Bytes::copy_from_slice(&seal(field, &Salt::from(salt), value.as_bytes())))
            };
            let record = AccessRecord {
                dataset: format!("entry {index}"),
                nonce: is_sealed(index).then_some(nonce),
                actor_seal: sealed(SealedField::Actor, [7; 32], kept(index)),
                justification_seal: sealed(SealedField::Justification, [8; 32], erasable(index)),
                ..AccessRecord::default()
            };
            let sealed = is_sealed(index).then(|| openings(index));
            (EntryBody { content: Some(Content::Access(record)) }, sealed)
        });
        self.append(entries.collect())
    }

    /// An entry that says so, then the erasure.
    pub fn erase(&mut self, target: u64) -> Result<(), String> {
        let by = self.size();
        self.vault.expect_erasure(Index(by));
        let statement = Statement { index: Some(target), fields: vec![36], ..Statement::default() };
        let sealed = seal_statement(&statement, |bytes: &mut [u8]| {
            bytes.fill(9);
            Ok::<_, ()>(())
        });
        let sealed = sealed.unwrap();
        let erasure = Erasure {
            ground: target.to_string(),
            seal: Some(Bytes::copy_from_slice(&sealed.seal)),
            nonce: Some(Bytes::copy_from_slice(&sealed.sealed.nonce)),
            ..Erasure::default()
        };
        let body = EntryBody { content: Some(Content::Erasure(erasure)) };
        self.append(vec![(body, Some(sealed.sealed.openings.as_bytes().to_vec()))])?;
        self.erased.push((target, by));
        self.overwrite(target, Index(by)).map_err(|error| error.to_string())
    }

    /// An entry that says that a month and class goes as a whole, then that. Returns the entry.
    pub fn erase_class(&mut self, month: &str, class: &str) -> Index {
        let by = Index(self.size());
        self.vault.expect_erasure(by);
        let (month, class) = (Some(month.to_owned()), Some(class.to_owned()));
        let erasure = Erasure { month, retention_class: class, ..Erasure::default() };
        let (month, class) = (erasure.month.clone().unwrap(), erasure.retention_class.clone().unwrap());
        self.append(vec![(EntryBody { content: Some(Content::Erasure(erasure)) }, None)]).unwrap();
        self.vault.erase_class(month.parse().unwrap(), class.parse().unwrap(), by).unwrap();
        by
    }

    pub fn overwrite(&self, target: u64, by: Index) -> Result<(), VaultError> {
        let fields = [SealedField::Justification];
        self.vault.erase(Index(target), &self.leaf(target), &fields, by).map(drop)
    }

    pub fn move_watermark(&self) -> std::io::Result<()> {
        let head = self.log.tip.head();
        self.log.writer.keeper().move_watermark(&head)?;
        self.vault.move_watermark(&head)
    }

    fn append(&mut self, entries: Vec<(EntryBody, Option<Vec<u8>>)>) -> Result<(), String> {
        let first = self.log.tip.next_index();
        let (mut tip, mut frame, mut growth) =
            (self.log.tip.clone(), FrameBuilder::new(first), Growth::default());
        let mut records = Vec::new();
        for (body, plain) in entries {
            let index = tip.next_index();
            let seconds = if index.0 < 25 { NOVEMBER } else { DECEMBER };
            let body_bytes = body_bytes(&body);
            let leaf = Leaf { previous: tip.previous(), recorded_at: RecordedAt(seconds), body: &body_bytes };
            let leaf = leaf.to_bytes().unwrap();
            let offset = frame.push(&leaf).unwrap() as u64;
            tip.admit(&leaf, offset, &mut growth).unwrap();
            if let Some(plain) = plain {
                let (month, class) = (Month::of_unix_s(seconds), class(index.0));
                let keyring = self.vault.keyring().unwrap();
                let key = keyring.vault_key(month, class).map_err(|error| error.to_string())?;
                let nonce = nonce_of(&body).unwrap();
                let bytes = key.encrypt(origin().as_str(), &nonce, &[index.0 as u8; 24], &plain).into();
                let sealed = SealedBytes { month, class, bytes };
                records.push(VaultRecord { index, leaf_hash: leaf_hash(&leaf), sealed });
            }
        }
        self.vault.append(&records).map_err(|error| error.to_string())?;
        let frame = frame.finish(&tip.head().root).unwrap();
        self.log.writer.append(first, &frame, &growth).map_err(|error| error.to_string())?;
        self.log.tip = tip;
        Ok(())
    }

    /// Every entry has its openings, every opening its entry; what was erased is gone, and nothing else is. Returns how
    /// many have any.
    pub fn assert_in_order(&self, case: &str) -> usize {
        assert_eq!(self.vault.damages(), [], "{case}");
        let mut sealed = 0;
        for index in 0..self.size() {
            let leaf = self.leaf(index);
            let body = einsicht_access::read_body(Leaf::parse(&leaf).unwrap().body).unwrap();
            let found = self.vault.openings(Index(index), &leaf);
            if nonce_of(&body).is_none() {
                assert!(matches!(found, Err(VaultError::NotSealed { .. })), "{case}: {index}");
                continue;
            }
            sealed += 1;
            let found = found.unwrap_or_else(|error| panic!("{case}: {index}: {error}")).openings;
            let expected = match body.content {
                Some(Content::Erasure(_)) => {
                    assert!(found.state(SealedField::Statement).is_some(), "{case}: {index}");
                    continue;
                }
                _ => match self.erased.iter().find(|(target, _)| *target == index) {
                    Some((_, by)) => rest(index, *by),
                    None => openings(index),
                },
            };
            assert!(found.as_bytes() == expected, "{case}: the openings of {index} are others");
        }
        assert_eq!(self.records(case), sealed, "{case}: openings without an entry, or twice");
        sealed
    }

    /// How many records there are in all files; each is of an entry, and there is nothing beside them.
    fn records(&self, case: &str) -> usize {
        let mut records = 0;
        for (month, class) in list(&self.folder).unwrap() {
            let path = crate::vault::layout::openings_path(month, class);
            let Ok(file) = self.folder.open(&path, false) else { continue };
            let start = einsicht_access::vault::record::file_start(origin().hash(), month, class, 0);
            let mut offset = start.len() as u64;
            while let Some(piece) = piece_at(&*file, offset).unwrap() {
                offset = piece.end;
                match piece.kind {
                    PieceKind::Zeros => {}
                    PieceKind::Record { header, slot_checks } => {
                        let expected = self.log.writer.reader().leaf_hash(header.index).unwrap();
                        assert!(slot_checks && header.leaf_hash == expected, "{case}: {path}: {header:?}");
                        records += 1;
                    }
                    PieceKind::Garbage => panic!("{case}: {path}: {piece:?}"),
                }
            }
        }
        records
    }
}
