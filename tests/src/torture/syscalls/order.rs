//! In which order a process brings to the disk what is sealed: keys before they are used, openings before the frame of
//! their entry, what an erasure is about to do before it does it. `docs/format.md`, Vault.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use super::trace::traced;

const CALLS: &str = "trace=pwrite64,fdatasync,fsync,?rename,?renameat,?renameat2";

/// What a process did to its disk, in order.
pub struct Order {
    calls: Vec<Call>,
}

/// What was seen of it.
#[derive(Debug, Default, Clone, Copy)]
pub struct Seen {
    /// Writes of openings, each synced before the next frame.
    pub openings: u64,
    /// Frames that came behind openings.
    pub frames: u64,
    /// Openings that were overwritten, each behind its journal.
    pub overwritten: u64,
    /// Keys that were durable before something was encrypted with them.
    pub keys: u64,
}

/// A system call that went well. Its lines are those of its begin and of its end.
#[derive(Debug, Clone, PartialEq)]
struct Call {
    name: String,
    /// Relative to the data folder; of a renamed file what it is called then.
    path: String,
    /// Of a write.
    offset: u64,
    begin: usize,
    end: usize,
}

/// A command under trace, seen whole; what it did is written to `log`.
pub fn watched(strace: &Path, log: &Path, program: &Command) -> Command {
    let mut command = Command::new(strace);
    command.args(["-f", "-y", "-qq", "-s", "0", "-e", "signal=none", "-e", CALLS, "-o"]).arg(log);
    traced(command, program)
}

impl Order {
    /// What stands in the log of a trace, of the files in this data folder.
    pub fn read(log: &Path, data: &Path) -> Self {
        let data = fs::canonicalize(data).unwrap();
        Self::parse(&fs::read_to_string(log).unwrap(), data.to_str().unwrap())
    }

    fn parse(log: &str, data: &str) -> Self {
        let (mut calls, mut begun) = (Vec::new(), HashMap::new());
        for (number, line) in log.lines().enumerate() {
            let Some((thread, rest)) = line.split_once(char::is_whitespace) else { continue };
            let rest = rest.trim_start();
            if let Some(first) = rest.strip_suffix("<unfinished ...>") {
                begun.insert(thread, (number, first.to_owned()));
                continue;
            }
            let (begin, text) = match rest.strip_prefix("<... ").and_then(|rest| rest.split_once("resumed>"))
            {
                Some((_, second)) => {
                    let Some((begin, first)) = begun.remove(thread) else { continue };
                    (begin, format!("{first}{second}"))
                }
                None => (number, rest.to_owned()),
            };
            calls.extend(Call::parse(&text, data, (begin, number)));
        }
        Self { calls }
    }

    /// # Panics
    /// Where something came too early.
    pub fn expect_right(&self) -> Seen {
        let (mut seen, mut ends) = (Seen::default(), HashMap::<&str, u64>::new());
        let (mut keys, mut alone) = (HashSet::new(), None);
        for call in self.calls.iter().filter(|call| call.name == "pwrite64") {
            if call.path.starts_with("log/entries/") {
                let unsynced = self.unsynced_openings(call);
                assert_eq!(unsynced, None, "a frame is written, and these openings are not synced: {call:?}");
                alone = None;
                let has_openings = seen.openings > 0;
                seen.frames += u64::from(has_openings);
            } else if call.path.ends_with("/openings") && call.offset > 0 {
                let end = ends.entry(&call.path).or_insert(0);
                let key = self.expect_keys(call);
                keys.insert(key);
                if call.offset < *end {
                    self.expect_journal(call);
                    seen.overwritten += 1;
                } else {
                    *end = call.offset + 1;
                    seen.openings += 1;
                    alone = Some(call);
                }
            }
        }
        // Where each comes behind its frame, it comes before the next one all the same, but for the last.
        assert_eq!(alone, None, "no frame is written behind these openings");
        seen.keys = keys.len() as u64;
        seen
    }

    /// Openings that were written before a call begins, and are not synced by then.
    fn unsynced_openings(&self, before: &Call) -> Option<&Call> {
        let is_openings = |call: &&Call| call.name == "pwrite64" && call.path.ends_with("/openings");
        let mut written = self.calls.iter().filter(is_openings).filter(|call| call.begin < before.begin);
        written.find(|write| !self.is_synced(write, before))
    }

