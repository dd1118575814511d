//! A disk without room: recorders are refused with a sentence, readers are served, and nothing that was
//! acknowledged is lost, whoever fills the disk and whenever.

mod disk;
mod producer;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use einsicht_proto::v1::ListEntriesRequest;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::StatusCode;
use tokio::time::sleep;
use tonic::{Code, Status};

use self::disk::{Disk, KINDS, Kind, Lack};
use self::producer::{Producer, check};
use super::{grouped, say};
use crate::figures::Figures;
use crate::make::{Session, personal};
use crate::process::{PATIENCE, run as run_program, text};
use crate::service::Service;
use crate::vault::End;
use crate::verify::Whole;

/// What the services here keep in reserve, and where another segment begins: often.
const RESERVE_BYTES: u64 = 8 * 1024 * 1024;
const SEGMENTS: [&str; 2] = ["--segment-bytes", "32768"];
/// The most that is left of the disk where there is no reserve: room for some segments, or none.
const LEFT_BYTES_MAX: u64 = 400 * 1024;
/// Longest until recording goes on by itself.
const GOES_ON_WITHIN: Duration = Duration::from_secs(20);

/// How often.
#[derive(Debug, Args)]
pub struct FullArgs {
    /// How often, on each kind of disk, a service without a reserve runs into the end of the disk
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub rounds: u64,
}

/// What was seen.
#[derive(Default)]
struct Counts {
    disks: u64,
    refusals: u64,
    starts: u64,
    ends: u64,
    /// Those of them that were met by what is sealed.
    ends_in_vault: u64,
    acknowledged: u64,
}

/// Runs the trial, and returns its counts. Says so loudly where it can't be run.
#[must_use]
pub fn run(args: &FullArgs, seed: u64) -> String {
    if Disk::mount(Kind::Tmpfs).is_err() {
        disk::enter_namespace();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut counts = Counts::default();
    for (kind, seed) in KINDS.into_iter().zip(seed..) {
        match Disk::mount(kind) {
            Ok(disk) => runtime.block_on(trial(&disk, args, seed, &mut counts)),
            Err(reason) => say(&format!("full: SKIPPED: no {kind:?} can be mounted here ({reason})")),
        }
    }
    if counts.disks == 0 {
        return "SKIPPED: no small disk can be mounted here, so nothing was tried".to_owned();
    }
    format!(
        "{} disks filled to the last byte and to the last file, {} refusals, {} starts on a full disk, {} ends of the disk without a \
         reserve ({} in the vault), {} acknowledgements checked",
        counts.disks,
        grouped(counts.refusals),
        counts.starts,
        counts.ends,
        counts.ends_in_vault,
        grouped(counts.acknowledged)
    )
}

async fn trial(disk: &Disk, args: &FullArgs, seed: u64, counts: &mut Counts) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut producers: Vec<_> = (0..3).map(|_| Producer::new(random.random())).collect();
    with_reserve(disk, &mut producers, counts).await;
    for _ in 0..args.rounds {
        without_reserve(disk, &mut producers, &mut random, counts).await;
    }
    counts.disks += 1;
    counts.acknowledged += producers.iter().map(Producer::acknowledged).sum::<u64>();
}

