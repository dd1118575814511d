//! The simulated week: recorded once, completed after an interruption, never mixed with real entries.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use einsicht_access::{Charter, LoggedAccess, Month, kind_name};
use einsicht_proto::v1::entry_body::Content;
use einsicht_tests::folder::truth;
use einsicht_tests::make::now_us;
use einsicht_tests::process::{Ended, PATIENCE, Process, command, text};
use einsicht_tests::service::{Service, fsck, refused};
use einsicht_tests::verify::Whole;
use einsicht_tlog::Leaf;
use tokio::time::sleep;

use crate::folder;

const WEEK_S: u64 = 7 * 24 * 60 * 60;
/// Monday, 5 January 1970, 00:00 UTC.
const SOME_MONDAY_S: u64 = 4 * 24 * 60 * 60;
const EVENTS_MIN: usize = 20_000;

/// The Monday with which the last complete week began that had begun in a month before this one.
fn last_monday_s() -> u64 {
    let now_s = u64::try_from(now_us() / 1_000_000).unwrap();
    let this_month = Month::of_unix_s(now_s);
    let mondays = (SOME_MONDAY_S..).step_by(usize::try_from(WEEK_S).unwrap());
    let is_shown = |monday: &u64| monday + WEEK_S <= now_s && Month::of_unix_s(*monday) < this_month;
    mondays.take_while(|monday| *monday <= now_s).filter(is_shown).last().unwrap()
}

/// What identifies every access: session, number, event id.
fn accesses(whole: &Whole) -> BTreeSet<(Vec<u8>, u64, Vec<u8>)> {
    // Of those that are confidential, it can't be read.
    let open = whole.accesses().filter(|access| access.confidential_seal.is_none());
    let accesses = open.map(|a| (a.session.to_vec(), a.sequence, a.event_id.to_vec()));
    accesses.collect()
}

async fn read(data: &Path, arguments: &[&str]) -> Whole {
    let service = Service::start(data, arguments).await;
    let whole = Whole::read(&service).await;
    service.terminate().await.expect(0, &[]);
    whole
}

#[tokio::test]
async fn the_sample_is_a_recent_week_of_a_simulated_city() {
    let folder = folder();
    let monday_before = last_monday_s();
    let service = Service::start(folder.path(), &["--sample"]).await;
    let whole = Whole::read(&service).await;
    let ended = service.terminate().await;
    assert!(ended.stdout.contains("verified: "), "it verifies itself: {ended:#?}");

    let bodies: Vec<_> = whole.bodies().collect();
    let Some(Content::Genesis(genesis)) = &bodies[0].content else { panic!("no genesis") };
    assert!(genesis.simulated);
    let times: Vec<u64> = whole.leaves.iter().map(|leaf| Leaf::parse(leaf).unwrap().recorded_at.0).collect();
    let [week @ .., report, start] = times.as_slice() else { panic!("{} entries", times.len()) };
    let monday = week[0];
    // Midnight may pass while this runs.
    assert!([monday_before, last_monday_s()].contains(&monday), "{monday}");
    assert!(week.iter().all(|time| (monday..monday + WEEK_S).contains(time)));
    assert!(*start >= monday + WEEK_S, "the service came up after that week");
    assert_eq!(*report, monday + WEEK_S, "on the Monday after it");
    assert_eq!(kind_name(&bodies[bodies.len() - 2]), "report");
    assert_eq!(kind_name(bodies.last().unwrap()), "service_start");
    assert_eq!(bodies.iter().filter(|body| kind_name(body) == "service_start").count(), 1);
    judged(&whole);
    let all = accesses(&whole);
    assert!(all.len() >= EVENTS_MIN, "{}", all.len());
    assert!(whole.accesses().all(|access| access.producer != "dev"));

    let again = read(folder.path(), &["--sample"]).await;
    assert_eq!(again.size(), whole.size() + 1, "only that the service came up again");
    assert_eq!(kind_name(&again.bodies().last().unwrap()), "service_start");
    fsck(folder.path()).await.expect(0, &[]);
}

/// The example charter stands first, and what is recorded behind it is judged by it.
fn judged(whole: &Whole) {
    let Some(Content::Charter(part)) = whole.bodies().nth(1).unwrap().content else { panic!("no charter") };
    assert_eq!((part.part, part.parts), (1, 1));
    let charter = Charter::parse("entry 1", &part.text).unwrap();
    let (mut deviate, mut unclear, mut count) = (0, 0, 0);
    for leaf in &whole.leaves {
        let body = Leaf::parse(leaf).unwrap().body;
        let Some(access) = LoggedAccess::of_body(body) else { continue };
        if access.dataset().is_none() {
            assert_eq!((access.charter, access.deviates.is_empty()), (None, true), "it is confidential");
            continue;
        }
        assert_eq!(access.charter, Some(1));
        let judgement = charter.check_verdict(&access).unwrap();
        deviate += usize::from(!judgement.deviates.is_empty());
        unclear += usize::from(!judgement.not_verifiable.is_empty());
        count += 1;
    }
    assert!(
        (20..200).contains(&deviate) && (1_000..2_500).contains(&unclear),
        "{deviate} {unclear} of {count}"
    );
}

