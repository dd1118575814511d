//! Faults of a real process: one system call on one file of the ledger fails, as `table` says, and the
//! service must end, stop recording, or go on. After each fault it starts again without one, and is held to
//! every answer that it gave.

mod order;
mod sealing;
mod table;
mod trace;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;
use einsicht_service::sequencer::Pace;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::time::{sleep, timeout};
use tonic::Code;

use super::kill::{Books, Crew, Habit, Working};
use super::outcome::Outcome;
use super::scene::Scene;
use super::{choices, grouped};
use crate::make::request;
use crate::process::{Ended, PATIENCE, command, command_at};
use crate::service::{Service, Starting, dev, fsck};
use crate::verify::Verifier;
use sealing::{ERASING, keeps_order};
use table::{Row, TABLE};
use trace::Trace;

/// A fault that has not struck by then is tried again. Nothing counts that strikes while the service ends.
const STRIKES_WITHIN: Duration = Duration::from_millis(1500);
/// Requests of each producer that must be answered after a fault that does not concern recording. One may
/// have been under way.
const GOES_ON_ANSWERS: u64 = 3;
/// Attempts to have a fault strike. One can miss where a segment is full at the wrong moment.
const ATTEMPTS: usize = 4;
/// Entries per commit where each begins a segment.
const EVEN_EVENTS: u64 = 40;
const MIXED: [Habit; 5] = [Habit::Single, Habit::Single, Habit::Batch, Habit::Batch, Habit::Stream];

/// How often, and what.
#[derive(Debug, Clone, Args)]
pub struct SyscallsArgs {
    /// How many system calls fail, each in a process of its own; 41 are all cases of the table
    #[arg(long, value_name = "N", default_value_t = 41)]
    pub rounds: u64,
    /// The service; the `einsichtd` beside this program if it is not given
    #[arg(long, value_name = "PATH")]
    pub einsichtd: Option<PathBuf>,
    /// What makes them fail
    #[arg(long, value_name = "PATH", default_value = "strace")]
    pub strace: PathBuf,
}

/// Runs the trial, and returns its counts.
#[must_use]
pub fn run(args: &SyscallsArgs, seed: u64) -> String {
    if !Trace::works(&args.strace) {
        return format!(
            "SKIPPED, nothing was tried: {} is not here, or may not trace processes",
            args.strace.display()
        );
    }
    tokio::runtime::Runtime::new().unwrap().block_on(trial(args, seed))
}

/// A ledger, and everybody who was told something of it.
struct Ledger<'a> {
    args: &'a SyscallsArgs,
    scene: Scene,
    data: PathBuf,
    books: Books,
    /// Producers of all kinds, and one whose commits are all of one size.
    mixed: Crew,
    even: Crew,
}

async fn trial(args: &SyscallsArgs, seed: u64) -> String {
    let mut random = choices(seed, 0);
    // First: what fails here needs no long ledger.
    let [first, second] = keeps_order(args).await;
    let mut ledger = Ledger::begin(args, &mut random).await;
    let mut cases: Vec<(Row, &str)> =
        TABLE.iter().flat_map(|row| row.errors.iter().map(move |error| (*row, *error))).collect();
    cases.shuffle(&mut random);
    let mut counts = [0; 4];
    for (number, (row, error)) in (0..args.rounds).zip(cases.into_iter().cycle()) {
        ledger.has_fail(row, error, choices(seed, 1 + number)).await;
        counts[row.must as usize] += 1;
    }
    for (seed, row) in (seed..).zip(ERASING) {
        for error in row.errors {
            ledger.erasing_fails(row, error, seed).await;
        }
    }
    let [refuses, ends, stops, goes_on] = counts.map(grouped);
    let acknowledged = grouped(ledger.end().await);
    format!(
        "{} calls failed ({refuses} kept the service from starting, {ends} ended it with exit code 74, \
         {stops} stopped recording while readers were served, {goes_on} cost nothing), {acknowledged} \
         acknowledgements checked; no bytes were synced again after a failed sync; {} erasures failed, and the next \
         start did them; {} openings came before their frames, and behind their keys",
        grouped(args.rounds),
        ERASING.iter().map(|row| row.errors.len()).sum::<usize>(),
        first.openings + second.openings
    )
}

impl<'a> Ledger<'a> {
    /// Begins a ledger so long that the watermark is due in the first round of each follower: `log/offsets`
    /// is synced, and the watermark replaced, while the service serves.
    async fn begin(args: &'a SyscallsArgs, random: &mut ChaCha8Rng) -> Self {
        let scene = Scene::new();
        let data = scene.path().join("data");
        let service = Starting::spawn(&mut einsichtd(args, &data, false), &data).ready().await;
        let verifier = Verifier::of(&data);
        service.terminate().await.expect(0, &[]);
        let mixed = Crew::of(&MIXED, &verifier, random);
        let even = Crew::of(&[Habit::Even], &verifier, random);
        let books = Books::new(verifier, ChaCha8Rng::from_rng(random));
        let mut ledger = Self { args, scene, data, books, mixed, even };
        let service = Starting::spawn(&mut einsichtd(args, &ledger.data, false), &ledger.data).ready().await;
        let entries = Pace::default().watermark_entries;
        ledger.mixed.fill(&service, &mut ledger.books, entries).await;
        service.terminate().await.expect(0, &[]);
        ledger.check().await;
        ledger
    }