/// The disk becomes full, a little, then to the last byte, then to the last file; the service is killed and
/// starts again on it, twice; then there is room.
async fn with_reserve(disk: &Disk, producers: &mut [Producer], counts: &mut Counts) {
    let (data, reserve) = (disk.data(), RESERVE_BYTES.to_string());
    let arguments = [&SEGMENTS[..], &["--disk-reserve-bytes", &reserve]].concat();
    let mut service = Service::start(&data, &arguments).await;
    keys_wait_for_room(disk, &service).await;
    for producer in &mut *producers {
        producer.record(&service, 40).await.unwrap();
    }
    for lack in [Lack::Bytes(RESERVE_BYTES / 2), Lack::Bytes(0), Lack::Files] {
        disk.fill(lack);
        assert_refused(&service, lack, producers, counts).await;
        disk.free_up();
        // In the same process, and at once.
        for producer in &mut *producers {
            producer.record(&service, 10).await.unwrap();
        }
        wait_for_health(&service, StatusCode::OK).await;
    }

    for lack in [Lack::Bytes(0), Lack::Files] {
        disk.fill(lack);
        assert_refused(&service, lack, producers, counts).await;
        let head = service.head().await;
        for _ in 0..2 {
            service.kill9().await;
            service = Service::start_reading(&data, &arguments).await;
            counts.starts += 1;
            assert_eq!(service.head().await, head, "nothing is recorded on a full disk");
            assert_refused(&service, lack, producers, counts).await;
            verify(&data).await;
        }
        disk.free_up();
        goes_on(&service, head.size.0, producers).await;
    }
    end_in_order(service, &data, producers).await;
}

/// Where not even a key can be made, nothing is sealed, and that is said; with room it is.
async fn keys_wait_for_room(disk: &Disk, service: &Service) {
    for lack in [Lack::Bytes(0), Lack::Files] {
        disk.fill(lack);
        let mut session = Session::new();
        let status = service.record(session.request_of(vec![personal()])).await.unwrap_err();
        let fits = status.code() == Code::Unavailable && status.message().contains("nothing was recorded");
        assert!(fits, "{status}");
        assert!(service.log().contains("No space left on device"), "{}", service.log());
        disk.free_up();
        wait_for_health(service, StatusCode::OK).await;
    }
    service.record(Session::new().request_of(vec![personal()])).await.unwrap();
}