    /// Whether a sync of the same file begins behind a write and ends before a call.
    fn is_synced(&self, write: &Call, before: &Call) -> bool {
        self.comes(write.end, before.begin, "fdatasync", &write.path).is_some()
    }

    /// A call on a file that begins behind one line and ends before another.
    fn comes(&self, behind: usize, before: usize, name: &str, path: &str) -> Option<&Call> {
        let fits = |call: &&Call| call.name == name && call.path == path;
        self.calls.iter().filter(fits).find(|call| call.begin > behind && call.end < before)
    }

    /// The keys of a file's month and class, and of the month's markers, were written, synced and put in their place by
    /// this very process. Returns the first.
    fn expect_keys(&self, use_of: &Call) -> String {
        let [_, month, class, _] = use_of.path.split('/').collect::<Vec<_>>()[..] else {
            panic!("{use_of:?}")
        };
        let keys = [format!("keys/vault/{month}.{class}.key"), format!("keys/markers/{month}.key")];
        for key in &keys {
            assert!(
                self.is_durable(key, use_of),
                "{key} is used, and was not brought to the disk: {use_of:?}"
            );
        }
        let [key, _] = keys;
        key
    }

    fn is_durable(&self, key: &str, before: &Call) -> bool {
        let folder = key.rsplit_once('/').unwrap().0;
        let placed = self.calls.iter().filter(|call| call.end < before.begin).find_map(|write| {
            if write.name != "pwrite64" || write.path.strip_suffix(".new").unwrap_or(&write.path) != key {
                return None;
            }
            let synced = self.comes(write.end, before.begin, "fdatasync", &write.path)?;
            match write.path == key {
                true => Some(synced),
                false => self.comes(synced.end, before.begin, "rename", key),
            }
        });
        placed.is_some_and(|placed| self.comes(placed.end, before.begin, "fsync", folder).is_some())
    }

    /// The journal was written and synced, behind everything that was written to the log so far; and openings that were
    /// overwritten are synced before the journal is emptied.
    fn expect_journal(&self, overwriting: &Call) {
        const JOURNAL: &str = "vault/erasing";
        let of_journal = |call: &&Call| call.name == "pwrite64" && call.path == JOURNAL;
        let mut journal = self.calls.iter().filter(of_journal);
        let stated = journal.clone().rfind(|call| call.end < overwriting.begin);
        let stated = stated.unwrap_or_else(|| panic!("overwritten without a journal: {overwriting:?}"));
        assert!(
            self.is_synced(stated, overwriting),
            "overwritten before the journal is synced: {overwriting:?}"
        );
        let mut frame =
            self.calls.iter().filter(|call| call.name == "pwrite64" && call.path.starts_with("log/entries/"));
        let frame = frame.rfind(|call| call.end < overwriting.begin);
        let frame = frame.unwrap_or_else(|| panic!("overwritten without an entry: {overwriting:?}"));
        assert!(self.is_synced(frame, stated), "erased before its entry is synced: {overwriting:?}");
        let emptied = journal.find(|call| call.begin > overwriting.end);
        let is_synced = emptied.is_some_and(|emptied| self.is_synced(overwriting, emptied));
        assert!(is_synced, "the journal is emptied before what it states is synced: {overwriting:?}");
    }
}

