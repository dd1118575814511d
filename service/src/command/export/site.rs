//! The public site beside an exported log: its pages, the verifier key, and the published reports. `web/README.md`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use einsicht_access::read_body;
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::{Hash, Index, Leaf, Size};

use crate::ledger::Identity;
use crate::reports::{self, Shelf, Shelved};
use crate::storage::file::{Folder, RealFolder, read_small, replace};
use crate::storage::visit_entries;
use crate::web;

const VKEY: &str = "ledger.vkey";
const INDEX: &str = "reports/index.json";

/// What is written, and where.
pub(super) struct Site<'s> {
    /// The folder that is written.
    pub target: &'s RealFolder,
    /// The data folder of the ledger.
    pub source: &'s RealFolder,
    pub identity: &'s Identity,
    /// How many entries are exported.
    pub size: Size,
    /// Folder of the reports.
    pub reports: PathBuf,
    /// What an earlier export has written, if it is trusted.
    pub before: Option<PathBuf>,
}

/// What was written.
pub(super) struct Written {
    /// Files that are new, or other ones than before.
    pub files: u64,
    /// Reports that are there.
    pub reports: usize,
}

impl Site<'_> {
    /// Writes the site. Durable when it returns; the list of reports comes last.
    pub fn write(&self) -> anyhow::Result<Written> {
        let mut files = 0;
        for asset in web::assets() {
            files += self.put(asset.path, asset.bytes)?;
        }
        let [key, ..] = self.identity.keys.as_slice() else { bail!("the ledger names no key") };
        files += self.put(VKEY, format!("{key}\n").as_bytes())?;
        let shelf = Shelf::new(self.reports.clone());
        let named = self.named(&shelf)?;
        let reports = shelf.list(|hash| named.get(&hash).copied())?;
        for report in &reports {
            files += self.report(&shelf, report)?;
        }
        // Where there was a report once, the list says that there is none any more.
        if !reports.is_empty() || self.target.open(INDEX, false).is_ok() {
            files += self.put(INDEX, &Shelf::index_json(&reports)?)?;
        }
        Ok(Written { files, reports: reports.len() })
    }

    fn report(&self, shelf: &Shelf, report: &Shelved) -> anyhow::Result<u64> {
        let mut files = 0;
        for path in report.paths() {
            let bytes = shelf.read(report, path)?.with_context(|| format!("{path} of {}", report.name))?;
            files += self.put(&format!("{}/{}/{path}", reports::FOLDER, report.name), &bytes)?;
        }
        Ok(files)
    }

    /// Which entries name the manifests that are there. Those that an earlier export has found are not looked for again.
    fn named(&self, shelf: &Shelf) -> anyhow::Result<BTreeMap<Hash, Index>> {
        let mut named = self.named_before()?;
        let mut missing = shelf.manifests_of(&self.identity.origin)?;
        missing.retain(|hash, _| !named.contains_key(hash));
        // A report is named behind what it is about.
        let Some(first) = missing.values().min() else { return Ok(named) };
        let range = first.next_index()..self.size.next_index();
        visit_entries(self.source, &self.identity.origin, range, &mut |index, leaf| {
            if let Some(hash) = manifest_hash(leaf)
                && missing.remove(&hash).is_some()
            {
                named.insert(hash, index);
            }
            if missing.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(named)
    }

    fn named_before(&self) -> anyhow::Result<BTreeMap<Hash, Index>> {
        let Some(before) = &self.before else { return Ok(BTreeMap::new()) };
        let index = read_small(self.target, INDEX).context(INDEX)?;
        let shelf = Shelf::new(before.join(reports::FOLDER));
        Ok(index.map(|index| shelf.named_in(&index)).unwrap_or_default())
    }

    /// Sees to it that a file is there, with this content. Tells how many were written: one, or none.
    fn put(&self, path: &str, content: &[u8]) -> anyhow::Result<u64> {
        let put = || {
            if read_small(self.target, path)?.as_deref() == Some(content) {
                return Ok(0);
            }
            self.target.create_folder(path.rsplit_once('/').map_or("", |(folder, _)| folder))?;
            replace(self.target, path, content).map(|()| 1)
        };
        put().with_context(|| path.to_owned())
    }
}

/// The hash of the manifest that an entry names, if it names one.
fn manifest_hash(leaf: &[u8]) -> Option<Hash> {
    let body = read_body(Leaf::parse(leaf).ok()?.body).ok()?;
    match body.content? {
        Content::Report(report) => Some(Hash(report.manifest_sha256.as_ref().try_into().ok()?)),
        _ => None,
    }
}
