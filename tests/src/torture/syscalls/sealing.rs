//! What is not in the table, because it has no producers at work: in which order what is sealed comes to the disk, and
//! erasures whose journal fails.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tonic::Code;

use super::order::{Order, Seen, watched};
use super::table::{File, Row};
use super::trace::Trace;
use super::{Ledger, Outcome, SyscallsArgs, einsichtd, says_why};
use crate::make::{Session, personal};
use crate::service::Starting;
use crate::torture::kill::Steward;
use crate::torture::scene::Scene;

/// What fails of the journal of an erasure, and what follows.
pub const ERASING: [Row; 2] = [
    Row {
        call: "pwrite64",
        file: File::Erasing,
        when: (1, 1),
        errors: &["EIO", "ENOSPC"],
        must: Outcome::GoesOn,
    },
    Row {
        call: "fdatasync",
        file: File::Erasing,
        when: (1, 1),
        errors: &["EIO", "ENOSPC"],
        must: Outcome::Ends,
    },
];
/// Sealed requests, one behind the other.
const REQUESTS: u64 = 5;

/// Watches a new ledger, and then the same again: sealed requests, and something erased.
pub(super) async fn keeps_order(args: &SyscallsArgs) -> [Seen; 2] {
    let scene = Scene::new();
    let data = scene.path().join("watched");
    let mut seen = Vec::new();
    for run in ["first", "second"] {
        let log = scene.path().join(run);
        let program = einsichtd(args, &data, false);
        let starting = Starting::spawn_group(&mut watched(&args.strace, &log, &program), &data);
        let service = starting.ready().await;
        let mut session = Session::new();
        let mut index = 0;
        for _ in 0..REQUESTS {
            let answer = service.record(session.request_of(vec![personal()])).await.unwrap();
            index = answer.recorded[0].index;
        }
        let mut steward = Steward::new(service.verifier(), ChaCha8Rng::seed_from_u64(1));
        steward.erase(&mut service.steward_apart(), index).await.unwrap();
        service.terminate().await.expect(0, &[]);
        let order = Order::read(&log, &data).expect_right();
        // Each request, and what says that it was erased.
        let is_enough = order.openings > REQUESTS && order.frames > REQUESTS;
        assert!(is_enough && order.overwritten > 0 && order.keys == 1, "too little was seen: {order:?}");
        seen.push(order);
    }
    [seen[0], seen[1]]
}

impl Ledger<'_> {
    /// Has the journal of an erasure fail. It must not be answered as done; after the next start it is.
    pub(super) async fn erasing_fails(&mut self, row: Row, error: &str, seed: u64) {
        let mut steward = Steward::new(self.books.verifier().clone(), ChaCha8Rng::seed_from_u64(seed));
        let target = self.books.targets(1)[0];
        let (log, path) = (self.scene.path().join("strace"), row.file.path(&self.data, 0));
        let trace = Trace::new(&self.args.strace, log, path, row, error, row.when.0);
        let program = einsichtd(self.args, &self.data, false);
        let service = Starting::spawn_group(&mut trace.command(&program), &self.data).ready().await;
        let status = steward.erase(&mut service.steward_apart(), target).await.unwrap_err();
        assert!(trace.has_struck(), "{row:?}: {status}");
        let ended = match row.must {
            Outcome::Ends => {
                let ended = service.ended().await;
                assert_eq!(ended.code, Some(74), "{row:?}: {ended:#?}");
                ended
            }
            _ => {
                assert_eq!(status.code(), Code::FailedPrecondition, "{row:?}: {status}");
                assert!(status.message().contains("could not be done yet"), "{row:?}: {status}");
                // Nothing of it concerns recording, sealed or not.
                self.mixed.settle(&service, &mut self.books).await;
                let ended = service.terminate().await;
                ended.expect(0, &[]);
                ended
            }
        };
        says_why(&ended, &trace);
        trace.expect_no_sync_after_a_failed_one();
        self.books.take_erasures(&mut steward);
        // The start does it, without being asked; then it is known to be done.
        self.check().await;
        let service = Starting::spawn(&mut einsichtd(self.args, &self.data, false), &self.data).ready().await;
        steward.settle(&mut service.steward_apart()).await.unwrap();
        assert_eq!(steward.found, 1, "{row:?}: the entry was not there");
        service.terminate().await.expect(0, &[]);
        self.books.take_erasures(&mut steward);
        self.check().await;
    }
}
