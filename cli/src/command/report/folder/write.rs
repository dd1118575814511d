//! Writes the folder of a report.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use einsicht_access::Language;
use einsicht_report::Files;

use crate::language::pick;

/// Refuses a folder that holds something, before any work is done for it.
///
/// # Errors
/// It is not empty, no folder, a link, or has no name of its own.
pub fn check_free(folder: &Path, language: Language) -> anyhow::Result<()> {
    beside(folder, language)?;
    let name = folder.display();
    if fs::symlink_metadata(without_slash(folder)).is_ok_and(|found| found.is_symlink()) {
        bail!(pick(
            language,
            format!(
                "{name} ist eine Verknüpfung: ein Bericht steht für sich in seinem Ordner; bitte den Namen eines neuen angeben, \
                 oder den Ordner, auf den sie zeigt"
            ),
            format!(
                "{name} is a link: a report stands alone in its folder; give the name of a new one, or the folder that it \
                 leads to"
            ),
        ));
    }
    let unusable = || {
        pick(
            language,
            format!("{name} ist als neuer Ordner nicht zu verwenden"),
            format!("{name} can't be used as a new folder"),
        )
    };
    let mut items = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        items => items.with_context(unusable)?,
    };
    let full = pick(
        language,
        format!(
            "der Ordner {name} ist nicht leer: ein Bericht steht für sich; bitte den Namen eines neuen angeben"
        ),
        format!(
            "the folder {name} is not empty: a report stands alone in its folder; give the name of a new one"
        ),
    );
    ensure!(items.next().is_none(), full);
    Ok(())
}

/// A link that is named with a slash behind it is looked at as what it leads to.
fn without_slash(folder: &Path) -> PathBuf {
    folder.components().collect()
}

/// Writes a report into a folder that is new or empty. It is there whole, or not at all.
///
/// # Errors
/// It can't be written, or something stands there by now.
pub fn write(folder: &Path, files: &Files, language: Language) -> anyhow::Result<()> {
    let partial = Partial(beside(folder, language)?);
    let written = write_into(&partial.0, files).and_then(|()| {
        // Over a folder that is empty this is allowed, over another one it is not.
        fs::rename(&partial.0, folder)
    });
    let name = folder.display();
    let unwritten = pick(
        language,
        format!("der Bericht ist nicht nach {name} zu schreiben"),
        format!("the report can't be written to {name}"),
    );
    written.context(unwritten)
}

/// A folder beside it, on the same disk, that nobody else uses.
fn beside(folder: &Path, language: Language) -> anyhow::Result<PathBuf> {
    let shown = folder.display();
    let unnamed =
        || pick(language, format!("{shown} nennt keinen Ordner"), format!("{shown} names no folder"));
    let name = folder.file_name().with_context(unnamed)?;
    let mut partial = OsString::from(".");
    partial.push(name);
    partial.push(format!(".{}.partial", std::process::id()));
    Ok(folder.with_file_name(partial))
}

fn write_into(folder: &Path, files: &Files) -> io::Result<()> {
    fs::create_dir_all(folder.parent().unwrap_or(Path::new("")))?;
    fs::create_dir(folder)?;
    for (name, bytes) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    Ok(())
}

/// Taken away when dropped, if it is still there.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // After success it is not there any more.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use einsicht_report::Manifest;

    use super::*;
    use crate::command::report::folder::read;

    const ENGLISH: Language = Language::English;

    fn files() -> Files {
        let names = [Manifest::PATH, "index.html", "en/index.html", "csv/a.csv"];
        names.map(|name| (name.to_owned(), name.as_bytes().to_vec())).into()
    }

    #[test]
    fn what_was_written_is_read_back_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("a/report");
        check_free(&new, ENGLISH).unwrap();
        write(&new, &files(), ENGLISH).unwrap();
        assert_eq!(read(&new, ENGLISH).unwrap(), files());
        let empty = dir.path().join("empty");
        fs::create_dir(&empty).unwrap();
        check_free(&empty, ENGLISH).unwrap();
        write(&empty, &files(), ENGLISH).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_that_holds_something_is_refused_and_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("full");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("mine"), "x").unwrap();
        assert!(check_free(&folder, ENGLISH).unwrap_err().to_string().contains("is not empty"));
        assert!(write(&folder, &files(), ENGLISH).is_err());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
        assert!(check_free(&folder.join("mine"), ENGLISH).is_err(), "a file");
        let empty = dir.path().join("empty");
        fs::create_dir(&empty).unwrap();
        let unnamed = check_free(&empty.join("..").join("empty").join(".."), ENGLISH).unwrap_err();
        assert!(unnamed.to_string().contains("names no folder"), "{unnamed}");
    }

    #[test]
    fn a_link_is_refused_before_the_work_wherever_it_leads() {
        let dir = tempfile::tempdir().unwrap();
        let (empty, full) = (dir.path().join("empty"), dir.path().join("full"));
        fs::create_dir(&empty).unwrap();
        fs::create_dir(&full).unwrap();
        fs::write(full.join("mine"), "x").unwrap();
        for to in [&empty, &full, &dir.path().join("nowhere")] {
            let link = dir.path().join("link");
            std::os::unix::fs::symlink(to, &link).unwrap();
            for name in [link.clone(), dir.path().join("link/")] {
                let refused = check_free(&name, ENGLISH).unwrap_err().to_string();
                assert!(refused.contains("is a link"), "{}: {refused}", to.display());
            }
            fs::remove_file(link).unwrap();
        }
    }

    #[test]
    fn where_writing_ends_halfway_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        // Of two files one would have to be a folder: the second can't be written.
        let torn: Files = [("manifest.json", "{}"), ("manifest.json/x", "")]
            .map(|(name, text)| (name.to_owned(), text.into()))
            .into();
        let empty = dir.path().join("empty");
        fs::create_dir(&empty).unwrap();
        for folder in [dir.path().join("new"), empty] {
            assert!(write(&folder, &torn, ENGLISH).is_err());
            let left: Vec<_> =
                fs::read_dir(dir.path()).unwrap().map(|item| item.unwrap().file_name()).collect();
            assert_eq!(left, ["empty"]);
            assert_eq!(fs::read_dir(dir.path().join("empty")).unwrap().count(), 0);
        }
    }
}