/// A service that came up for reading records by itself that it has started, and then everything.
async fn goes_on(service: &Service, size: u64, producers: &mut [Producer]) {
    let begun = Instant::now();
    while service.head().await.size.0 == size {
        assert!(begun.elapsed() < GOES_ON_WITHIN, "it does not go on: {}", service.log());
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(service.head().await.size.0, size + 1, "that it has started is recorded, late");
    for producer in producers {
        producer.record(service, 10).await.unwrap();
    }
    wait_for_health(service, StatusCode::OK).await;
}

/// A service without a reserve runs into the end of the disk somewhere: in an entry, in the header of a
/// segment, in a hash file, behind the log. It does not record any more; after a restart with room it does.
async fn without_reserve(
    disk: &Disk,
    producers: &mut [Producer],
    random: &mut ChaCha8Rng,
    counts: &mut Counts,
) {
    let data = disk.data();
    let arguments = [&SEGMENTS[..], &["--disk-reserve-bytes", "0"]].concat();
    let mut service = Service::start(&data, &arguments).await;
    disk.fill_but(random.random_range(0..LEFT_BYTES_MAX));
    until_refused(&service, producers).await;
    counts.ends += 1;
    counts.ends_in_vault += u64::from(service.log().contains("the vault could not be written"));
    for _ in 0..2 {
        // What was cut off stays until the next start.
        check(&Whole::read(&service).await, producers, &data, End::Open);
        if random.random() {
            service.kill9().await
        } else {
            service.terminate().await
        };
        service = Service::start_reading(&data, &arguments).await;
        counts.starts += 1;
    }
    check(&Whole::read(&service).await, producers, &data, End::Settled);
    // A start may find some room: a session store that it can't read is made anew.
    let promised = until_refused(&service, producers).await;
    disk.free_up();
    if promised == Promise::AfterAStart {
        service.kill9().await;
        service = Service::start(&data, &arguments).await;
    } else {
        wait_for_health(&service, StatusCode::OK).await;
    }
    for producer in &mut *producers {
        producer.record(&service, 3).await.unwrap();
    }
    end_in_order(service, &data, producers).await;
}

/// Every recorder is told why, and readers are served as ever.
async fn assert_refused(service: &Service, lack: Lack, producers: &mut [Producer], counts: &mut Counts) {
    let head = service.head().await;
    for producer in &mut *producers {
        let status = producer.record(service, 1).await.unwrap_err();
        assert_sentence(&status, lack);
        counts.refusals += 1;
    }
    wait_for_health(service, StatusCode::SERVICE_UNAVAILABLE).await;
    assert!(service.get("/healthz").await.text().contains("make room there"));
    assert_eq!(Figures::read(&service.get("/metrics").await).of("einsicht_disk_alarm"), 1.0);
    let whole = Whole::read(service).await;
    check(&whole, producers, service.data(), End::Settled);
    assert_eq!(whole.heads.last(), Some(&head));
    let one = ListEntriesRequest { start: head.size.0 - 1, ..ListEntriesRequest::default() };
    service.ledger().list_entries(one).await.unwrap();
    assert_eq!(service.get("/checkpoint").await.status, StatusCode::OK);
    assert_eq!(service.get("/tile/0/000.p/1").await.status, StatusCode::OK);
}

/// Records until the disk has no room for it.
async fn until_refused(service: &Service, producers: &mut [Producer]) -> Promise {
    let begun = Instant::now();
    for turn in (0..producers.len()).cycle() {
        assert!(begun.elapsed() < PATIENCE, "the disk does not fill");
        if let Err(status) = producers[turn].record(service, 1).await {
            return promises(&status);
        }
    }
    unreachable!("there are producers")
}

/// When it records again, by its own words.
#[derive(PartialEq, Eq)]
enum Promise {
    ByItself,
    AfterAStart,
}

fn promises(status: &Status) -> Promise {
    match status.code() {
        Code::ResourceExhausted if status.message().contains("goes on by itself") => Promise::ByItself,
        Code::Unavailable if status.message().contains("start") => Promise::AfterAStart,
        _ => panic!("it does not say what to do: {status}"),
    }
}

fn assert_sentence(status: &Status, lack: Lack) {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    let what = match lack {
        Lack::Bytes(_) => ["bytes are free", "in reserve"],
        Lack::Files => ["more files can be made", "no free inodes"],
    };
    let always = ["nothing is recorded for want of room", "/data; make room"];
    for part in what.into_iter().chain(always) {
        assert!(status.message().contains(part), "{status}");
    }
}

async fn wait_for_health(service: &Service, status: StatusCode) {
    let begun = Instant::now();
    while service.get("/healthz").await.status != status {
        assert!(begun.elapsed() < GOES_ON_WITHIN, "{}", service.get("/healthz").await.text());
        sleep(Duration::from_millis(50)).await;
    }
}

async fn end_in_order(service: Service, data: &Path, producers: &[Producer]) {
    let sealed = check(&Whole::read(&service).await, producers, data, End::Settled);
    service.terminate().await.expect(0, &[]);
    let keys = Keys::of(data);
    let found = run_program("einsichtd", &[&["fsck", text(data)][..], &keys.arguments()].concat()).await;
    found.expect(0, &[]);
    assert!(found.stdout.contains(&format!("; {sealed} were opened")), "{sealed}: {found:#?}");
    verify(data).await;
}

/// The auditor's program, on the folder.
async fn verify(data: &Path) {
    let (key, keys) = (data.join("ledger.vkey"), Keys::of(data));
    let arguments = ["verify", text(data), "--vkey", text(&key), "--full", "--vault"];
    let verified = run_program("einsicht", &[&arguments[..], &keys.arguments()].concat()).await;
    verified.expect(0, &[]);
    assert!(verified.stdout.contains("VAULT VERIFIED"), "{verified:#?}");
}

/// Those that `dev` keeps, for the programs.
struct Keys([PathBuf; 2]);

impl Keys {
    fn of(data: &Path) -> Self {
        Self([data.join("keys"), data.join("keys/wrapping.key")])
    }

    fn arguments(&self) -> [&str; 4] {
        let [keys, wrapping_key] = &self.0;
        ["--keys", text(keys), "--wrapping-key-file", text(wrapping_key)]
    }
}
