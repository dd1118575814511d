//! What was sent, what was answered, and what the ledger really has: recomputed as it grows.

mod kept;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use bytes::Bytes;
use einsicht_access::{Provenance, read_body, record_states_event};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessEvent, GetConsistencyProofRequest, GetInclusionProofRequest, ListEntriesRequest,
};
use einsicht_tlog::leaf::Link;
use einsicht_tlog::proof::{verify_consistency, verify_inclusion};
use einsicht_tlog::{Frontier, Hash, Index, Origin, Size, TreeHead};
use rand::seq::{IndexedRandom as _, IteratorRandom as _};
use rand_chacha::ChaCha8Rng;

use self::kept::Kept;
use super::{Heard, Producer};
use crate::folder::leaves;
use crate::service::Service;
use crate::vault::End;
use crate::verify::{PRODUCER, Verifier, Whole, hash, hashes};

/// Proofs of each kind that are asked for in one check. What they prove is recomputed for every entry.
const PROOFS: usize = 12;

/// A number of a session; `None` is its end.
pub type Item = (Bytes, Option<u64>);

/// Holds a ledger to its answers.
pub struct Books {
    verifier: Verifier,
    /// Its own: how much it draws depends on how much there is.
    random: ChaCha8Rng,
    link: Link,
    frontier: Frontier,
    hashes: Vec<Hash>,
    /// What of the entries is sealed, and erased.
    kept: Kept,
    /// Events that the ledger may come to have, by session and number.
    sent: HashMap<(Bytes, u64), AccessEvent>,
    /// Ends of sessions that it may come to have, with their last number.
    ends: HashMap<Bytes, Option<u64>>,
    /// Where each item stands, as read.
    places: HashMap<Item, u64>,
    /// Every answer.
    answers: HashMap<Item, (u64, Hash)>,
    /// Those that were not checked yet.
    unchecked: Vec<Item>,
    /// Root of every size that somebody was shown.
    shown: BTreeMap<u64, Hash>,
    /// Sizes that were not checked yet.
    unchecked_sizes: HashSet<u64>,
}

impl Books {
    /// Of a new ledger.
    #[must_use]
    pub fn new(verifier: Verifier, random: ChaCha8Rng) -> Self {
        let link = Link::start(Origin::parse(verifier.origin()).unwrap().hash());
        let kept = Kept::new(verifier.origin());
        Self {
            verifier,
            random,
            link,
            frontier: Frontier::new(),
            hashes: Vec::new(),
            kept,
            sent: HashMap::new(),
            ends: HashMap::new(),
            places: HashMap::new(),
            answers: HashMap::new(),
            unchecked: Vec::new(),
            shown: BTreeMap::new(),
            unchecked_sizes: HashSet::new(),
        }
    }

