//! SIGKILL at any moment: what was acknowledged is there, what was not can be sent again.

use einsicht_tests::torture::kill::{KillArgs, run};

/// `einsicht-torture kill` does the same, far more often.
#[test]
fn what_was_acknowledged_before_a_crash_is_there_after_it() {
    let seed = u64::from(uuid::Uuid::new_v4().as_fields().0);
    eprintln!("seed {seed}");
    let counts = run(&KillArgs { rounds: 12, einsichtd: None }, seed);
    eprintln!("{counts}");
    assert!(counts.acknowledged > 0, "nothing was recorded: {counts}");
}
