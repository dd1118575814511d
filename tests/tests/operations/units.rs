//! The systemd units: systemd accepts them, they give away few rights, and they start what is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use einsicht_tests::program;

use crate::{read, root, run, tool};

const UNITS: [&str; 3] = ["einsichtd.service", "einsicht-backup.service", "einsicht-backup.timer"];
const INSTALLED: &str = "/usr/local/bin/einsichtd";
/// What systemd-analyze may find exposed, in tenths of its points: 0 is nothing, 100 everything.
const EXPOSURE_MAX: &str = "--threshold=15";

fn unit(name: &str) -> String {
    read(&format!("deploy/systemd/{name}"))
}

/// The values of a setting, in their order.
fn values<'a>(unit: &'a str, setting: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(setting)?.strip_prefix('=')).collect()
}

/// The units as they would be installed, with the program where it is on this machine.
fn installed(folder: &Path) -> Vec<PathBuf> {
    let einsichtd = program("einsichtd").unwrap_or_else(|error| panic!("{error}"));
    let place = |name: &&str| {
        let path = folder.join(name);
        fs::write(&path, unit(name).replace(INSTALLED, einsichtd.to_str().unwrap())).unwrap();
        path
    };
    UNITS.iter().map(place).collect()
}

#[test]
fn systemd_accepts_the_units() {
    let Some(analyze) = tool("systemd-analyze", "the units are not verified") else { return };
    let version = run(Command::new(&analyze).arg("--version"));
    let version: u32 = version.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let said = run(Command::new(&analyze).args(["verify", "--man=no"]).args(installed(folder.path())));
    // The unit says which systemd it is for; an older one does not know this type, and nothing else.
    let unknown = |line: &&str| version < 253 && line.ends_with("ignoring: notify-reload");
    let wrong: Vec<&str> = said.lines().filter(|line| !unknown(line)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_units_give_away_few_rights() {
    let Some(analyze) = tool("systemd-analyze", "what the units expose is not measured") else { return };
    let folder = tempfile::tempdir().unwrap();
    for path in installed(folder.path())
        .iter()
        .filter(|path| path.ends_with("einsichtd.service") || path.ends_with("einsicht-backup.service"))
    {
        run(Command::new(&analyze)
            .args(["security", "--offline=true", "--no-pager", EXPOSURE_MAX])
            .arg(path));
    }
}

#[test]
fn the_units_start_commands_and_flags_that_exist() {
    let einsichtd = program("einsichtd").unwrap_or_else(|error| panic!("{error}"));
    let units = UNITS.map(unit);
    let commands: Vec<&str> = units
        .iter()
        .flat_map(|unit| ["ExecStartPre", "ExecStart"].map(|setting| values(unit, setting)))
        .flatten()
        .collect();
    assert_eq!(commands.len(), 3, "{commands:?}");
    for command in commands {
        let mut words = command.split_whitespace();
        assert_eq!(words.next(), Some(INSTALLED), "{command}");
        let (flags, others): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with("--"));
        let subcommand: Vec<&str> = others.into_iter().filter(|word| !word.starts_with('/')).collect();
        let help = run(Command::new(&einsichtd).args(&subcommand).arg("--help"));
        for flag in flags {
            assert!(help.contains(flag), "{command}: {flag} is not known");
        }
    }
}

#[test]
fn what_a_person_has_to_look_at_is_not_started_again_and_again() {
    let unit = unit("einsichtd.service");
    assert_eq!(values(&unit, "Restart"), ["on-failure"]);
    // Found wrong, could not run; and the code that the service ends with after a failed sync.
    let halt = einsicht_service::ledger::HALT_EXIT_CODE.to_string();
    assert_eq!(values(&unit, "RestartPreventExitStatus"), [format!("1 2 {halt}")]);
}

#[test]
fn the_service_gets_the_time_that_it_takes_to_end_in_order() {
    let seconds = values(&unit("einsichtd.service"), "TimeoutStopSec")[0].parse::<u64>().unwrap();
    assert!(seconds >= 2 * einsicht_service::server::SHUTDOWN_GRACE.as_secs(), "{seconds}");
}

#[test]
fn the_pages_name_units_and_files_that_are_shipped() {
    let page = read("docs/operations.md");
    for word in page.split(|c: char| c.is_whitespace() || "`()<>'\"".contains(c)) {
        let path = word.trim_start_matches("../").trim_end_matches(['.', ',', ';', ':']);
        if path.starts_with("deploy/") {
            assert!(root().join(path).exists(), "docs/operations.md names {path}");
        }
    }
}
