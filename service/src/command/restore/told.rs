//! What a restore tells the person who does it, maybe at night.

use std::path::Path;

use einsicht_tlog::TreeHead;
use einsicht_tlog::hash::to_hex;
use indicatif::HumanCount;

use super::known::Verdict;
use super::{RestoreArgs, Restored};
use crate::config::Config;
use crate::signer::KEY_FILE;
use crate::storage::VKEY;

/// Shown when it was not said what was published last.
pub(super) const WHICH_WAY: &str = "\
say how the ledger goes on. Which one is right depends on what was published before the loss:

  --last-known FILE   goes on under the same origin. FILE is the newest checkpoint that somebody else kept:
                      an auditor (`einsicht checkpoint`, or the *.checkpoint files that `einsicht verify`
                      keeps in its state folder), a witness, a monitor. The backup must end exactly there.
  --as-new-origin     begins a new ledger that names the old one as its predecessor. Always right, also if
                      nobody knows what was published. Needs a new ledger.origin in the configuration.

Nothing was changed";

/// Why the ledger must not, or may not, go on from this backup.
pub(super) fn refusal(args: &RestoreArgs, backup: TreeHead, known: TreeHead, verdict: Verdict) -> String {
    let file = args.last_known.as_deref().unwrap_or(Path::new("")).display();
    let facts = format!(
        "  backup      {} entries, root {}\n  last known  {} entries, root {} ({file})",
        backup.size, backup.root, known.size, known.root
    );
    let new_origin = format!(
        "begin a new ledger that names\n     this one as its predecessor: write a new ledger.origin into {}, and \
         run restore again\n     with --as-new-origin instead of --last-known.",
        args.sources.config.display()
    );
    match verdict {
        Verdict::ItsEnd => facts,
        Verdict::KnowsMore => {
            let lost = match known.size.0 - backup.size.0 {
                1 => format!("The last entry, {}, was published and is not in this backup", backup.size),
                count => format!(
                    "The last {} entries, {} to {}, were published and are not in this backup",
                    HumanCount(count),
                    backup.size,
                    known.size.0 - 1
                ),
            };
            format!(
                "the backup ends before what was published\n\n{facts}\n\n\
                 {lost}.\nThe ledger must not go on from here under the same origin: it would give these numbers \
                 a second\ntime, and whoever remembers the newer checkpoint would report a forged ledger, and be \
                 right.\nNothing was changed.\n\n\
                 What to do:\n  \
                 1. Look for a newer copy: another backup, the old disk (`einsichtd fsck` says whether it is \
                 sound),\n     a copy that an auditor keeps.\n  \
                 2. If there is none, what is missing is lost: {new_origin}"
            )
        }
        Verdict::OtherHistory => format!(
            "the backup and the last known checkpoint tell two histories\n\n{facts}\n\n\
             The ledger's key signed both. One of them was forged, or the ledger was once continued from an \
             older copy.\nThis is what the ledger exists to show: keep both, tell the auditors, change nothing. \
             Nothing was changed."
        ),
        Verdict::Older => format!(
            "the last known checkpoint is older than the backup, so nobody can tell whether more was \
             published\n\n{facts}\n\n\
             What to do:\n  \
             1. Look for a newer checkpoint, with whoever verifies or watches the ledger.\n  \
             2. If there is none: {new_origin}\n\nNothing was changed"
        ),
    }
}

/// What was done, what it means, and what comes next. `kept` lists what is sealed in a ledger that has ended.
pub(super) fn done(args: &RestoreArgs, config: &Config, restored: &Restored, kept: &str) -> String {
    let (data, file) = (config.ledger.data.display(), args.sources.config.display());
    let Restored { origin, head, begun, .. } = restored;
    let size = head.size;
    let mut text = format!(
        "restored  {}: {origin}, {size} entries; chain, tree and signature verified, and read again from disk\n\
         root      {}\n",
        restored.folder.display(),
        head.root
    );
    match begun {
        None => {
            text += &format!(
                "\nIt goes on under the same origin: the checkpoint that you gave states exactly the end of the \
                 backup.\nIf anything newer was published after all, readers who remember it will refuse this \
                 ledger, and they\nare right: stop the service then, and restore again with --as-new-origin.\n\n\
                 Next:\n  1. {}\n  2. start the service: einsichtd serve --config {file}\n     \
                 (the first start rebuilds what is derived from the log; after more than 31 days it needs \
                 --accept-clock)\n  \
                 3. have somebody verify it who remembers the ledger: einsicht verify URL --vkey {VKEY}",
                key(config),
            );
        }
        Some(verifier) => {
            text += &format!(
                "begun     {data}: {}, whose first entry names the ledger above as its predecessor\n\n\
                 What this means:\n  \
                 - What was recorded after the backup is not in any ledger now. Services that kept receipts can \
                 show it.\n  \
                 - The old ledger has ended. Nothing is ever added to it; it stays readable in {}\n  \
                 - Readers refuse the new ledger until they have its key: hand out {data}/{VKEY} as you\n    \
                 handed out the old one, and say in public why there is a new ledger, and where the old one \
                 ends:\n    {origin}, {size} entries, root (hex) {}\n\n\
                 Next:\n  \
                 1. back up the keys in {} apart from the data\n  \
                 2. give the new verifier key to services and auditors:\n     {verifier}\n  \
                 3. start the service: einsichtd serve --config {file}\n  \
                 4. publish the old ledger: einsichtd export --data {} DIR",
                config.ledger.origin,
                restored.folder.display(),
                to_hex(head.root.as_bytes()),
                config.keys_dir.display(),
                restored.folder.display(),
            );
            if !kept.is_empty() {
                text += &format!(
                    "\n  5. what is sealed in the old ledger no service erases. Delete it by hand when its time is over, with \
                     its\n     keys (docs/operations.md, Backup and restore); the service reminds you:\n{kept}"
                );
            }
        }
    }
    text
}

fn key(config: &Config) -> String {
    let path = config.keys_dir.join(KEY_FILE);
    match path.exists() {
        true => format!("the signing key is there: {}", path.display()),
        false => format!(
            "put the signing key from your backup of the keys at {}; a new key\n     can't continue this ledger. \
             Without it, restore with --as-new-origin",
            path.display()
        ),
    }
}
