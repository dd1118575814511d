//! What is done to a file of a data folder.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::original::Original;
use crate::folder;

/// Lengths that a file is cut to, beside the first and the last.
const CUTS: usize = 4;

/// What is done to one file.
#[derive(Debug, Clone)]
pub struct Harm {
    /// A line of the table.
    pub kind: String,
    /// The file, within the data folder.
    pub file: PathBuf,
    /// What is done.
    pub how: How,
}

/// What is done.
#[derive(Debug, Clone)]
pub enum How {
    /// One bit is another one.
    Flip {
        /// Its byte.
        offset: usize,
        /// Its number there.
        bit: u8,
    },
    /// What lies behind is gone.
    Cut {
        /// How much is left.
        bytes: u64,
    },
    /// There is no such file.
    Remove,
    /// Another file lies there.
    Replace {
        /// The other one, wherever it lies.
        by: PathBuf,
    },
}

impl Harm {
    /// Does it to a copy of a data folder.
    pub fn inflict(&self, copy: &Path) {
        let file = copy.join(&self.file);
        match &self.how {
            How::Flip { offset, bit } => {
                let mut bytes = fs::read(&file).unwrap();
                bytes[*offset] ^= 1 << bit;
                fs::write(file, bytes).unwrap();
            }
            How::Cut { bytes } => folder::cut(&file, *bytes),
            How::Remove => fs::remove_file(file).unwrap(),
            How::Replace { by } => drop(fs::copy(by, file).unwrap()),
        }
    }

    /// Whether it is done to something that the log does not need.
    pub fn is_of_vault(&self) -> bool {
        ["vault", "keys/vault", "keys/markers", "keys/wrapping.key"]
            .iter()
            .any(|of| self.file.starts_with(of))
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {} {:?}", self.kind, self.file.display(), self.how)
    }
}

/// What is done to whole files of the vault and to its keys: they are cut, gone, or others.
pub fn of_vault(original: &Original, random: &mut ChaCha8Rng) -> Vec<Harm> {
    let data = original.data();
    let relative = |path: &PathBuf| path.strip_prefix(data).unwrap().to_owned();
    let files: Vec<PathBuf> = folder::files(data).iter().map(relative).collect();
    let mut harms = Vec::new();
    for file in &files {
        let Some(name) = name_of(data, file) else { continue };
        let mut add =
            |what: &str, how| harms.push(Harm { kind: format!("{name}, {what}"), file: file.clone(), how });
        let bytes = fs::metadata(data.join(file)).unwrap().len();
        if bytes > 0 {
            let drawn = (0..CUTS).map(|_| random.random_range(0..bytes));
            for bytes in [0, bytes - 1].into_iter().chain(drawn) {
                add("cut", How::Cut { bytes });
            }
        }
        add("removed", How::Remove);
        let older = original.older().map(|older| older.join(file)).filter(|older| older.exists());
        let is_other = |older: &PathBuf| fs::read(older).unwrap() != fs::read(data.join(file)).unwrap();
        if let Some(by) = older.filter(is_other) {
            add("an older copy", How::Replace { by });
        }
        let other = match name {
            "keys/vault/*" => "keys/markers",
            "keys/markers/*" => "keys/vault",
            "openings" => "vault/watermark",
            "index of the openings" => "vault/watermark",
            _ => continue,
        };
        let by = files.iter().find(|other_file| other_file.starts_with(other)).unwrap();
        add("another file", How::Replace { by: data.join(by) });
    }
    harms
}

/// What the table calls a file of the vault, or a key of it.
fn name_of(data: &Path, file: &Path) -> Option<&'static str> {
    let names = [
        ("vault/watermark", "vault/watermark"),
        ("vault/erasing", "vault/erasing"),
        ("keys/wrapping.key", "keys/wrapping.key"),
        ("keys/vault", "keys/vault/*"),
        ("keys/markers", "keys/markers/*"),
    ];
    let named = names.iter().find(|(path, _)| file.starts_with(path)).map(|(_, name)| *name);
    named.or_else(|| match file.file_name()?.to_str()? {
        "openings" => Some("openings"),
        "index" if data.join(file).with_file_name("erased").exists() => {
            Some("index of what was erased as a whole")
        }
        "index" => Some("index of the openings"),
        "erased" => Some("mark of what was erased as a whole"),
        _ => None,
    })
}
