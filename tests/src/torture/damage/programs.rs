//! The three checks of a damaged copy, as the programs that people run.

use std::path::Path;
use std::time::Instant;

use super::checks::Said;
use super::harm::Harm;
use super::original::{SEGMENT_BYTES, scratch, wrapping_key};
use crate::process::{PATIENCE, Process, command, run as run_program, text};

/// Runs `einsichtd fsck`, `einsicht verify` (of the vault, too, if that was harmed), and starts `einsichtd dev`.
/// Of a start: nothing if it refuses, or whether it tells of damage.
pub fn run(copy: &Path, harm: &Harm) -> (Said, Said, Option<bool>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (keys, wrapping_key) = (copy.join("keys"), wrapping_key(copy));
        let keys = ["--keys", text(&keys), "--wrapping-key-file", text(&wrapping_key)];
        let found = said(run_program("einsichtd", &[&["fsck", text(copy)][..], &keys].concat()).await.code);
        let (state, vkey) = (scratch(), copy.join("ledger.vkey"));
        let mut arguments =
            vec!["verify", text(copy), "--vkey", text(&vkey), "--state-dir", text(state.path()), "--quiet"];
        let verified = run_program("einsicht", &arguments).await.code;
        let verified = if harm.is_of_vault() {
            assert_eq!(verified, Some(0), "{harm}: the log is not verified");
            arguments.push("--vault");
            arguments.extend(keys);
            run_program("einsicht", &arguments).await.code
        } else {
            verified
        };
        (found, said(verified), starts(copy, harm).await)
    })
}

fn said(code: Option<i32>) -> Said {
    match code {
        Some(0) => Said::Sound,
        Some(1) => Said::Wrong,
        Some(2) => Said::CannotTell,
        other => panic!("a program ended with {other:?}"),
    }
}

/// Whether the service comes up, and tells of damage then. It ends in order, and when it refuses, it says why with
/// exit code 2.
async fn starts(copy: &Path, harm: &Harm) -> Option<bool> {
    let bytes = SEGMENT_BYTES.to_string();
    let arguments = ["dev", "--data", text(copy), "--listen", "127.0.0.1:0", "--segment-bytes", &bytes];
    let mut process = Process::spawn(&mut command("einsichtd", &arguments));
    let begun = Instant::now();
    while process.is_running() {
        if process.stdout().contains("Stop with Ctrl-C") {
            process.terminate();
            let ended = process.ended().await;
            ended.expect(0, &["everything that was accepted is durable"]);
            // The scrub, which begins with the start, may come so far or not.
            let is_of_start = |line: &str| !line.contains("the scrub") && !line.contains("it is made anew");
            let names = |line: &str| {
                line.contains("ERROR")
                    && (line.contains("vault/") || line.contains("markers/"))
                    && is_of_start(line)
            };
            return Some(harm.is_of_vault() && ended.stderr.lines().any(names));
        }
        assert!(begun.elapsed() < PATIENCE, "the service neither starts nor refuses: {}", process.stderr());
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    process.ended().await.expect(2, &[]);
    None
}
