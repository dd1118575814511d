//! One ledger from its first start to the full pass over its bytes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tokio::time::sleep;

use super::crew::Crew;
use super::life::{Duty, Life, Moment};
use super::{Books, Counts, KILLS_PER_ERASURE, KillArgs, tail};
use crate::process::{Ended, command, command_at, run, text};
use crate::service::{Service, Starting, dev};
use crate::torture::scene::Scene;
use crate::verify::Verifier;

/// What a start is taken to need before one was measured.
const START: Duration = Duration::from_millis(100);
/// What the service says where it cut off a tail.
const TAIL_CUT: &str = "cut off the tail";
/// The same of openings that no entry has.
const OPENINGS_DESTROYED: &str = "destroyed openings";

/// A ledger, and everybody who was told something of it.
struct Ledger<'a> {
    einsichtd: Option<PathBuf>,
    scene: Scene,
    data: PathBuf,
    /// Draws lives, and nothing whose amount depends on how they go.
    random: ChaCha8Rng,
    counts: &'a mut Counts,
    /// How long the last start took.
    start: Duration,
    /// Nobody is told anything before the first service is ready.
    told: Option<(Books, Crew)>,
}

/// Begins a ledger, kills its service `kills` times, and checks everything that was ever said of it.
pub async fn torture(args: &KillArgs, kills: u64, random: ChaCha8Rng, counts: &mut Counts) {
    let (einsichtd, scene) = (args.einsichtd.clone(), Scene::new());
    let data = scene.path().join("data");
    let end = counts.kills + kills;
    let mut ledger = Ledger { einsichtd, scene, data, random, counts, start: START, told: None };
    let mut first = true;
    // A service that was asked to end may be faster than the kill; then there was none.
    while ledger.counts.kills < end || ledger.lives_on(kills, end) {
        let life = Life::draw(&mut ledger.random, first);
        ledger.live(life).await;
        first = false;
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
                starting.kill9().await
            }
            Moment::Serving(duty) => {
                let service = starting.ready().await;
                self.start = begun.elapsed();
                self.serve(service, duty).await
            }
        };
        self.bury(&ended, life.moment);
        if life.leaves_tail && self.told.is_some() {
            tail::leave(&self.data, &mut self.random);
            tail::leave_openings(&self.data, &mut self.random);
        }
    }

    /// Whether too little was erased to tell anything after all of its `kills`, the last of which was the one of number `end`.
    fn lives_on(&self, kills: u64, end: u64) -> bool {
        let erased = self.told.as_ref().map_or(0, |(_, crew)| crew.erased());
        erased < kills.div_ceil(KILLS_PER_ERASURE) && self.counts.kills < end + kills
    }

    fn spawn(&self, segment_bytes: u64) -> Starting {
        Starting::spawn(&mut self.command(segment_bytes), &self.data)
    }

    /// Checks what the service says, puts it under load, and kills it.
    async fn serve(&mut self, mut service: Service, duty: Duty) -> Ended {
        let (books, crew) = self.told.get_or_insert_with(|| begin(&self.data, &mut self.random));
        if !matches!(duty, Duty::Ready(_)) {
            books.check(&service).await;
        }
        crew.show_targets(books);
        let working = crew.work(&service, matches!(duty, Duty::Burst(_)));
        let (time, grace) = match duty {
            Duty::Ready(time) | Duty::Loaded(time) | Duty::Following(time) | Duty::Burst(time) => {
                (time, None)
            }
            Duty::Stopping { loaded, grace } => (loaded, Some(grace)),
        };
        sleep(time).await;
        let at_work = working.is_at_work();
        if let Some(grace) = grace {
            service.begin_to_terminate();
            sleep(grace).await;
        }
        service.begin_to_die();
        let ended = service.ended().await;
        // Who came home with something else than that has said so by now.
        working.come_home(crew, books, grace.is_some()).await;
        books.expect_erased(&self.data);
        // One that ended by itself is another matter.
        let by_itself = ended.code.is_some_and(|code| code != 0);
        assert!(at_work || by_itself, "somebody was not served any more: {ended:#?}");
        ended
    }

    /// Nothing but the kill may have ended it, unless it was asked to end.
    fn bury(&mut self, ended: &Ended, moment: Moment) {
        let (starting, stopping) = match moment {
            Moment::Starting(_) => (true, false),
            Moment::Serving(duty) => (false, matches!(duty, Duty::Stopping { .. })),
        };
        let in_order = stopping && ended.code == Some(0);
        assert!(ended.was_killed() || in_order, "the service ended by itself: {ended:#?}");
        assert!(!ended.stderr.contains("panicked at"), "{ended:#?}");
        let killed = u64::from(ended.was_killed());
        self.counts.kills += killed;
        self.counts.kills_starting += killed * u64::from(starting);
        self.counts.kills_stopping += killed * u64::from(stopping);
        self.count_tails(ended);
    }

    fn count_tails(&mut self, ended: &Ended) {
        self.counts.tails += ended.stderr.matches(TAIL_CUT).count() as u64;
        self.counts.orphans += ended.stderr.matches(OPENINGS_DESTROYED).count() as u64;
    }

    /// Has everything answered, ends the service in order, and reads everything as bytes.
    async fn close(mut self) {
        let service = self.spawn(1024 * 1024).ready().await;
        let data = self.data.clone();
        let (mut books, mut crew) = self.told.take().unwrap_or_else(|| begin(&data, &mut self.random));
        books.check(&service).await;
        crew.settle(&service, &mut books).await;
        books.check(&service).await;
        let ended = service.terminate().await;
        ended.expect(0, &[]);
        self.count_tails(&ended);
        self.counts.entries += books.check_bytes(&data);
        self.counts.sealed += books.sealed();
        self.check_programs(&data, books.sealed()).await;
        crew.count(self.counts);
        self.counts.ledgers += 1;
        self.counts.acknowledged += books.acknowledged();
        self.counts.checkpoints += books.checkpoints();
    }

    /// What auditors find who have the vault and its keys: the openings of each of `sealed` entries, and no others.
    async fn check_programs(&self, data: &Path, sealed: u64) {
        let keys = data.join("keys");
        let wrapping_key = keys.join("wrapping.key");
        let keys = ["--keys", text(&keys), "--wrapping-key-file", text(&wrapping_key)];
        let found = run("einsichtd", &[&["fsck", text(data)][..], &keys].concat()).await;
        found.expect(0, &[]);
        let (of, opened) = (format!("values of {sealed} entries"), format!("; {sealed} were opened"));
        for part in [of, opened] {
            assert!(found.stdout.contains(&part), "{part}: {found:#?}");
        }
        let (vkey, state) = (data.join("ledger.vkey"), self.scene.path().join("reader"));
        let verify = ["verify", text(data), "--full", "--vkey", text(&vkey), "--state-dir", text(&state)];
        let verified = run("einsicht", &[&verify[..], &["--vault"], &keys].concat()).await;
        verified.expect(0, &[]);
        assert!(verified.stdout.contains("VAULT VERIFIED"), "{verified:#?}");
    }
}

/// Books and crew of a ledger that is there by now, each with choices of its own.
fn begin(data: &Path, random: &mut ChaCha8Rng) -> (Books, Crew) {
    let verifier = Verifier::of(data);
    (Books::new(verifier.clone(), ChaCha8Rng::from_rng(random)), Crew::new(&verifier, random))
}