    /// Knows the ledger's key.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Entries read so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// Different answers so far.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.answers.len() as u64
    }

    /// Different checkpoints so far.
    #[must_use]
    pub fn checkpoints(&self) -> u64 {
        self.shown.len() as u64
    }

    /// Takes over what a producer has sent and heard.
    pub fn take(&mut self, producer: &mut Producer) {
        let made = producer.made.drain(..);
        self.sent.extend(made.map(|(session, number, event)| ((session, number), event)));
        self.ends.extend(producer.ended.drain(..).map(|end| (end.session, end.last_sequence)));
        for Heard { session, first, places, head } in producer.heard.drain(..) {
            self.show(head);
            for (position, place) in (0..).zip(places) {
                let item = (session.clone(), first.map(|first| first + position));
                if let Some(earlier) = self.answers.insert(item.clone(), place) {
                    assert_eq!(earlier, place, "{item:?} was answered in two ways");
                }
                self.unchecked.push(item);
            }
        }
    }

    /// Somebody was shown this head, and its signature was verified.
    pub fn show(&mut self, head: TreeHead) {
        if let Some(root) = self.shown.insert(head.size.0, head.root) {
            assert_eq!(root, head.root, "two roots for {} entries were signed", head.size);
        }
        self.unchecked_sizes.insert(head.size.0);
    }

    /// Reads what is new in a ledger, and holds it to everything that was answered and shown since the
    /// last check. The service has started, and nobody records.
    pub async fn check(&mut self, service: &Service) {
        self.check_until(service, End::Settled).await;
    }

    /// The same of a service that records nothing any more: its vault may have an end that was cut off.
    pub async fn check_stopped(&mut self, service: &Service) {
        self.check_until(service, End::Open).await;
    }

    async fn check_until(&mut self, service: &Service, end: End) {
        let head = service.head().await;
        self.show(head);
        let newest = self.shown.keys().next_back().copied().unwrap_or_default();
        assert_eq!(
            head.size.0, newest,
            "LOST: a checkpoint of {newest} entries was shown, now there are {}",
            head.size
        );
        self.read(service, head).await;
        self.check_vault(service.data(), end);
        for item in &self.unchecked {
            let (index, leaf_hash) = self.answers[item];
            assert_eq!(self.places.get(item), Some(&index), "LOST: {item:?} is not entry {index}");
            assert_eq!(self.hashes[position(index)], leaf_hash, "entry {index} is not what was acknowledged");
        }
        self.ask_for_proofs(service, &head).await;
        self.unchecked.clear();
        self.unchecked_sizes.clear();
    }

    async fn read(&mut self, service: &Service, head: TreeHead) {
        let start = self.hashes.len() as u64;
        assert!(head.size.0 >= start, "LOST: there were {start} entries, now there are {}", head.size);
        if head.size.0 > start {
            let rest = ListEntriesRequest { start, limit: head.size.0 - start };
            let mut entries = service.ledger().list_entries(rest).await.unwrap().into_inner();
            while let Some(entry) = entries.message().await.unwrap() {
                assert_eq!(entry.index, self.hashes.len() as u64);
                self.follow(&entry.leaf);
            }
        }
        assert_eq!(self.frontier.head(), head, "the entries do not give the root that was signed");
    }

    /// The entry that comes next.
    fn follow(&mut self, leaf: &[u8]) {
        let index = self.hashes.len() as u64;
        let bytes = leaf;
        let (leaf, leaf_hash) = self.link.follow(bytes).unwrap();
        self.kept.sealed.note(index, bytes, leaf_hash);
        let content = read_body(leaf.body).unwrap().content.unwrap();
        let item = item(&content);
        match (&item, content) {
            (Some((session, Some(number))), Content::Access(record)) => {
                let Some(event) = self.sent.remove(&(session.clone(), *number)) else {
                    panic!("entry {index} is {item:?}, which stands there already or was never sent");
                };
                let provenance = Provenance { producer: PRODUCER, session, sequence: *number };
                record_states_event(&record, &event, provenance).unwrap();
            }
            (Some((session, None)), Content::SessionEnd(end)) => {
                assert_eq!(self.ends.remove(session), Some(end.last_sequence), "entry {index}: {item:?}");
            }
            (None, Content::Genesis(_)) => assert_eq!(index, 0),
            (None, Content::ServiceStart(_)) => {}
            // Looked into with the vault.
            (None, Content::Access(_)) => self.kept.hidden.push(index),
            (None, Content::Erasure(_)) => {}
            other => panic!("entry {index} comes from nowhere: {other:?}"),
        }
        self.hashes.push(leaf_hash);
        self.frontier.push(leaf_hash);
        if let Some(item) = item {
            self.places.insert(item, index);
        }
        if let Some(root) = self.shown.get(&self.frontier.size().0) {
            let size = self.frontier.size();
            assert_eq!(*root, self.frontier.root(), "the checkpoint of {size} entries was taken back");
        }
    }

    async fn ask_for_proofs(&mut self, service: &Service, head: &TreeHead) {
        let mut ledger = service.ledger();
        for item in self.unchecked.sample(&mut self.random, PROOFS) {
            let (index, leaf_hash) = self.answers[item];
            let wanted = GetInclusionProofRequest { index, size: head.size.0 };
            let answer = ledger.get_inclusion_proof(wanted).await.unwrap().into_inner();
            assert_eq!(hash(&answer.leaf_hash), leaf_hash);
            verify_inclusion(&leaf_hash, Index(index), head, &hashes(&answer.proof)).unwrap();
        }
        let mut sizes: Vec<u64> = self.unchecked_sizes.iter().copied().collect();
        sizes.sort_unstable();
        let mut wanted: Vec<(u64, u64)> =
            sizes.sample(&mut self.random, PROOFS).map(|size| (*size, head.size.0)).collect();
        // One of those that were checked long ago, to the newest (0), whichever that is.
        wanted.extend(self.shown.keys().choose(&mut self.random).map(|size| (*size, 0)));
        for (old_size, new_size) in wanted {
            let known = TreeHead { size: Size(old_size), root: self.shown[&old_size] };
            let wanted = GetConsistencyProofRequest { old_size, new_size };
            let answer = ledger.get_consistency_proof(wanted).await.unwrap().into_inner();
            verify_consistency(&known, head, &hashes(&answer.proof)).unwrap();
        }
    }

    /// Holds the bytes of a folder at rest to everything that was ever answered and shown, from the
    /// beginning. Everything that was sent must have been answered by now. Returns how many entries it has.
    #[must_use]
    pub fn check_bytes(&self, data: &Path) -> u64 {
        let whole = Whole::of(self.verifier.origin(), leaves(data));
        assert_eq!(whole.hashes[..self.hashes.len()], self.hashes, "the files are not what was served");
        assert!(self.sent.is_empty() && self.ends.is_empty(), "something was sent and is not there");
        let mut found = HashMap::new();
        let hidden: HashMap<u64, &Item> = self.places.iter().map(|(item, index)| (*index, item)).collect();
        for (index, body) in (0..).zip(whole.bodies()) {
            // What a confidential record is was read in the vault.
            let shown = item(&body.content.unwrap());
            if let Some(item) = shown.or_else(|| hidden.get(&index).map(|item| (*item).clone())) {
                let earlier = found.insert(item, index);
                assert_eq!(earlier, None, "entries {earlier:?} and {index} are the same");
            }
        }
        assert_eq!(found.len(), self.answers.len(), "what stands there is not what was answered");
        for (item, (index, leaf_hash)) in &self.answers {
            assert_eq!(found.get(item), Some(index), "LOST: {item:?}");
            assert_eq!(whole.hash_of(*index), *leaf_hash, "LOST: {item:?}");
        }
        for (session, count) in numbers(&found) {
            let all = (0..count).all(|number| found.contains_key(&(session.clone(), Some(number))));
            assert!(all, "session {session:?} has a gap");
        }
        for (size, root) in &self.shown {
            assert_eq!(whole.head_at(*size).root, *root, "the checkpoint of {size} entries was taken back");
        }
        let kept = std::fs::read(data.join("log/checkpoint")).unwrap();
        assert_eq!(self.verifier.open(&kept), whole.head(), "log/checkpoint is not the end");
        whole.size()
    }
}

/// How many numbers each session has.
fn numbers(found: &HashMap<Item, u64>) -> HashMap<Bytes, u64> {
    let mut counts = HashMap::new();
    for (session, number) in found.keys() {
        *counts.entry(session.clone()).or_default() += u64::from(number.is_some());
    }
    counts
}

/// What an entry shows that it is.
fn item(content: &Content) -> Option<Item> {
    match content {
        Content::Access(record) if record.confidential_seal.is_some() => None,
        Content::Access(record) => Some((record.session.clone(), Some(record.sequence))),
        Content::SessionEnd(end) => Some((end.session.clone(), None)),
        _ => None,
    }
}

fn position(index: u64) -> usize {
    usize::try_from(index).unwrap()
}
