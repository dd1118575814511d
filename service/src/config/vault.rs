//! What opens the vault: exactly one source of the wrapping key, and none that lies beside what it protects.

use std::path::Path;

use super::VaultConfig;
use super::error::{Place, Reason};
use super::overrides::Sources;
use super::read::is_inside;
use super::said::{Problems, Said};
use crate::wrapping_key::{VARIABLE, WrappingKeySource};

const FILE: &str = "vault.wrapping_key_file";
const COMMAND: &str = "vault.wrapping_key_command";

pub(super) fn assemble(said: &Said, sources: &Sources, folder: &Path) -> VaultConfig {
    let file = said.text(FILE).map(|path| WrappingKeySource::File(folder.join(path)));
    let command = || said.is_said(COMMAND).then(|| WrappingKeySource::Command(said.texts(COMMAND)));
    let variable = || is_in_environment(sources).then_some(WrappingKeySource::Variable);
    VaultConfig { wrapping_key: file.or_else(command).or_else(variable) }
}

/// Checks what no single value can show.
pub(super) fn check(said: &Said, sources: &Sources, folder: &Path, problems: &mut Problems) {
    if said.is_empty_list(COMMAND) {
        let reason = Reason::Unexpected {
            expected: "a program".to_owned(),
            found: "an empty list".to_owned(),
            advice: "leave it out, or name the program".to_owned(),
        };
        problems.add(said.place(COMMAND).cloned(), COMMAND, reason);
    }
    let is_said = [said.is_said(FILE), said.is_said(COMMAND), is_in_environment(sources)];
    let names = [FILE, COMMAND, VARIABLE].into_iter().zip(is_said);
    let said_names: Vec<&str> = names.filter(|(_, is_said)| *is_said).map(|(name, _)| name).collect();
    if let [_, further @ ..] = said_names.as_slice()
        && !further.is_empty()
    {
        let reason = Reason::Unexpected {
            expected: "one source of the wrapping key".to_owned(),
            found: said_names.join(" and "),
            advice: "leave all but one of them out; which key is right must not be a guess".to_owned(),
        };
        let variable = || Some(Place::Environment(VARIABLE.to_owned()));
        let place = further.iter().find_map(|name| said.place(name)).cloned().or_else(variable);
        problems.add(place, further.first().copied().unwrap_or_default(), reason);
    }
    for key in ["ledger.data", "keys.dir"] {
        if let (Some(file), Some(beside)) = (said.text(FILE), said.text(key))
            && is_inside(&folder.join(file), &folder.join(beside))
        {
            let reason = Reason::Unexpected {
                expected: "a file apart from ledger.data and keys.dir".to_owned(),
                found: format!("it inside {key}"),
                advice: "keep it elsewhere, so that no copy of that folder holds the key to what is in it"
                    .to_owned(),
            };
            problems.add(said.place(FILE).cloned(), FILE, reason);
        }
    }
}

fn is_in_environment(sources: &Sources) -> bool {
    sources.environment.iter().any(|(name, _)| name == VARIABLE)
}
