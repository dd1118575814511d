//! The floor: the same service, messages, server stack, group commit and bytes on disk as the ledger,
//! one file of them, and a second one where events are sealed, and nothing of a ledger. No tokens, validation, sessions, records, chain, tree or signature. What it
//! reaches is the limit that gRPC and the disk set.
//!
//! What has to stay equal to `einsicht-service`, so that the comparison stays fair: the layers around
//! the router (`server.rs`), the bounds of queue and commit (`sequencer.rs`, `sequencer/commit.rs`), one append and one
//! `fdatasync` a commit and file, the vault's first (`storage/writer.rs`), the shape of the answer (`rpc/recorder.rs`). Requests are
//! decoded as the generated code does it, events included; the ledger may read them in a cheaper way.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use einsicht_proto::v1::recorder_server::{Recorder, RecorderServer};
use einsicht_proto::v1::{
    EndSessionRequest, EndSessionResponse, RecordRequest, RecordResponse, RecordStreamRequest,
    RecordStreamResponse, Recorded,
};
use einsicht_service::rpc::MESSAGE_BYTES_MAX;
use einsicht_tlog::segment::{CHECKSUM_BYTES, FRAME_HEADER_BYTES};
use einsicht_tlog::{Hash, Index};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tonic::codegen::tokio_stream::Stream;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

use crate::event::Standard;
use crate::served::{COMMITS_FIGURE, ENTRIES_FIGURE, FIGURES_PATH, LISTEN, Served, Stage, runtime};

/// As in the ledger's sequencer.
const QUEUE_SUBMISSIONS_MAX: usize = 4096;
/// As in the ledger's sequencer.
const COMMIT_ENTRIES_MAX: usize = 8192;
/// What the ledger's frame has besides entries: header, root, checksum.
const FRAME_BYTES: usize = FRAME_HEADER_BYTES + Hash::BYTES + CHECKSUM_BYTES;
/// As many bytes as a checkpoint of the ledgers under test has, for a size of six digits.
const CHECKPOINT: &[u8] = &[b'-'; 214];
const LEAF_HASH: &[u8] = &[0x5a; Hash::BYTES];
/// Longest that going down may take.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Starts the floor over a new folder in `parent`.
///
/// # Errors
/// Those of the operating system.
pub fn start(parent: &Path, standard: Standard) -> anyhow::Result<Served> {
    Served::start("floor", parent, move |folder, stage| serve(folder, standard, stage))
}

fn serve(folder: &Path, standard: Standard, stage: Stage) -> anyhow::Result<()> {
    let files = Files::create(folder, standard)?;
    let (queue, waiting) = mpsc::channel(QUEUE_SUBMISSIONS_MAX);
    let counted = Arc::new(Counted::default());
    let counting = Arc::clone(&counted);
    let writer = std::thread::Builder::new()
        .name("floor-writer".to_owned())
        .spawn(move || write_until_closed(files, waiting, &counting))?;
    let runtime = runtime("floor-server")?;
    let served = runtime.block_on(async move {
        let listener = TcpListener::bind(LISTEN).await.context("binding an address")?;
        let router = router(Floor { queue }, counted);
        stage.ready(listener.local_addr()?, None);
        // Without the option answers wait for more; the ledger sets it as well.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let serving = axum::serve(listener, router).with_graceful_shutdown(stage.shutdown.cancelled_owned());
        serving.await.context("serving ended")
    });
    runtime.shutdown_timeout(STOP_WITHIN);
    writer.join().map_err(|_| anyhow!("the floor's writer panicked"))??;
    served
}

/// The layers are those of `einsicht_service::server`.
fn router(floor: Floor, counted: Arc<Counted>) -> axum::Router {
    let recorder = RecorderServer::new(floor)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX * 4);
    let figures = get(move || async move { counted.page() });
    Routes::new(recorder).prepare().into_axum_router().route(FIGURES_PATH, figures).layer(
        tower::ServiceBuilder::new()
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(TraceLayer::new_for_http())
            .layer(PropagateRequestIdLayer::x_request_id()),
    )
}

/// What was committed so far, told as the ledger tells it.
#[derive(Default)]
struct Counted {
    commits: AtomicU64,
    entries: AtomicU64,
}

impl Counted {
    fn add(&self, entries: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.entries.fetch_add(entries as u64, Ordering::Relaxed);
    }

    fn page(&self) -> String {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        format!("{COMMITS_FIGURE} {}\n{ENTRIES_FIGURE} {}\n", of(&self.commits), of(&self.entries))
    }
}

/// Events that wait to be written, and who waits for them.
struct Submission {
    events: usize,
    reply: oneshot::Sender<Index>,
}

