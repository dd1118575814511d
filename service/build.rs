//! Builds the public site into the program: writes a table of the files of `../web` that a server gives out.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folders, and the ending of what is given out of each. Whatever else lies there is for those who build.
const FOLDERS: [(&str, &[&str]); 2] = [("", &["html", "css"]), ("en", &["html"])];
/// Folders that are given out with those in them.
const TREES: [&str; 2] = ["site", "verify"];
const MODULE: &[&str] = &["js"];

fn main() -> Result<(), Box<dyn Error>> {
    let web = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../web").canonicalize()?;
    let mut files = Vec::new();
    for (folder, endings) in FOLDERS {
        println!("cargo:rerun-if-changed={}", web.join(folder).display());
        collect(&web.join(folder), endings, false, &mut files)?;
    }
    for tree in TREES {
        println!("cargo:rerun-if-changed={}", web.join(tree).display());
        collect(&web.join(tree), MODULE, true, &mut files)?;
    }
    let mut table = "[\n".to_owned();
    for file in &files {
        let path = file.strip_prefix(&web)?.to_str().ok_or("a name that is not UTF-8")?;
        let full = file.to_str().ok_or("a name that is not UTF-8")?;
        writeln!(table, "    ({path:?}, include_bytes!({full:?}).as_slice()),")?;
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("web.rs"), table)?;
    Ok(())
}

/// The files of a folder by name, and of those in it where that is asked for.
fn collect(
    folder: &Path,
    endings: &[&str],
    deep: bool,
    files: &mut Vec<PathBuf>,
) -> Result<(), Box<dyn Error>> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if deep {
                collect(&path, endings, deep, files)?;
            }
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            files.push(path);
        }
    }
    Ok(())
}
