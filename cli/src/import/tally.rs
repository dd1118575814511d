//! What became of the records of an import.

use serde_json::{Value, json};

use super::line::LineError;
use crate::output::{complain, counted, grouped};

/// Most rejected records that are told one by one.
const TOLD_MAX: u64 = 20;

/// How many records there were, and what became of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Recorded now.
    pub recorded: u64,
    /// Recorded by an earlier import.
    pub already: u64,
    /// No accesses, says the mapping.
    pub skipped: u64,
    /// Could not be recorded.
    pub rejected: u64,
    /// First and last index of what was recorded now.
    pub entries: Option<(u64, u64)>,
}

impl Tally {
    /// All of them.
    pub fn records(&self) -> u64 {
        self.recorded + self.already + self.skipped + self.rejected
    }

    /// Counts a rejected record and, if there were few so far, tells it.
    pub fn reject(&mut self, line: u64, error: &LineError) {
        self.rejected += 1;
        if self.rejected <= TOLD_MAX {
            complain(&format!("line {line}: {error}"));
        } else if self.rejected == TOLD_MAX + 1 {
            complain("further rejected lines are only counted");
        }
    }

    /// Counts a record that was recorded now.
    pub fn record(&mut self, index: u64) {
        self.recorded += 1;
        let (first, last) = self.entries.unwrap_or((index, index));
        self.entries = Some((first.min(index), last.max(index)));
    }

    /// The lines of a summary.
    pub fn summary(&self) -> Vec<String> {
        let entries = self.entries.map(|(first, last)| format!("   entries {first} to {last}"));
        let line =
            |name: &str, number: u64, more: &str| format!("  {name:<16} {:>12}{more}", grouped(number));
        let mut lines = vec![
            line("recorded now", self.recorded, entries.as_deref().unwrap_or_default()),
            line("recorded before", self.already, ""),
        ];
        if self.skipped > 0 {
            lines.push(line("skipped", self.skipped, "   no accesses, says the mapping"));
        }
        if self.rejected > 0 {
            lines.push(line("rejected", self.rejected, "   see above; correct the mapping and import again"));
        }
        lines
    }

    /// In one sentence, for a dry run.
    pub fn forecast(&self) -> String {
        format!(
            "{}: {} would be recorded, {} skipped, {} rejected",
            counted(self.records(), "record", "records"),
            grouped(self.recorded),
            grouped(self.skipped),
            grouped(self.rejected)
        )
    }

    /// For programmes.
    pub fn to_json(&self) -> Value {
        json!({
            "records": self.records(),
            "recorded": self.recorded,
            "already_recorded": self.already,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "first_index": self.entries.map(|(first, _)| first),
            "last_index": self.entries.map(|(_, last)| last),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_counted_once() {
        let mut tally = Tally { already: 2, skipped: 3, ..Tally::default() };
        tally.reject(7, &LineError::Layout);
        [9, 8, 10].into_iter().for_each(|index| tally.record(index));
        assert_eq!((tally.records(), tally.entries), (9, Some((8, 10))));
        let summary = tally.summary().join("\n");
        assert!(
            summary.contains("entries 8 to 10") && summary.contains("rejected                    1"),
            "{summary}"
        );
        assert_eq!(tally.to_json()["last_index"], 10);
    }
}
