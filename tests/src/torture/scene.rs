//! The folder in which a trial happens.

use std::path::Path;

use tempfile::TempDir;

/// A data folder that goes away with the trial, unless the trial fails: then somebody wants to look at it.
pub struct Scene(Option<TempDir>);

impl Scene {
    /// An empty folder.
    #[must_use]
    pub fn new() -> Self {
        Self(Some(tempfile::tempdir().unwrap()))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.as_ref().unwrap().path()
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.0.take()
        {
            eprintln!("the data folder is kept: {}", folder.keep().display());
        }
    }
}
