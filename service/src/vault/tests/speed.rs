//! How long the first start after a restore takes: run by hand, with `--release -- --ignored --nocapture`.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use einsicht_tlog::SigningKey;

use super::harness::{Step, open, origin, take, wrapping};
use crate::storage;
use crate::storage::file::RealFolder;
use crate::storage::memory::MemoryFolder;
use crate::vault::{Opened, Opening, Vault};

const COMMITS: usize = 300;

#[test]
#[ignore = "it takes a while, and prints figures"]
fn a_start_without_indexes() {
    let folder = MemoryFolder::default();
    assert!(take(&mut open(&folder).unwrap(), &[Step::Commit(1000); COMMITS]));
    let real = tempfile::tempdir().unwrap();
    for path in folder.paths() {
        let to = real.path().join(&path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, folder.bytes(&path)).unwrap();
    }
    for (what, is_removed) in [
        (
            "without indexes and watermark",
            (|path| path == "index" || path == "watermark") as fn(&str) -> bool,
        ),
        ("without watermark", |path| path == "watermark"),
    ] {
        folder.paths().iter().filter(|path| path.starts_with("vault/")).for_each(|path| {
            let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap();
            if is_removed(name) {
                let _ = std::fs::remove_file(real.path().join(path));
            }
        });
        opened(real.path(), what);
        opened(real.path(), "again");
    }
}

fn opened(path: &Path, what: &str) {
    let data = Arc::new(RealFolder::new(path));
    let key = SigningKey::from_seed(origin().as_str(), &[7; 32]).unwrap();
    let log = storage::open(data.clone(), &origin(), &[key.verifier().clone()], 1 << 30).unwrap();
    let (reader, begun) = (log.writer.reader(), Instant::now());
    let opening = Opening {
        data: data.clone(),
        keys: data,
        wrapping: Some(wrapping()),
        origin: origin(),
        reader: &reader,
        size: log.tip.size(),
        halt: Arc::new(|_| {}),
    };
    let Opened { vault, .. } = Vault::open(opening).unwrap();
    println!("{what}: {} entries in {:?}", log.tip.size(), begun.elapsed());
    assert_eq!(vault.damages(), []);
}