#[tokio::test]
async fn a_ledger_that_was_begun_without_the_sample_never_gets_one() {
    let folder = folder();
    Service::start(folder.path(), &[]).await.terminate().await.expect(0, &[]);
    let before = truth(folder.path());
    refused(folder.path(), &["--sample"]).await.expect(2, &["begun without --sample", "another --data"]);
    assert_eq!(truth(folder.path()), before);
}

/// How many entries say something about others.
fn said(whole: &Whole) -> usize {
    whole.bodies().filter(|body| ["correction", "opening"].contains(&kind_name(body))).count()
}

/// Runs `einsicht` as whoever tries it out would.
async fn einsicht(service: &Service, folder: &Path, line: &str) -> Ended {
    let data = service.data();
    let mut command = command("einsicht", &line.split(' ').collect::<Vec<_>>());
    command.current_dir(folder).env("EINSICHT_STATE_DIR", folder.join("state"));
    command.env("EINSICHT_URL", service.url()).env("EINSICHT_VKEY", data.join("ledger.vkey"));
    command.env("EINSICHT_TOKEN_FILE", data.join("keys/dev.token"));
    Process::spawn(&mut command).ended().await
}

#[tokio::test]
async fn what_is_sealed_in_the_sample_can_be_disclosed_and_found_by_whose_data_it_is() {
    let folder = folder();
    let data = folder.path().join("data");
    let service = Service::start(&data, &["--sample"]).await;
    let whole = Whole::read(&service).await;
    let kinds: Vec<_> = whole.bodies().map(|body| kind_name(&body)).collect();
    assert!(kinds.contains(&"correction") && kinds.contains(&"opening"), "{kinds:?}");
    let sealed = whole.accesses().filter(|access| access.actor_seal.is_some()).count();
    assert!((2000..EVENTS_MIN).contains(&sealed), "{sealed}");
    let confidential = whole.accesses().filter(|access| access.confidential_seal.is_some()).count();
    assert!((2..100).contains(&confidential), "{confidential}");

    // What the service itself proposes.
    let proposed = service.stdout();
    let line = |word: &str| {
        let line = proposed.lines().find_map(|line| line.split_once(&format!(" -- {word} "))).expect(word);
        format!("{word} {}", line.1)
    };
    let disclosed = einsicht(&service, folder.path(), &line("disclose")).await;
    disclosed.expect(0, &[]);
    assert!(disclosed.stdout.contains("PROVEN") && disclosed.stdout.contains("actor"), "{disclosed:#?}");
    fs::write(folder.path().join("person.txt"), "person:1001").unwrap();
    einsicht(&service, folder.path(), &line("citizen key")).await.expect(0, &[]);
    let found = einsicht(&service, folder.path(), &line("citizen scan")).await;
    // Some are confidential still, so nobody can tell whether that is all.
    found.expect(2, &[]);
    assert!(found.stdout.contains("VERIFIED") && found.stdout.contains("still confidential"), "{found:#?}");
    let count = found.stdout.split(" accesses to your data found").next().unwrap();
    let count: u64 =
        count.rsplit(char::is_whitespace).next().unwrap().parse().unwrap_or_else(|_| panic!("{found:#?}"));
    assert!((2..100).contains(&count), "{found:#?}");

    service.terminate().await.expect(0, &[]);
    let mut verify =
        command("einsicht", &["verify", text(&data), "--vault", "--keys", text(&data.join("keys"))]);
    verify.args(["--wrapping-key-file", text(&data.join("keys/wrapping.key"))]);
    verify
        .env("EINSICHT_STATE_DIR", folder.path().join("auditor"))
        .env("EINSICHT_VKEY", data.join("ledger.vkey"));
    let verified = Process::spawn(&mut verify).ended().await;
    verified.expect(0, &[]);
    assert!(verified.stdout.contains("VAULT VERIFIED"), "{verified:#?}");
}

/// Starts recording the sample and kills the service when the log has `bytes` bytes.
async fn interrupt_at(data: &Path, bytes: u64) {
    let arguments = ["dev", "--data", text(data), "--listen", "127.0.0.1:0", "--sample"];
    let mut process = Process::spawn(&mut command("einsichtd", &arguments));
    let segment = data.join("log/entries/00000000000000000000.seg");
    let begun = Instant::now();
    while fs::metadata(&segment).map_or(0, |metadata| metadata.len()) < bytes {
        assert!(process.is_running() && begun.elapsed() < PATIENCE, "{}", process.stderr());
        sleep(Duration::from_micros(200)).await;
    }
    process.kill();
    process.ended().await;
}

#[tokio::test]
async fn a_sample_that_was_interrupted_is_completed_at_the_next_start() {
    let (whole, interrupted) = (folder(), folder());
    for bytes in [100, 100_000, 2_000_000, 5_000_000] {
        interrupt_at(interrupted.path(), bytes).await;
    }
    let expected = read(whole.path(), &["--sample"]).await;
    let completed = read(interrupted.path(), &["--sample"]).await;
    assert_eq!(said(&completed), said(&expected), "what is said about accesses, too, and once");
    assert!(accesses(&completed) == accesses(&expected));
    assert_eq!(completed.accesses().count(), expected.accesses().count(), "nothing is there twice");
    let again = read(interrupted.path(), &["--sample"]).await;
    assert_eq!(again.size(), completed.size() + 1);
    fsck(interrupted.path()).await.expect(0, &[]);
}
