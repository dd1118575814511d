//! Reads the folder of a report.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use einsicht_access::Language;
use einsicht_report::{Files, Manifest};

use super::unread;
use crate::language::pick;

/// More than any report has: a folder that has more is none, and need not be read to its end.
const FILES_MAX: usize = 1_000;
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Reads all files of a report's folder. What they say is not looked at.
///
/// # Errors
/// It is no folder of a report, or can't be read.
pub fn read(folder: &Path, language: Language) -> anyhow::Result<Files> {
    check_is_report(folder, language)?;
    let unread = |path: &Path| unread(path, language);
    let (mut files, mut left) = (Files::new(), BYTES_MAX);
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((path, name)) = folders.pop() {
        let items = fs::read_dir(&path).with_context(|| unread(&path))?;
        for item in items {
            let item = item.with_context(|| unread(&path))?;
            let (inner, kind) = (item.path(), item.file_type()?);
            let Some(own) = item.file_name().to_str().map(str::to_owned) else {
                let inner = inner.display();
                bail!(pick(
                    language,
                    format!("{inner} hat einen Namen, den keine Datei eines Berichts hat"),
                    format!("{inner} has a name that no file of a report has"),
                ));
            };
            let name = if name.is_empty() { own } else { format!("{name}/{own}") };
            if kind.is_dir() {
                folders.push((inner, name));
            } else if kind.is_file() {
                let bytes = read_file(&inner, left, language)?;
                left -= bytes.len() as u64;
                files.insert(name, bytes);
            } else {
                let inner = inner.display();
                bail!(pick(
                    language,
                    format!("{inner} ist keine Datei: ein Bericht hat nur Dateien und Ordner"),
                    format!("{inner} is no file: a report has files and folders only"),
                ));
            }
            let folder = folder.display();
            let too_many = pick(
                language,
                format!("{folder} enthält mehr als {FILES_MAX} Dateien: so viele hat kein Bericht"),
                format!("{folder} holds more than {FILES_MAX} files: no report does"),
            );
            ensure!(files.len() + folders.len() <= FILES_MAX, too_many);
        }
    }
    Ok(files)
}

fn check_is_report(folder: &Path, language: Language) -> anyhow::Result<()> {
    let (name, manifest) = (folder.display(), Manifest::PATH);
    if folder.is_file() {
        let parent = folder.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        let parent = parent.display();
        bail!(pick(
            language,
            format!(
                "{name} ist eine Datei: bitte den Ordner des Berichts angeben, in dem sie liegt: {parent}"
            ),
            format!("{name} is a file: give the folder of the report that it lies in: {parent}"),
        ));
    }
    let none = pick(language, format!("es gibt keinen Ordner {name}"), format!("there is no folder {name}"));
    ensure!(folder.is_dir(), none);
    let other = pick(
        language,
        format!(
            "{name} ist kein Ordner eines Berichts: darin ist keine Datei {manifest}; bitte den angeben, den `einsicht report \
             make` geschrieben hat"
        ),
        format!(
            "{name} is no folder of a report: it has no {manifest}; give the one that `einsicht report make` wrote"
        ),
    );
    ensure!(folder.join(manifest).is_file(), other);
    Ok(())
}

fn read_file(path: &Path, bytes_max: u64, language: Language) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes));
    read.with_context(|| unread(path, language))?;
    let (path, mib) = (path.display(), BYTES_MAX >> 20);
    let too_long = pick(
        language,
        format!("die Dateien bis {path} haben mehr als {mib} MiB: so viel hat kein Bericht"),
        format!("the files up to {path} have more than {mib} MiB: no report has"),
    );
    ensure!(bytes.len() as u64 <= bytes_max, too_long);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: Language = Language::English;

    #[test]
    fn what_is_no_folder_of_a_report_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let told = |part: &str| {
            let error = read(dir.path(), ENGLISH).unwrap_err().to_string();
            assert!(error.contains(part), "{part}: {error}");
        };
        assert!(
            read(&dir.path().join("none"), ENGLISH).unwrap_err().to_string().contains("there is no folder")
        );
        told("has no manifest.json");
        fs::write(dir.path().join(Manifest::PATH), "{}").unwrap();
        let of_file = read(&dir.path().join(Manifest::PATH), ENGLISH).unwrap_err().to_string();
        assert!(of_file.contains(&format!("that it lies in: {}", dir.path().display())), "{of_file}");
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("link")).unwrap();
        told("is no file");
        fs::remove_file(dir.path().join("link")).unwrap();
        (0..FILES_MAX).for_each(|at| fs::write(dir.path().join(at.to_string()), "").unwrap());
        told("more than 1000 files");
    }
}