    /// Has a call fail, and holds the service to what must come of it and to what it said.
    async fn has_fail(&mut self, row: Row, error: &str, mut random: ChaCha8Rng) {
        for _ in 0..ATTEMPTS {
            let when = random.random_range(row.when.0..=row.when.1);
            let position = random.random_range(0..6);
            let next = self.books.size() + 1 + position * EVEN_EVENTS;
            let (log, path) = (self.scene.path().join("strace"), row.file.path(&self.data, next));
            let trace = Trace::new(&self.args.strace, log, path, row, error, when);
            let struck = self.live(row, &trace).await;
            trace.expect_no_sync_after_a_failed_one();
            self.check().await;
            if struck {
                return;
            }
        }
        panic!("{row:?} with {error} did not strike");
    }

    /// Returns whether the fault struck before the service was asked to end.
    async fn live(&mut self, row: Row, trace: &Trace) -> bool {
        let program = einsichtd(self.args, &self.data, row.file.needs_new_segments());
        let starting = Starting::spawn_group(&mut trace.command(&program), &self.data);
        let service = match starting.readable().await {
            Ok(service) => service,
            Err(ended) => {
                // That it starts is recorded, too: a sync may fail as early as that.
                let fits = match row.must {
                    Outcome::Refuses => matches!(ended.code, Some(2 | 74)),
                    Outcome::Ends => ended.code == Some(74),
                    Outcome::Stops | Outcome::GoesOn => false,
                };
                assert!(fits, "{row:?}: {ended:#?}");
                says_why(&ended, trace);
                return true;
            }
        };
        assert_ne!(row.must, Outcome::Refuses, "the service started");
        let crew = if row.file.needs_new_segments() { &mut self.even } else { &mut self.mixed };
        let mut working = crew.work(&service, false);
        if !strikes(trace).await {
            let ended = service.terminate().await;
            working.come_home(crew, &mut self.books, true).await;
            // It may strike now, and then something else is right.
            assert!(ended.code == Some(0) || trace.has_struck(), "{row:?}: {ended:#?}");
            return false;
        }
        match row.must {
            Outcome::Refuses => unreachable!("it started"),
            Outcome::Ends => {
                let ended = service.ended().await;
                assert_eq!(ended.code, Some(74), "{row:?}: {ended:#?}");
                says_why(&ended, trace);
                working.come_home(crew, &mut self.books, true).await;
            }
            Outcome::Stops => {
                let given_up = working.give_up(crew, &mut self.books, true);
                timeout(PATIENCE, given_up).await.expect("recording goes on after a failed write");
                let status = service.record(request(1)).await.unwrap_err();
                assert_eq!(status.code(), Code::Unavailable, "{row:?}: {status}");
                // Readers are served, and find everything.
                self.books.check_stopped(&service).await;
                says_why(&service.terminate().await, trace);
                working.come_home(crew, &mut self.books, true).await;
            }
            Outcome::GoesOn => {
                goes_on(&service, &working, row, trace).await;
                let ended = service.terminate().await;
                ended.expect(0, &[]);
                says_why(&ended, trace);
                working.come_home(crew, &mut self.books, true).await;
            }
        }
        true
    }

    /// A start without a fault: everything that was acknowledged is there.
    async fn check(&mut self) {
        let service = Starting::spawn(&mut einsichtd(self.args, &self.data, false), &self.data).ready().await;
        self.books.check(&service).await;
        service.terminate().await.expect(0, &[]);
    }

    /// Has everything answered and reads everything as bytes. Returns how much was acknowledged.
    async fn end(mut self) -> u64 {
        let service = Starting::spawn(&mut einsichtd(self.args, &self.data, false), &self.data).ready().await;
        self.mixed.settle(&service, &mut self.books).await;
        self.even.settle(&service, &mut self.books).await;
        self.books.check(&service).await;
        service.terminate().await.expect(0, &[]);
        let _ = self.books.check_bytes(&self.data);
        fsck(&self.data).await.expect(0, &[]);
        self.books.acknowledged()
    }
}

/// Everybody gets new answers, and a file that is replaced as a whole is replaced.
async fn goes_on(service: &Service, working: &Working, row: Row, trace: &Trace) {
    let (begun, before) = (Instant::now(), working.answered());
    let is_answered =
        || working.answered().iter().zip(&before).all(|(now, then)| *now >= then + GOES_ON_ANSWERS);
    while !is_answered() || row.file.is_replaced() && !trace.is_made_good() {
        assert!(working.is_at_work(), "{row:?}: somebody was not served any more: {}", service.log());
        assert!(begun.elapsed() < PATIENCE, "{row:?}: it does not go on: {}", service.log());
        sleep(Duration::from_millis(10)).await;
    }
}

async fn strikes(trace: &Trace) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < STRIKES_WITHIN {
        if trace.has_struck() {
            return true;
        }
        sleep(Duration::from_millis(10)).await;
    }
    false
}

/// Whoever looks finds the reason, as the system gave it.
fn says_why(ended: &Ended, trace: &Trace) {
    assert!(!ended.stderr.contains("panicked at"), "{ended:#?}");
    let reason = trace.reason();
    assert!(ended.stderr.contains(&reason), "it does not say {reason:?}: {ended:#?}");
}

fn einsichtd(args: &SyscallsArgs, data: &Path, new_segments: bool) -> Command {
    let mut command = match &args.einsichtd {
        Some(path) => command_at(path, &dev(data)),
        None => command("einsichtd", &dev(data)),
    };
    // The least: smaller than the commits of the producer that is even.
    let segment_bytes = if new_segments { "4096" } else { "67108864" };
    command.args(["--segment-bytes", segment_bytes]);
    command
}
