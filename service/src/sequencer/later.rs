//! Recording that begins once there is room for it.

use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::{Activity, Committer, Published, Submission, View, pipeline};
use crate::storage::Room;

/// How often it is looked whether there is room.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// How often it is looked whether anybody still waits for that.
const NAP: Duration = Duration::from_millis(50);

/// What is to record, and can't yet. Its end of the log is published meanwhile.
pub struct Later {
    /// Knows whether there is room.
    pub room: Room,
    /// The newest checkpoint, and each newer one once there is a committer.
    pub published: watch::Receiver<Arc<Published>>,
    /// Tries to begin.
    pub begin: Begin,
}

/// Tries to begin; again unless it will never do.
pub type Begin = Box<dyn FnMut() -> Result<Committer, NotYet> + Send>;

/// Why recording does not begin.
#[derive(Debug)]
pub enum NotYet {
    /// There is no room; [`Room`] knows more.
    NoRoom,
    /// The clock can't be trusted now.
    Clock,
    /// It will not.
    Failed(String),
}

/// Starts the thread that waits. It records once there is room, and ends as one that did so from the
/// start.
pub(super) fn start(
    mut begin: Begin,
    queue: mpsc::Receiver<Submission>,
    view: Arc<OnceLock<View>>,
    stopped: Arc<OnceLock<String>>,
    activity: Arc<Activity>,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("standby".to_owned()).spawn(move || {
        let committer = match wait(&mut begin, &queue) {
            Ok(Some(committer)) => committer,
            Ok(None) => return,
            Err(reason) => return give_up(&stopped, &reason),
        };
        let _ = view.set(View::of(&committer));
        match pipeline::start(committer, queue, activity) {
            Ok(thread) => {
                if let Err(panic) = thread.join() {
                    std::panic::resume_unwind(panic);
                }
            }
            Err(error) => give_up(&stopped, &format!("no thread can be had: {error}")),
        }
    })
}

fn give_up(stopped: &OnceLock<String>, reason: &str) {
    tracing::error!("recording does not begin: {reason}");
    let _ = stopped.set(format!("recording did not begin ({reason}); start the service again"));
}

/// `None` if nobody waits any more.
fn wait(begin: &mut Begin, queue: &mpsc::Receiver<Submission>) -> Result<Option<Committer>, String> {
    loop {
        let mut waited = Duration::ZERO;
        while waited < LOOK_INTERVAL {
            if queue.is_closed() {
                return Ok(None);
            }
            std::thread::sleep(NAP);
            waited += NAP;
        }
        match begin() {
            Ok(committer) => return Ok(Some(committer)),
            Err(NotYet::NoRoom | NotYet::Clock) => {}
            Err(NotYet::Failed(reason)) => return Err(reason),
        }
    }
}