/// The service: hands the number of events to the writer and answers.
struct Floor {
    queue: mpsc::Sender<Submission>,
}

#[tonic::async_trait]
impl Recorder for Floor {
    type RecordStreamStream = Pin<Box<dyn Stream<Item = Result<RecordStreamResponse, Status>> + Send>>;

    async fn record(&self, request: Request<RecordRequest>) -> Result<Response<RecordResponse>, Status> {
        let events = request.into_inner().events.len();
        let (reply, answer) = oneshot::channel();
        let stopped = || Status::unavailable("the floor has stopped writing");
        self.queue.try_send(Submission { events, reply }).map_err(|_| stopped())?;
        let first = answer.await.map_err(|_| stopped())?;
        let recorded = (first.0..).take(events).map(|index| Recorded {
            index,
            leaf_hash: Bytes::from_static(LEAF_HASH),
            ..Recorded::default()
        });
        Ok(Response::new(RecordResponse {
            recorded: recorded.collect(),
            checkpoint: Bytes::from_static(CHECKPOINT),
            consistency_proof: Vec::new(),
        }))
    }

    async fn record_stream(
        &self,
        _request: Request<Streaming<RecordStreamRequest>>,
    ) -> Result<Response<Self::RecordStreamStream>, Status> {
        Err(Status::unimplemented("streams are not measured"))
    }

    async fn end_session(
        &self,
        _request: Request<EndSessionRequest>,
    ) -> Result<Response<EndSessionResponse>, Status> {
        Err(Status::unimplemented("ends of sessions are not measured"))
    }
}

/// One append and one `fdatasync` for all who wait; two of each where events are sealed.
fn write_until_closed(
    mut files: Files,
    mut waiting: mpsc::Receiver<Submission>,
    counted: &Counted,
) -> anyhow::Result<()> {
    let mut index = 0;
    while let Some(first) = waiting.blocking_recv() {
        let mut entries = first.events;
        let mut group = vec![first];
        while entries < COMMIT_ENTRIES_MAX {
            let Ok(next) = waiting.try_recv() else { break };
            entries += next.events;
            group.push(next);
        }
        files.append(entries)?;
        counted.add(entries);
        for Submission { events, reply } in group {
            // A caller that has gone away needs no answer.
            let _ = reply.send(Index(index));
            index += events as u64;
        }
    }
    Ok(())
}

/// What the floor writes to.
struct Files {
    vault: Option<Appended>,
    log: Appended,
}

/// One file, and how much an event and a commit add to it.
struct Appended {
    file: File,
    file_bytes: u64,
    event_bytes: usize,
    commit_bytes: usize,
}

impl Files {
    fn create(folder: &Path, standard: Standard) -> anyhow::Result<Self> {
        let create = |name: &str, event_bytes, commit_bytes| {
            let file = File::create_new(folder.join(name)).context("the floor's file")?;
            anyhow::Ok(Appended { file, file_bytes: 0, event_bytes, commit_bytes })
        };
        let vault = match standard.vault_bytes() {
            0 => None,
            bytes => Some(create("openings", bytes, 0)?),
        };
        Ok(Self { vault, log: create("entries", standard.entry_bytes(), FRAME_BYTES)? })
    }

    fn append(&mut self, events: usize) -> anyhow::Result<()> {
        self.vault.iter_mut().chain([&mut self.log]).try_for_each(|file| file.append(events))
    }
}

impl Appended {
    fn append(&mut self, events: usize) -> anyhow::Result<()> {
        let bytes = vec![0x5a_u8; self.commit_bytes + events * self.event_bytes];
        self.file.write_all_at(&bytes, self.file_bytes).context("writing the floor's file")?;
        self.file.sync_data().context("syncing the floor's file")?;
        self.file_bytes += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use einsicht_tlog::{SigningKey, Size, TreeHead, checkpoint};

    #[test]
    fn the_answer_is_as_long_as_that_of_the_ledger() {
        let origin = format!("{}00000000", crate::ledger::ORIGIN);
        let key = SigningKey::from_seed(&origin, &[1; 32]).unwrap();
        let head = TreeHead { size: Size(123_456), root: Hash([2; 32]) };
        assert_eq!(CHECKPOINT.len(), checkpoint::sign(head, &key).len());
    }

    #[test]
    fn a_commit_appends_as_many_bytes_as_a_frame_of_the_ledger_has() {
        let mut frame = einsicht_tlog::segment::FrameBuilder::new(Index(0));
        for _ in 0..3 {
            frame.push(&vec![0; Standard::Plain.leaf_bytes()]).unwrap();
        }
        let frame = frame.finish(&Hash::default()).unwrap();
        assert_eq!(frame.len(), FRAME_BYTES + 3 * Standard::Plain.entry_bytes());
    }
}
