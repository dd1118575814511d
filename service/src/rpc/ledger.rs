//! `einsicht.v1.Ledger`: entries, proofs, receipts, checkpoints.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use einsicht_proto::v1::ledger_server::Ledger;
use einsicht_proto::v1::{
    AnnotationKind, GetCheckpointRequest, GetCheckpointResponse, GetConsistencyProofRequest,
    GetConsistencyProofResponse, GetEntryRequest, GetEntryResponse, GetInclusionProofRequest,
    GetInclusionProofResponse, GetReceiptRequest, GetReceiptResponse, ListAnnotationsRequest,
    ListAnnotationsResponse, ListEntriesRequest, ListEntriesResponse, WatchCheckpointsRequest,
    WatchCheckpointsResponse,
};
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Index, Size, bundle};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use tokio_stream::wrappers::WatchStream;
use tonic::{Code, Request, Response, Status};

use super::recorded::split;
use super::{Shared, status, while_allowed};
use crate::annotations::{Annotation, Kind};
use crate::auth::Session;
use crate::sequencer::Published;
use crate::storage::{LogReader, ReadError};

/// Entries read from disk at a time for a list. It begins with few, because they lie in memory until they
/// are taken: who opens many lists and reads none of them gets little of each.
const CHUNK_ENTRIES_FIRST: u64 = 8;
const CHUNK_ENTRIES_MAX: u64 = 256;
/// Annotations taken at a time.
const CHUNK_ANNOTATIONS: usize = 1024;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Reads the ledger.
pub struct LedgerService {
    shared: Shared,
}

impl LedgerService {
    /// Works with what the services share.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        Self { shared }
    }

    fn published(&self) -> Arc<Published> {
        Arc::clone(&self.shared.sequencer.published().borrow())
    }

    /// The published size, or a smaller one that was asked for.
    fn size(&self, asked: u64) -> Result<Size, Status> {
        let published = self.published().head.size;
        match Size(asked) {
            Size(0) => Ok(published),
            size if size <= published => Ok(size),
            _ => Err(status::not_published(Code::InvalidArgument, "size", asked, published)),
        }
    }

    fn index(&self, index: u64) -> Result<Index, Status> {
        let published = self.published().head.size;
        if published.contains(Index(index)) {
            Ok(Index(index))
        } else {
            Err(status::not_published(Code::NotFound, "entry", index, published))
        }
    }

    /// Reads files on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&LogReader) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, Status> {
        read_with(self.shared.reader.clone(), read).await
    }
}

#[tonic::async_trait]
impl Ledger for LedgerService {
    type ListEntriesStream = Answers<ListEntriesResponse>;
    type ListAnnotationsStream = Answers<ListAnnotationsResponse>;
    type WatchCheckpointsStream = Answers<WatchCheckpointsResponse>;

    async fn get_checkpoint(
        &self,
        _request: Request<GetCheckpointRequest>,
    ) -> Result<Response<GetCheckpointResponse>, Status> {
        Ok(Response::new(GetCheckpointResponse { checkpoint: self.published().checkpoint.clone() }))
    }

    async fn get_entry(
        &self,
        request: Request<GetEntryRequest>,
    ) -> Result<Response<GetEntryResponse>, Status> {
        let index = self.index(request.get_ref().index).map_err(status::counted)?;
        let leaf = self.read(move |reader| reader.leaf(index)).await.map_err(status::counted)?;
        Ok(Response::new(GetEntryResponse { index: index.0, leaf: leaf.into() }))
    }

    async fn list_entries(
        &self,
        request: Request<ListEntriesRequest>,
    ) -> Result<Response<Self::ListEntriesStream>, Status> {
        let session = request.extensions().get::<Session>().cloned();
        let ListEntriesRequest { start, limit } = request.into_inner();
        let published = self.published().head.size.0;
        let end = match limit {
            0 => published,
            limit => start.saturating_add(limit).min(published),
        };
        let reader = self.shared.reader.clone();
        let chunks = stream::try_unfold((start, CHUNK_ENTRIES_FIRST), move |(next, chunk)| {
            let reader = reader.clone();
            async move {
                let count = end.saturating_sub(next).min(chunk);
                if count == 0 {
                    return Ok::<_, Status>(None);
                }
                let entries = read_with(reader, move |reader| list(reader, Index(next), count)).await?;
                let following = (next + count, (chunk * 2).min(CHUNK_ENTRIES_MAX));
                Ok(Some((stream::iter(entries.into_iter().map(Ok)), following)))
            }
        });
        let shutdown = self.shared.shutdown.clone().cancelled_owned();
        let entries = while_allowed(session, chunks.try_flatten()).map_err(status::counted);
        Ok(Response::new(Box::pin(entries.take_until(shutdown))))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<GetInclusionProofRequest>,
    ) -> Result<Response<GetInclusionProofResponse>, Status> {
        let GetInclusionProofRequest { index, size } = request.into_inner();
        let answer = async {
            let (index, size) = (Index(index), self.size(size)?);
            self.read(move |reader| {
                let proof = reader.inclusion_proof(index, size)?;
                let leaf_hash = Bytes::copy_from_slice(reader.leaf_hash(index)?.as_bytes());
                Ok(GetInclusionProofResponse { size: size.0, leaf_hash, proof: split(&proof) })
            })
            .await
        };
        answer.await.map(Response::new).map_err(status::counted)
    }

