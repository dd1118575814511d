//! What the pure parts cost, one by one: `cargo bench -p einsicht-tlog`. How that adds up in a service
//! and an audit, against what limits them, is measured by `einsicht-bench`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use einsicht_tlog::hash::{leaf_hash, node_hash};
use einsicht_tlog::leaf::Link;
use einsicht_tlog::proof::{ProofPlan, verify_consistency, verify_inclusion};
use einsicht_tlog::segment::{Frame, FrameBuilder};
use einsicht_tlog::{
    Checkpoint, Frontier, Hash, Index, Leaf, RecordedAt, SigningKey, Size, Subtree, TreeHead, checkpoint,
};

const ORIGIN: &str = "bench.einsicht.invalid";
/// As that of the standard event of `einsicht-bench`.
const LEAF_BYTES: usize = 249;
const BODY_BYTES: usize = LEAF_BYTES - 41;
/// Entries of a commit.
const COMMIT_ENTRIES: u64 = 500;
/// No power of two, so that the right edge of the tree is ragged.
const TREE_ENTRIES: u64 = 100_003;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    leaves(&mut criterion);
    tree(&mut criterion);
    proofs(&mut criterion);
    checkpoints(&mut criterion);
    frames(&mut criterion);
    criterion.final_summary();
}

fn leaves(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("leaf");
    group.throughput(Throughput::Bytes(LEAF_BYTES as u64));
    let start = Link::start(leaf_hash(ORIGIN.as_bytes()));
    let bytes = leaf(&start);
    group.bench_function("hash", |bencher| bencher.iter(|| leaf_hash(black_box(&bytes))));
    group.bench_function("write", |bencher| bencher.iter(|| leaf(black_box(&start))));
    group.bench_function("follow the chain", |bencher| {
        bencher.iter_batched_ref(|| start, |link| hash_of_next(link, &bytes), BatchSize::SmallInput);
    });
    group.finish();
}

fn tree(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tree");
    let hash = leaf_hash(b"leaf");
    group.throughput(Throughput::Elements(COMMIT_ENTRIES));
    let frontier = grown(TREE_ENTRIES);
    group.bench_function("append a commit", |bencher| {
        let append = |frontier: &mut Frontier| (0..COMMIT_ENTRIES).for_each(|_| frontier.push(hash));
        bencher.iter_batched_ref(|| frontier.clone(), append, BatchSize::SmallInput);
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("root", |bencher| bencher.iter(|| black_box(&frontier).root()));
    group.finish();
}

fn proofs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("proof");
    let tree = Tree::of(TREE_ENTRIES);
    let (head, index, old) = (tree.head(TREE_ENTRIES), Index(77_777), tree.head(65_537));
    let inclusion = tree.inclusion(index, head.size);
    let consistency = tree.consistency(old.size, head.size);
    group.bench_function("build inclusion", |b| b.iter(|| tree.inclusion(black_box(index), head.size)));
    group
        .bench_function("build consistency", |b| b.iter(|| tree.consistency(black_box(old.size), head.size)));
    let leaf_hash = tree.root_of(Subtree { height: 0, index: index.0 });
    group.bench_function("verify inclusion", |bencher| {
        bencher.iter(|| must(verify_inclusion(black_box(&leaf_hash), index, &head, &inclusion)));
    });
    group.bench_function("verify consistency", |bencher| {
        bencher.iter(|| must(verify_consistency(black_box(&old), &head, &consistency)));
    });
    group.finish();
}

fn checkpoints(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("checkpoint");
    let key = must(SigningKey::from_seed(ORIGIN, &[7; 32]));
    let head = TreeHead { size: Size(TREE_ENTRIES), root: leaf_hash(b"root") };
    let signed = checkpoint::sign(head, &key);
    let keys = [key.verifier().clone()];
    let text = must(Checkpoint::open(&signed, ORIGIN, &keys)).text();
    group.bench_function("sign", |bencher| bencher.iter(|| checkpoint::sign(black_box(head), &key)));
    group.bench_function("parse", |bencher| bencher.iter(|| must(Checkpoint::parse(black_box(&text)))));
    group.bench_function("parse and verify", |bencher| {
        bencher.iter(|| must(Checkpoint::open(black_box(&signed), ORIGIN, &keys)));
    });
    group.finish();
}

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame");
    group.throughput(Throughput::Elements(COMMIT_ENTRIES));
    let leaf = leaf(&Link::start(leaf_hash(ORIGIN.as_bytes())));
    let frame = frame(&leaf);
    group.bench_function("write a commit", |bencher| bencher.iter(|| self::frame(black_box(&leaf))));
    group.bench_function("parse a commit", |bencher| {
        bencher.iter(|| must(Frame::parse(black_box(&frame))).header);
    });
    group.finish();
}

fn leaf(link: &Link) -> Vec<u8> {
    let body = [0x5a; BODY_BYTES];
    must(Leaf { previous: link.previous, recorded_at: RecordedAt(1_795_365_547), body: &body }.to_bytes())
}

fn hash_of_next(link: &mut Link, bytes: &[u8]) -> Hash {
    must(link.follow(black_box(bytes))).1
}

fn grown(entries: u64) -> Frontier {
    let mut frontier = Frontier::new();
    (0..entries).for_each(|index| frontier.push(leaf_hash(&index.to_be_bytes())));
    frontier
}

fn frame(leaf: &[u8]) -> Vec<u8> {
    let mut frame = FrameBuilder::new(Index(0));
    (0..COMMIT_ENTRIES).for_each(|_| {
        must(frame.push(leaf));
    });
    frame.finish(&Hash::default()).unwrap_or_default()
}

/// Roots of all perfect subtrees of a tree, by height.
struct Tree {
    roots: Vec<Vec<Hash>>,
}

impl Tree {
    fn of(entries: u64) -> Self {
        let mut roots = vec![(0..entries).map(|index| leaf_hash(&index.to_be_bytes())).collect::<Vec<_>>()];
        while let Some(below) = roots.last().filter(|below| below.len() > 1) {
            let pairs = below.as_chunks::<2>().0.iter();
            roots.push(pairs.map(|[left, right]| node_hash(left, right)).collect());
        }
        Self { roots }
    }

    /// A wrong root where there is none: what rests on it does not verify.
    fn root_of(&self, subtree: Subtree) -> Hash {
        let level = self.roots.get(usize::from(subtree.height));
        let root = level.zip(usize::try_from(subtree.index).ok()).and_then(|(level, index)| level.get(index));
        root.copied().unwrap_or_default()
    }

    fn head(&self, entries: u64) -> TreeHead {
        let roots = Frontier::subtrees(Size(entries)).map(|subtree| self.root_of(subtree)).collect();
        must(Frontier::from_roots(Size(entries), roots)).head()
    }

    fn inclusion(&self, index: Index, size: Size) -> Vec<Hash> {
        must(must(ProofPlan::inclusion(index, size)).build(|subtree| self.found(subtree)))
    }

    fn consistency(&self, old: Size, new: Size) -> Vec<Hash> {
        must(must(ProofPlan::consistency(old, new)).build(|subtree| self.found(subtree)))
    }

    fn found(&self, subtree: Subtree) -> Result<Hash, std::convert::Infallible> {
        Ok(self.root_of(subtree))
    }
}

/// What is measured must work: a refusal would be faster than the work.
#[allow(clippy::panic)]
fn must<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}
