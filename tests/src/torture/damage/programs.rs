//! The three checks of a damaged copy, as the programs that people run.

use std::path::Path;
use std::time::Instant;

use super::checks::Said;
use super::original::{SEGMENT_BYTES, scratch};
use crate::process::{PATIENCE, Process, command, run as run_program, text};
use crate::service::fsck;

/// Runs `einsichtd fsck`, `einsicht verify`, and starts `einsichtd dev`.
pub fn run(copy: &Path) -> (Said, Said, bool) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let found = said(fsck(copy).await.code);
        let (state, vkey) = (scratch(), copy.join("ledger.vkey"));
        let arguments =
            ["verify", text(copy), "--vkey", text(&vkey), "--state-dir", text(state.path()), "--quiet"];
        let verified = said(run_program("einsicht", &arguments).await.code);
        (found, verified, starts(copy).await)
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

/// Whether the service comes up. It ends in order, and when it refuses, it says why with exit code 2.
async fn starts(copy: &Path) -> bool {
    let bytes = SEGMENT_BYTES.to_string();
    let arguments = ["dev", "--data", text(copy), "--listen", "127.0.0.1:0", "--segment-bytes", &bytes];
    let mut process = Process::spawn(&mut command("einsichtd", &arguments));
    let begun = Instant::now();
    while process.is_running() {
        if process.stdout().contains("Stop with Ctrl-C") {
            process.terminate();
            process.ended().await.expect(0, &["everything that was accepted is durable"]);
            return true;
        }
        assert!(begun.elapsed() < PATIENCE, "the service neither starts nor refuses: {}", process.stderr());
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    process.ended().await.expect(2, &[]);
    false
}
