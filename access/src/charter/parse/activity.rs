//! Processing activities, and what their accesses inherit.

use super::Entry;
use super::reader::{Reader, Table};
use crate::charter::problem::Reason;
use crate::charter::{Activity, Register, StaticFacts};
use crate::limits::{NORM_BYTES_MAX, REFERENCE_BYTES_MAX};
use crate::sentence::Bilingual;

impl Reader<'_> {
    pub(super) fn activity(&mut self, Entry { table, id }: Entry<'_>) -> Option<Activity> {
        let table = &table;
        let titles = self.titles(table, "title", "title_en");
        let datasets = self.datasets_of(table);
        let facts = self.static_facts(table);
        Some(Activity { id: id?, titles: titles?, datasets: datasets?, facts })
    }

    /// One, or several.
    fn datasets_of(&mut self, table: &Table<'_>) -> Option<Vec<String>> {
        match (table.value("dataset"), table.value("datasets")) {
            (Some(one), None) => Some(vec![self.code_of(Register::Dataset, "dataset", one)?]),
            (None, Some(_)) => self.codes(Register::Dataset, table, "datasets"),
            (None, None) => {
                let owner = table.owner.clone();
                let help = Bilingual::fixed(
                    "die Datenbestände, um die es geht; oder dataset, wenn es einer ist",
                    "the data sets that it is about, or dataset if it is one",
                );
                self.problems.add(&table.span, || Reason::Missing { owner, key: "datasets", help });
                None
            }
            (Some(_), Some(more)) => {
                let expected =
                    Bilingual::fixed("entweder dataset oder datasets", "either dataset or datasets");
                self.refuse(&more.span(), "datasets", expected, Bilingual::fixed("beides", "both"));
                None
            }
        }
    }

    fn static_facts(&mut self, table: &Table<'_>) -> StaticFacts {
        let number = |reader: &mut Self, key: &'static str| {
            table.value(key).and_then(|value| reader.enumerated(key, key, value))
        };
        let flag = |reader: &mut Self, key: &str| table.value(key).and_then(|value| reader.flag(key, value));
        let code = |reader: &mut Self, register: Register| {
            let key = register.table();
            table.value(key).and_then(|value| reader.code_of(register, key, value))
        };
        let text = |reader: &mut Self, key: &str, bytes_max: usize| {
            table.value(key).and_then(|value| reader.text_of(key, value, bytes_max))
        };
        let categories = table
            .value("categories")
            .and_then(|value| self.list("categories", value, |reader, item| reader.code("categories", item)));
        StaticFacts {
            purpose: code(self, Register::Purpose),
            unit: code(self, Register::Unit),
            role: code(self, Register::Role),
            actor_kind: number(self, "actor_kind"),
            legal_basis: code(self, Register::LegalBasis),
            national_norm: text(self, "national_norm", NORM_BYTES_MAX),
            recipient: code(self, Register::Recipient),
            categories: categories.unwrap_or_default(),
            processing: number(self, "processing"),
            secondary_use: flag(self, "secondary_use"),
            consideration: flag(self, "consideration"),
            storage_location: code(self, Register::StorageLocation),
            announcement: text(self, "announcement", REFERENCE_BYTES_MAX),
            announced_on: table.value("announced_on").and_then(|value| self.day("announced_on", value)),
            approval: text(self, "approval", REFERENCE_BYTES_MAX),
        }
    }
}
