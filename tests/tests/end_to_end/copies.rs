//! Copies of one ledger, to be damaged each in its own way.

use std::fs;
use std::path::{Path, PathBuf};

use einsicht_tests::folder::{copy, segments, truth};
use einsicht_tests::service::{fsck, refused};
use einsicht_tests::verify::Verifier;
use tempfile::TempDir;

use crate::{SMALL_SEGMENTS, folder, ledger_at_rest};

const BATCHES: usize = 10;
/// Genesis, the first start, ten accesses per batch.
pub const SIZE: u64 = 2 + 10 * BATCHES as u64;

/// Lengths of the headers of a segment and of a frame.
pub const SEGMENT_HEADER: usize = 52;
pub const FRAME_HEADER: usize = 24;

/// A ledger with several segments that is copied for each damage.
pub struct Original(TempDir);

/// A copy that may be damaged.
pub struct Copy(TempDir);

impl Original {
    pub async fn make() -> Self {
        let folder = folder();
        ledger_at_rest(folder.path(), BATCHES).await;
        assert!(segments(folder.path()).len() >= 5, "{:?}", segments(folder.path()));
        Self(folder)
    }

    pub fn copy(&self) -> Copy {
        let folder = folder();
        copy(self.0.path(), folder.path());
        Copy(folder)
    }

    pub fn data(&self) -> &Path {
        self.0.path()
    }

    pub fn verifier(&self) -> Verifier {
        Verifier::of(self.data())
    }
}

impl Copy {
    pub fn data(&self) -> &Path {
        self.0.path()
    }

    /// First, a middle one, last.
    pub fn segments(&self) -> [PathBuf; 3] {
        let segments = segments(self.data());
        [segments[0].clone(), segments[segments.len() / 2].clone(), segments[segments.len() - 1].clone()]
    }

    /// Makes the next start read everything instead of what lies behind the watermark.
    pub fn distrust_derived(&self) {
        let watermark = self.data().join("log/watermark");
        // A refused start may have done so already: the watermark is derived.
        if watermark.exists() {
            fs::remove_file(watermark).unwrap();
        }
    }

    /// The service refuses to start, with `parts` in what it says, and leaves the log as it is.
    pub async fn assert_refused(&self, parts: &[&str]) {
        let before = truth(self.data());
        refused(self.data(), &SMALL_SEGMENTS).await.expect(2, parts);
        assert_eq!(truth(self.data()), before, "a refused start must leave the evidence as it is");
    }

    /// The offline check finds it, with `parts` in what it says.
    pub async fn assert_found(&self, parts: &[&str]) {
        let found = fsck(self.data()).await;
        found.expect(1, &[]);
        for part in parts.iter().chain(&["FAILED"]) {
            assert!(found.stdout.contains(part), "stdout has no {part:?}: {found:#?}");
        }
    }
}

pub fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// The first entry of a segment, from its name.
pub fn first_entry(segment: &Path) -> u64 {
    name(segment).trim_end_matches(".seg").parse().unwrap()
}
