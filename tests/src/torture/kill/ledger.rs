//! One ledger from its first start to the full pass over its bytes.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use tokio::time::sleep;

use super::crew::Crew;
use super::life::{Life, Moment};
use super::{Books, Counts, KillArgs, tail};
use crate::process::{Ended, command, command_at, run, text};
use crate::service::{Service, Starting, dev, fsck};
use crate::torture::scene::Scene;
use crate::verify::Verifier;

/// What a start is taken to need before one was measured.
const START: Duration = Duration::from_millis(100);
/// What the service says where it cut off a tail.
const TAIL_CUT: &str = "cut off the tail";

/// A ledger, and everybody who was told something of it.
struct Ledger<'a> {
    einsichtd: Option<PathBuf>,
    scene: Scene,
    data: PathBuf,
    random: &'a mut ChaCha8Rng,
    counts: &'a mut Counts,
    /// How long the last start took.
    start: Duration,
    /// Nobody is told anything before the first service is ready.
    told: Option<(Books, Crew)>,
}

/// Begins a ledger, kills its service `kills` times, and checks everything that was ever said of it.
pub async fn torture(args: &KillArgs, kills: u64, random: &mut ChaCha8Rng, counts: &mut Counts) {
    let (einsichtd, scene) = (args.einsichtd.clone(), Scene::new());
    let data = scene.path().join("data");
    let mut ledger = Ledger { einsichtd, scene, data, random, counts, start: START, told: None };
    for number in 0..kills {
        let life = Life::draw(ledger.random, number == 0);
        ledger.live(life).await;
    }
    ledger.close().await;
}

impl Ledger<'_> {
    fn command(&self, segment_bytes: u64) -> Command {
        let mut command = match &self.einsichtd {
            Some(path) => command_at(path, &dev(&self.data)),
            None => command("einsichtd", &dev(&self.data)),
        };
        command.arg("--segment-bytes").arg(segment_bytes.to_string());
        command
    }

    async fn live(&mut self, life: Life) {
        let (begun, starting) = (Instant::now(), self.spawn(life.segment_bytes));
        let ended = match life.moment {
            Moment::Starting(part) => {
                sleep(self.start.mul_f64(part)).await;
                self.counts.kills_starting += 1;
                starting.kill9().await
            }
            moment => {
                let service = starting.ready().await;
                self.start = begun.elapsed();
                self.serve(service, moment).await
            }
        };
        self.counts.kills += 1;
        self.bury(&ended, life.moment);
        if life.leaves_tail && self.told.is_some() {
            tail::leave(&self.data, self.random);
        }
    }

    fn spawn(&self, segment_bytes: u64) -> Starting {
        Starting::spawn(&mut self.command(segment_bytes), &self.data)
    }

    /// Checks what the service says, puts it under load, and kills it.
    async fn serve(&mut self, mut service: Service, moment: Moment) -> Ended {
        let (data, random) = (&self.data, &mut *self.random);
        let (books, crew) = self.told.get_or_insert_with(|| {
            let verifier = Verifier::of(data);
            (Books::new(verifier.clone()), Crew::new(&verifier, random))
        });
        if !matches!(moment, Moment::Ready(_)) {
            books.check(&service, random).await;
        }
        let working = crew.work(&service, matches!(moment, Moment::Burst(_)));
        let ended = match moment {
            Moment::Stopping { loaded, grace } => {
                sleep(loaded).await;
                service.begin_to_terminate();
                sleep(grace).await;
                self.counts.kills_stopping += 1;
                service.kill9().await
            }
            Moment::Starting(_) => service.kill9().await,
            Moment::Ready(time) | Moment::Loaded(time) | Moment::Following(time) | Moment::Burst(time) => {
                sleep(time).await;
                let at_work = working.is_at_work();
                service.begin_to_die();
                let ended = service.ended().await;
                // One that ended by itself is another matter.
                assert!(at_work || ended.code.is_some(), "somebody was not served any more: {ended:#?}");
                ended
            }
        };
        working.come_home(crew, books, matches!(moment, Moment::Stopping { .. })).await;
        ended
    }

    /// Nothing but the kill may have ended it, unless it was asked to end.
    fn bury(&mut self, ended: &Ended, moment: Moment) {
        let in_order = ended.code == Some(0) && matches!(moment, Moment::Stopping { .. });
        assert!(ended.code.is_none() || in_order, "the service ended by itself: {ended:#?}");
        assert!(!ended.stderr.contains("panicked at"), "{ended:#?}");
        self.counts.tails += ended.stderr.matches(TAIL_CUT).count() as u64;
    }

    /// Has everything answered, ends the service in order, and reads everything as bytes.
    async fn close(mut self) {
        let service = self.spawn(1024 * 1024).ready().await;
        let (data, random) = (self.data.clone(), &mut *self.random);
        let (mut books, mut crew) = self.told.take().unwrap_or_else(|| {
            let verifier = Verifier::of(&data);
            (Books::new(verifier.clone()), Crew::new(&verifier, random))
        });
        books.check(&service, random).await;
        crew.settle(&service, &mut books).await;
        books.check(&service, random).await;
        let ended = service.terminate().await;
        ended.expect(0, &[]);
        self.counts.tails += ended.stderr.matches(TAIL_CUT).count() as u64;
        self.counts.entries += books.check_bytes(&data);
        fsck(&data).await.expect(0, &[]);
        let (vkey, state) = (data.join("ledger.vkey"), self.scene.path().join("reader"));
        let verify = ["verify", text(&data), "--full", "--vkey", text(&vkey), "--state-dir", text(&state)];
        run("einsicht", &verify).await.expect(0, &[]);
        crew.count(self.counts);
        self.counts.ledgers += 1;
        self.counts.acknowledged += books.acknowledged();
        self.counts.checkpoints += books.checkpoints();
    }
}
