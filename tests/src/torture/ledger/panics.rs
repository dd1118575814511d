//! Counts panics of the ledger's own threads. Behind some of them the service goes on, or ends in order; a
//! trial may not.

use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

/// Whose panics count: threads of the service, and those that a trial runs its start in.
const THREADS: [&str; 6] = ["follower", "opening", "sequencer", "standby", "starting", "writer"];

static PANICS: AtomicU64 = AtomicU64::new(0);

/// How many there were since this was asked first, in all ledgers of this process.
pub fn count() -> u64 {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let say = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name().is_some_and(|name| THREADS.contains(&name)) {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            say(panic);
        }));
    });
    PANICS.load(Ordering::SeqCst)
}