    async fn get_consistency_proof(
        &self,
        request: Request<GetConsistencyProofRequest>,
    ) -> Result<Response<GetConsistencyProofResponse>, Status> {
        let GetConsistencyProofRequest { old_size, new_size } = request.into_inner();
        let answer = async {
            let (old, new) = (Size(old_size), self.size(new_size)?);
            let kept = self.shared.reader.kept_consistency_proof(old, new);
            let proof = match kept.map_err(|error| status::of_read(&error))? {
                Some(proof) => proof,
                None => self.read(move |reader| reader.consistency_proof(old, new)).await?,
            };
            Ok(GetConsistencyProofResponse { new_size: new.0, proof: split(&proof) })
        };
        answer.await.map(Response::new).map_err(status::counted)
    }

    async fn get_receipt(
        &self,
        request: Request<GetReceiptRequest>,
    ) -> Result<Response<GetReceiptResponse>, Status> {
        let answer = async {
            let published = self.published();
            let index = self.index(request.get_ref().index)?;
            let receipt = self.read(move |reader| {
                let leaf = Some(reader.leaf(index)?);
                let proof = reader.inclusion_proof(index, published.head.size)?;
                Ok(Receipt { leaf, index, proof, checkpoint: published.checkpoint.to_vec() })
            });
            Ok(GetReceiptResponse { receipt: receipt.await?.to_bytes().into() })
        };
        answer.await.map(Response::new).map_err(status::counted)
    }

    async fn list_annotations(
        &self,
        request: Request<ListAnnotationsRequest>,
    ) -> Result<Response<Self::ListAnnotationsStream>, Status> {
        let session = request.extensions().get::<Session>().cloned();
        let ListAnnotationsRequest { start, count } = request.into_inner();
        let end_of_log = self.published().head.size.next_index();
        let end = if count == 0 { u64::MAX } else { start.saturating_add(count) };
        let annotations = self.shared.annotations.clone();
        let chunk = move |after| {
            let listed = annotations.list(start..end, end_of_log, after, CHUNK_ANNOTATIONS);
            listed.map_err(|error| status::not_known(&error))
        };
        // The first at once: whether anything is known is told before the stream begins.
        let first = chunk(None).map_err(status::counted)?;
        let chunks = stream::try_unfold(Some(first), move |listed| {
            let next = match &listed {
                Some(listed) if listed.len() == CHUNK_ANNOTATIONS => {
                    listed.last().map(|last| chunk(Some((last.index.0, last.by.0)))).transpose()
                }
                _ => Ok(None),
            };
            futures::future::ready(next.map(|next| listed.map(|listed| (listed, next))))
        });
        let answers =
            chunks.map_ok(|listed| stream::iter(listed.into_iter().map(|said| Ok(annotation(said)))));
        let shutdown = self.shared.shutdown.clone().cancelled_owned();
        let answers = while_allowed(session, answers.try_flatten()).map_err(status::counted);
        Ok(Response::new(Box::pin(answers.take_until(shutdown))))
    }

    async fn watch_checkpoints(
        &self,
        request: Request<WatchCheckpointsRequest>,
    ) -> Result<Response<Self::WatchCheckpointsStream>, Status> {
        let session = request.extensions().get::<Session>().cloned();
        let checkpoints = WatchStream::new(self.shared.sequencer.published())
            .map(|published| Ok(WatchCheckpointsResponse { checkpoint: published.checkpoint.clone() }));
        let checkpoints = while_allowed(session, checkpoints).map_err(status::counted);
        let shutdown = self.shared.shutdown.clone().cancelled_owned();
        Ok(Response::new(Box::pin(checkpoints.take_until(shutdown))))
    }
}

fn annotation(Annotation { index, kind, by }: Annotation) -> ListAnnotationsResponse {
    let kind = match kind {
        Kind::Corrected => AnnotationKind::Corrected,
        Kind::Opened => AnnotationKind::Opened,
        Kind::Answered => AnnotationKind::Answered,
    };
    ListAnnotationsResponse { index: index.0, kind: kind.into(), by: by.0 }
}

fn list(reader: &LogReader, first: Index, count: u64) -> Result<Vec<ListEntriesResponse>, ReadError> {
    let bytes = Bytes::from(reader.bundle(first, usize::try_from(count).unwrap_or(usize::MAX))?);
    bundle::entries(&bytes)
        .zip(first.0..)
        .map(|(leaf, index)| {
            let leaf = leaf
                .map_err(|error| ReadError::Io { what: "an entry", error: std::io::Error::other(error) })?;
            Ok(ListEntriesResponse { index, leaf: bytes.slice_ref(leaf) })
        })
        .collect()
}

async fn read_with<T: Send + 'static>(
    reader: LogReader,
    read: impl FnOnce(&LogReader) -> Result<T, ReadError> + Send + 'static,
) -> Result<T, Status> {
    let read = tokio::task::spawn_blocking(move || read(&reader)).await;
    read.map_err(|_| Status::internal("reading the log ended in disorder"))?
        .map_err(|error| status::of_read(&error))
}
