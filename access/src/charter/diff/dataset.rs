//! What changes of data sets: property by property, for these are what is changed most.

use super::Comparison;
use crate::charter::{Charter, Dataset, DatasetList, Listed, RuleField};
use crate::sentence::{Language, choice, days, list_name, named, personal, records, retention_term, titled};

impl Comparison<'_> {
    pub(super) fn datasets(&mut self) {
        let (old, new) = (self.old, self.new);
        for before in old.datasets() {
            match new.dataset(before.id.as_bytes()) {
                Some(after) => self.dataset(before, after),
                None => self.tell(|language| {
                    let name = titled(&before.titles, &before.id, language);
                    language.pick(
                        format!("Der Datenbestand {name} entfällt; was eine Regel über ihn fragt, lässt sich dann nicht mehr prüfen."),
                        format!("The data set {name} is dropped; what a rule asks of it can then no longer be verified."),
                    )
                }),
            }
        }
        for added in new.datasets().iter().filter(|one| old.dataset(one.id.as_bytes()).is_none()) {
            self.tell(|language| {
                let says = new.dataset_sentence(added, language);
                language.pick(format!("Neu: {says}"), format!("New: {says}"))
            });
        }
    }

    fn dataset(&mut self, before: &Dataset, after: &Dataset) {
        let id = &before.id;
        self.titles(&before.titles, &after.titles, |language| {
            language.pick(format!("Der Datenbestand {id}"), format!("The data set {id}"))
        });
        if before.personal != after.personal {
            self.tell(|language| {
                let (from, to) = (personal(before.personal, language), personal(after.personal, language));
                language.pick(
                    format!("{id} enthielt {from} und enthält {to}."),
                    format!("{id} held {from} and holds {to}."),
                )
            });
        }
        for list in DatasetList::ALL {
            self.list(before, after, list);
        }
        self.limit(
            id,
            [before.record_ceiling, after.record_ceiling],
            ["die Obergrenze für", "the ceiling for"],
            records,
        );
        let of_use = [before.keep_days.map(u64::from), after.keep_days.map(u64::from)];
        self.limit(id, of_use, ["die Nutzungsdauer von", "the term of use of"], days);
        if before.retention_class != after.retention_class {
            self.tell(|language| retention_change(before, after, language));
        }
        if before.sensor != after.sensor {
            self.tell(|language| match after.sensor {
                true => {
                    language.pick(format!("{id} ist jetzt ein Sensor."), format!("{id} is a sensor now."))
                }
                false => language
                    .pick(format!("{id} ist kein Sensor mehr."), format!("{id} is no sensor any more.")),
            });
        }
    }

    /// A number that rises, falls, comes or goes.
    fn limit(
        &mut self,
        id: &str,
        [from, to]: [Option<u64>; 2],
        what: [&str; 2],
        told: impl Fn(u64, Language) -> String,
    ) {
        if from == to {
            return;
        }
        self.tell(|language| {
            let what = language.pick(what[0], what[1]);
            let said = match (from, to) {
                (Some(from), Some(to)) => {
                    let verb = if to > from {
                        language.pick("steigt", "rises")
                    } else {
                        language.pick("sinkt", "falls")
                    };
                    let bare = language.number(from);
                    language.pick(
                        format!("{what} {id} {verb} von {bare} auf {}", told(to, language)),
                        format!("{what} {id} {verb} from {bare} to {}", told(to, language)),
                    )
                }
                (None, Some(to)) => language.pick(
                    format!("{what} {id} ist jetzt {}", told(to, language)),
                    format!("{what} {id} is now {}", told(to, language)),
                ),
                _ => language.pick(format!("{what} {id} entfällt"), format!("{what} {id} is dropped")),
            };
            let mut letters = said.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            format!("{first}{}.", letters.as_str())
        });
    }

    fn list(&mut self, before: &Dataset, after: &Dataset, list: DatasetList) {
        let (old, new, id) = (self.old, self.new, &before.id);
        let (from, to) = (items(before, list), items(after, list));
        match (&from, &to) {
            (Some(from), Some(to)) => {
                let gone: Vec<&Item<'_>> = from.iter().filter(|item| !to.contains(item)).collect();
                let come: Vec<&Item<'_>> = to.iter().filter(|item| !from.contains(item)).collect();
                for (charter, changed, words) in [
                    (old, gone, ["nicht mehr", "no longer lists"]),
                    (new, come, ["jetzt auch", "now also lists"]),
                ] {
                    if changed.is_empty() {
                        continue;
                    }
                    self.tell(|language| {
                        let items: Vec<_> =
                            changed.iter().map(|item| item.told(charter, list, language)).collect();
                        let (what, how) = (list_name(list, language), language.pick(words[0], words[1]));
                        // The dative.
                        let ending = if what.ends_with('n') { "" } else { "n" };
                        language.pick(
                            format!("{id} nennt unter den {what}{ending} {how}: {}.", items.join(", ")),
                            format!("{id} {how} among its {what}: {}.", items.join(", ")),
                        )
                    });
                }
            }
            (None, Some(to)) => self.tell(|language| {
                let items: Vec<_> = to.iter().map(|item| item.told(new, list, language)).collect();
                let what = list_name(list, language);
                language.pick(
                    format!("{id} nennt jetzt {what}: {}.", items.join(", ")),
                    format!("{id} now lists {what}: {}.", items.join(", ")),
                )
            }),
            (Some(_), None) => self.tell(|language| {
                let what = list_name(list, language);
                language
                    .pick(format!("{id} nennt keine {what} mehr."), format!("{id} lists no {what} any more."))
            }),
            (None, None) => {}
        }
    }
}

fn retention_change(before: &Dataset, after: &Dataset, language: Language) -> String {
    let id = &before.id;
    let term = |class| retention_term(class, language);
    match (before.retention_class.map(term), after.retention_class.map(term)) {
        (Some(from), Some(to)) => language.pick(
            format!("Versiegelte Angaben zu {id} werden nicht mehr {from} aufbewahrt, sondern {to}."),
            format!("Sealed values of {id} are no longer kept {from} but {to}."),
        ),
        (None, Some(to)) => language.pick(
            format!("Versiegelte Angaben zu {id} werden jetzt {to} aufbewahrt; bisher nannte die Charta keine Frist."),
            format!("Sealed values of {id} are now kept {to}; the charter named no term until now."),
        ),
        (from, _) => {
            let from = from.unwrap_or_default();
            language.pick(
                format!("Für versiegelte Angaben zu {id} nennt die Charta keine Frist mehr; bisher wurden sie {from} aufbewahrt."),
                format!("The charter no longer names a term for sealed values of {id}; until now they were kept {from}."),
            )
        }
    }
}

/// An item of a list.
#[derive(PartialEq)]
enum Item<'a> {
    Code(&'a str),
    Operation(i32),
}

impl Item<'_> {
    fn told(&self, charter: &Charter, list: DatasetList, language: Language) -> String {
        match (self, list.register()) {
            (Self::Code(code), Some(register)) => named(charter, register, code, language),
            (Self::Code(code), None) => (*code).to_owned(),
            (Self::Operation(number), _) => choice(RuleField::Operation, *number, language),
        }
    }
}

fn items(dataset: &Dataset, list: DatasetList) -> Option<Vec<Item<'_>>> {
    Some(match dataset.list(list)? {
        Listed::Codes(codes) => codes.iter().map(|code| Item::Code(code)).collect(),
        Listed::Operations(numbers) => numbers.iter().map(|number| Item::Operation(*number)).collect(),
    })
}
