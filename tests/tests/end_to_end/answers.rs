//! The promise of the access layer: every answer that a caller received has its access in the ledger. The
//! example service (`client/examples/visitors`) and the ledger are killed at any moment while callers ask,
//! each time for a purpose of its own, over HTTP and gRPC.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use einsicht_tests::gate::Gate;
use einsicht_tests::process::{PATIENCE, Process, command, text};
use einsicht_tests::service::Service;
use einsicht_tests::verify::Whole;
use tokio::sync::watch;
use tokio::time::sleep;
use tonic::transport::Endpoint;
use tonic_prost::ProstCodec;

use crate::folder;

const ROUNDS: usize = 9;
const CALLERS: usize = 6;
/// Something is killed at some moment within this time.
const LIFE_MS_MAX: u32 = 200;
/// What the service tells.
const VISITORS: u64 = 340;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_that_was_received_has_its_access_in_the_ledger() {
    account(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_spool_too_and_nothing_is_recorded_twice() {
    account(true).await;
}

async fn account(has_spool: bool) {
    let (data, spool) = (folder(), folder());
    let mut ledger = Service::start(data.path(), &[]).await;
    let gate = Gate::open().await;
    gate.lead_to(ledger.url());
    let spool_dir = spool.path().join("spool");
    let spool_dir = has_spool.then_some(&*spool_dir);
    let mut visitors = Visitors::start(&gate, data.path(), spool_dir).await;
    let (address, known) = watch::channel(Some(visitors.url.clone()));
    let answers = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| tokio::spawn(ask_until_closed(number, known.clone(), answers.clone())))
        .collect();
    for round in 0..ROUNDS {
        until_more(&answers).await;
        sleep(Duration::from_millis(u64::from(random() % LIFE_MS_MAX))).await;
        let (kills_ledger, kills_visitors) = (round % 3 != 0, round % 3 != 1);
        if kills_ledger {
            ledger.begin_to_die();
        }
        if kills_visitors {
            visitors.process.kill();
        }
        if kills_ledger {
            // Some time without a ledger, in which callers ask on.
            sleep(Duration::from_millis(u64::from(random() % LIFE_MS_MAX))).await;
            ledger.ended().await;
            ledger = Service::start(data.path(), &[]).await;
            gate.lead_to(ledger.url());
        }
        if kills_visitors {
            visitors.process.ended().await;
            visitors = Visitors::start(&gate, data.path(), spool_dir).await;
            address.send_replace(Some(visitors.url.clone()));
        }
    }
    until_more(&answers).await;
    address.send_replace(None);
    let mut received = Vec::new();
    for caller in callers {
        received.extend(caller.await.unwrap());
    }
    visitors.process.terminate();
    visitors.process.ended().await.expect(0, &[]);

    let whole = Whole::read(&ledger).await;
    let mut recorded = HashMap::new();
    for access in whole.accesses() {
        assert_eq!(access.dataset, "besuchertrend");
        *recorded.entry(access.purpose).or_insert(0) += 1;
    }
    let missing: Vec<_> = received.iter().filter(|purpose| !recorded.contains_key(*purpose)).collect();
    let (count, first) = (missing.len(), missing.first());
    assert_eq!(count, 0, "of {} answers {count} have no access, such as {first:?}", received.len());
    let doubled: Vec<_> = recorded.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "recorded more than once: {doubled:?}");
}

/// Waits until callers have received some answers more, so that every round has something to lose.
async fn until_more(answers: &AtomicUsize) {
    let (begun, before) = (Instant::now(), answers.load(Ordering::Relaxed));
    while answers.load(Ordering::Relaxed) < before + 2 * CALLERS {
        assert!(begun.elapsed() < PATIENCE, "no more answers after the first {before}");
        sleep(Duration::from_millis(2)).await;
    }
}

/// The example service, running.
struct Visitors {
    process: Process,
    url: String,
}

impl Visitors {
    async fn start(gate: &Gate, data: &Path, spool: Option<&Path>) -> Self {
        let mut command = command("examples/visitors", &["127.0.0.1:0"]);
        command
            .env("EINSICHT_URL", format!("http://{}", gate.address))
            .env("EINSICHT_VKEY", data.join("ledger.vkey"))
            .env("EINSICHT_TOKEN_FILE", data.join("keys/dev.token"));
        if let Some(spool) = spool {
            command.env("EINSICHT_SPOOL_DIR", text(spool));
        }
        let mut process = Process::spawn(&mut command);
        let begun = Instant::now();
        loop {
            let url = process
                .stdout()
                .lines()
                .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
            if let Some(url) = url {
                return Self { process, url };
            }
            assert!(process.is_running() && begun.elapsed() < PATIENCE, "{}", process.stderr());
            sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Asks on and on, every second caller over gRPC. Returns the purposes for which it received an answer.
async fn ask_until_closed(
    number: usize,
    address: watch::Receiver<Option<String>>,
    answers: Arc<AtomicUsize>,
) -> Vec<String> {
    let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let mut received = Vec::new();
    for question in 0.. {
        let Some(url) = address.borrow().clone() else { break };
        let purpose = format!("zweck-{number}-{question}");
        let is_answered = match number % 2 {
            0 => ask_http(&http, &url, &purpose).await,
            _ => ask_grpc(&url, &purpose).await,
        };
        if is_answered {
            received.push(purpose);
            answers.fetch_add(1, Ordering::Relaxed);
        } else {
            sleep(Duration::from_millis(5)).await;
        }
    }
    received
}

async fn ask_http(http: &reqwest::Client, url: &str, purpose: &str) -> bool {
    let answer = http.get(format!("{url}/visitors/marktplatz/for/{purpose}")).send().await;
    let Ok(answer) = answer else { return false };
    let status = answer.status();
    let Ok(content) = answer.text().await else { return false };
    if status.is_success() {
        assert_eq!(content, format!("{VISITORS}\n"));
        return true;
    }
    assert_eq!(status, 503, "{content}");
    assert!(!content.contains(&VISITORS.to_string()), "data left without a record: {content}");
    false
}

/// What `client/examples/visitors/grpc.rs` serves.
#[derive(Clone, PartialEq, prost::Message)]
struct CountOf {
    #[prost(string, tag = "1")]
    place: String,
    #[prost(string, tag = "2")]
    purpose: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Count {
    #[prost(uint64, tag = "1")]
    visitors: u64,
}

async fn ask_grpc(url: &str, purpose: &str) -> bool {
    let endpoint = Endpoint::from_shared(url.to_owned()).unwrap().timeout(PATIENCE);
    let Ok(channel) = endpoint.connect().await else { return false };
    let mut client = tonic::client::Grpc::new(channel);
    if client.ready().await.is_err() {
        return false;
    }
    let request = CountOf { place: "marktplatz".to_owned(), purpose: purpose.to_owned() };
    let path = "/visitors.v1.Visitors/Count".parse().unwrap();
    let codec = ProstCodec::<CountOf, Count>::default();
    match client.unary(tonic::Request::new(request), path, codec).await {
        Ok(answer) => {
            assert_eq!(answer.into_inner().visitors, VISITORS);
            true
        }
        Err(_) => false,
    }
}

fn random() -> u32 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).unwrap();
    u32::from_ne_bytes(bytes)
}