impl Call {
    /// `pwrite64(9</data/vault/…>, ""..., 200, 69) = 200`, `rename("/data/a.new", "/data/a") = 0`
    fn parse(text: &str, data: &str, (begin, end): (usize, usize)) -> Option<Self> {
        let (call, result) = text.rsplit_once(" = ")?;
        let (name, arguments) = call.split_once('(')?;
        let arguments = arguments.trim_end().strip_suffix(')')?;
        if result.starts_with('-') {
            return None;
        }
        let name = if name.starts_with("rename") { "rename" } else { name };
        let path = match name {
            "rename" => arguments.rsplit('"').nth(1)?,
            _ => arguments.split_once('<')?.1.split_once('>')?.0,
        };
        let path = path.strip_prefix(data)?.trim_start_matches('/').to_owned();
        let last = arguments.rsplit(", ").next()?.trim_end();
        let offset = if name == "pwrite64" { last.parse().expect("no offset in a trace") } else { 0 };
        Some(Self { name: name.to_owned(), path, offset, begin, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a right process does: keys, openings, frame, and an erasure.
    const RIGHT: [&str; 21] = [
        "1 pwrite64(3</d/keys/markers/2026-11.key.new>, \"\"..., 84, 0) = 84",
        "1 fdatasync(3</d/keys/markers/2026-11.key.new>) = 0",
        "1 rename(\"/d/keys/markers/2026-11.key.new\", \"/d/keys/markers/2026-11.key\") = 0",
        "1 fsync(4</d/keys/markers>) = 0",
        "1 pwrite64(3</d/keys/vault/2026-11.P12M.key.new>, \"\"..., 84, 0) = 84",
        "1 fdatasync(3</d/keys/vault/2026-11.P12M.key.new>) = 0",
        "1 rename(\"/d/keys/vault/2026-11.P12M.key.new\", \"/d/keys/vault/2026-11.P12M.key\") = 0",
        "1 fsync(4</d/keys/vault>) = 0",
        "2 pwrite64(7</d/vault/2026-11/P12M/openings>, \"\"..., 70, 0) = 70",
        "2 fdatasync(7</d/vault/2026-11/P12M/openings>) = 0",
        "2 pwrite64(7</d/vault/2026-11/P12M/openings>, \"\"..., 200, 70) = 200",
        "2 fdatasync(7</d/vault/2026-11/P12M/openings> <unfinished ...>",
        "3 fsync(9</d/log>) = 0",
        "2 <... fdatasync resumed>) = 0",
        "2 pwrite64(8</d/log/entries/0.seg>, \"\"..., 300, 500) = 300",
        "2 fdatasync(8</d/log/entries/0.seg>) = 0",
        "4 pwrite64(9</d/vault/erasing>, \"\"..., 250, 0) = 250",
        "4 fdatasync(9</d/vault/erasing>) = 0",
        "4 pwrite64(7</d/vault/2026-11/P12M/openings>, \"\"..., 100, 52) = 100",
        "4 fdatasync(7</d/vault/2026-11/P12M/openings>) = 0",
        "4 pwrite64(9</d/vault/erasing>, \"\"..., 250, 0) = 250",
    ];

    fn without(lines: &[usize]) -> String {
        let left = RIGHT.iter().enumerate().filter(|(number, _)| !lines.contains(number));
        left.map(|(_, line)| format!("{line}\n")).collect()
    }

    #[test]
    fn the_right_order_is_found_right() {
        let seen = Order::parse(&without(&[]), "/d").expect_right();
        assert_eq!((seen.openings, seen.frames, seen.overwritten, seen.keys), (1, 1, 1, 1));
    }

    /// So a trace shows it where another thread's call comes in between.
    #[test]
    fn a_call_in_two_lines_is_the_same_call() {
        let halves = RIGHT.map(|line| {
            let (call, result) = line.split_once(") = ").unwrap_or((line, ""));
            let (thread, name) = line.split_once(' ').unwrap();
            match (line.contains("<"), result) {
                (true, result) if !result.is_empty() && !line.contains("resumed") => {
                    let name = name.split_once('(').unwrap().0;
                    format!("{call} <unfinished ...>\n{thread} <... {name} resumed>) = {result}\n")
                }
                _ => format!("{line}\n"),
            }
        });
        let seen = Order::parse(&halves.concat(), "/d").expect_right();
        assert_eq!((seen.openings, seen.frames, seen.overwritten, seen.keys), (1, 1, 1, 1));
    }

    #[test]
    fn whatever_is_not_synced_in_time_is_found() {
        for missing in [&[1][..], &[2], &[3], &[5], &[6], &[7], &[9, 11, 13], &[15], &[16, 17], &[17], &[19]]
        {
            let order = Order::parse(&without(missing), "/d");
            let found = std::panic::catch_unwind(|| order.expect_right());
            assert!(found.is_err(), "without {missing:?}: {found:?}");
        }
    }

    #[test]
    fn openings_behind_their_frame_are_found() {
        let lines = [&RIGHT[..10], &RIGHT[14..16], &RIGHT[10..14]].concat().join("\n");
        let found = std::panic::catch_unwind(|| Order::parse(&lines, "/d").expect_right());
        assert!(found.is_err(), "{found:?}");
    }

    #[test]
    fn a_frame_beside_the_sync_of_its_openings_is_found() {
        let mut lines = RIGHT.to_vec();
        lines.swap(13, 14);
        let log: String = lines.iter().map(|line| format!("{line}\n")).collect();
        assert!(std::panic::catch_unwind(|| Order::parse(&log, "/d").expect_right()).is_err());
    }
}
