//! Hash tiles and entry bundles, for every published size. C2SP tlog-tiles.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use einsicht_tlog::Index;
use einsicht_tlog::tile::{Tile, TileKind};

use super::budget::Budget;
use super::{NO_STORE, RETRY_SOON, Site, tail};
use crate::auth::Session;
use crate::storage::{LogReader, ReadError};

/// A published tile never changes.
const IMMUTABLE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=604800, immutable");
/// One that not everybody may read belongs in no cache that several share: it would hand it to everybody
/// (RFC 9111 section 3.5).
const PRIVATE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "private, max-age=604800, immutable");
const BYTES: (header::HeaderName, &str) = (header::CONTENT_TYPE, "application/octet-stream");

/// One tile. A path that is not canonical, or wider than what is published, does not exist. The path
/// is taken as it was sent: with percent signs decoded, one tile would have many names.
pub(super) async fn tile(
    State((site, budget)): State<(Site, Budget)>,
    session: Option<Extension<Session>>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let published = Arc::clone(&site.sequencer.published().borrow());
    let tile = uri.path().strip_prefix('/').and_then(Tile::parse);
    let tile = tile.filter(|tile| tile.is_published(published.head.size));
    let Some(tile) = tile else {
        let text = "No such tile is published. Paths are those of C2SP tlog-tiles.\n";
        return (StatusCode::NOT_FOUND, [NO_STORE], text).into_response();
    };
    let reader = site.reader.clone();
    let Some(turn) = budget.turn().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, [NO_STORE]).into_response();
    };
    let read = tokio::task::spawn_blocking(move || read(&reader, tile)).await;
    drop(turn);
    match read {
        Ok(Ok(bytes)) => {
            let (status, told, bytes) = tail::cut(&headers, bytes);
            let caching = if session.is_some() { PRIVATE } else { IMMUTABLE };
            budget
                .body(bytes)
                .map_or_else(too_much, |body| (status, [BYTES, caching], told, body).into_response())
        }
        Ok(Err(error)) => {
            tracing::error!(%error, %tile, "a tile could not be read");
            (StatusCode::INTERNAL_SERVER_ERROR, [NO_STORE], "The tile could not be read.\n").into_response()
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, [NO_STORE]).into_response(),
    }
}

fn too_much() -> Response {
    let text = "Too many answers wait to be read; try again in a second.\n";
    (StatusCode::SERVICE_UNAVAILABLE, [NO_STORE], [RETRY_SOON], text).into_response()
}

fn read(reader: &LogReader, tile: Tile) -> Result<Vec<u8>, ReadError> {
    let count = usize::from(tile.width());
    match tile.kind() {
        TileKind::Entries => reader.bundle(Index(tile.start()), count),
        TileKind::Hashes(level) => reader.hashes(level, tile.start(), count),
    }
}
