//! One flag per field of an event, from the table of the fields.

use std::fmt;
use std::sync::LazyLock;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use einsicht_access::field::{FIELDS, Field, Kind};
use einsicht_proto::v1::AccessEvent;

/// Fields that the environment can give, as for services that use the client library.
const FROM_ENVIRONMENT: [(&str, &str); 3] =
    [("unit", "EINSICHT_UNIT"), ("role", "EINSICHT_ROLE"), ("actor_kind", "EINSICHT_ACTOR_KIND")];
/// Lists whose items are given one by one: the flag is called after one of them, and the name of the field too.
const ONE_BY_ONE: [(&str, &str); 2] = [("subjects", "subject"), ("record_keys", "record-key")];
/// Where the flags of sealed fields stand in the help. They are few words because there is a better way.
const SEALED_HEADING: &str = "Event, sealed (other users of this machine see command lines: better --from)";

/// The fields of an event that were given on the command line, in the order of the table. Not printed: they
/// may be personal.
#[derive(Clone, Default)]
pub struct EventFlags {
    given: Vec<(&'static Field, Vec<String>)>,
}

/// A flag; clap wants names that live as long as the programme.
struct Flag {
    field: &'static Field,
    long: String,
    /// The name of the field, where the flag is called otherwise.
    alias: Option<String>,
    choices: Vec<String>,
}

static FLAGS: LazyLock<Vec<Flag>> = LazyLock::new(|| {
    let flag = |field: &'static Field| {
        let name = field.name.replace('_', "-");
        let one = ONE_BY_ONE.iter().find(|(list, _)| *list == field.name);
        let (long, alias) = match one {
            Some((_, one)) => ((*one).to_owned(), Some(name)),
            None => (name, None),
        };
        Flag { field, long, alias, choices: field.choices() }
    };
    FIELDS.iter().map(flag).collect()
});

impl EventFlags {
    /// Sets every field that was given, unless `is_set` says that the event has it already.
    pub fn fill(&self, event: &mut AccessEvent, is_set: impl Fn(&Field) -> bool) {
        for (field, values) in self.given.iter().filter(|(field, _)| !is_set(field)) {
            for value in values {
                // Every value was tried when the command line was read.
                let _ = field.set(event, value);
            }
        }
    }

    /// Whether the field was given.
    pub fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(field, _)| field.name == name)
    }
}

impl fmt::Debug for EventFlags {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.given.iter().map(|(field, _)| field.name);
        formatter.debug_list().entries(names).finish()
    }
}

impl Args for EventFlags {
    fn augment_args(command: Command) -> Command {
        command.next_help_heading("Event").args(FLAGS.iter().map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for EventFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for flag in FLAGS.iter() {
            let Some(values) = matches.get_many::<String>(flag.field.name) else { continue };
            let values: Vec<_> = values.filter(|value| !value.is_empty()).cloned().collect();
            if values.is_empty() {
                continue;
            }
            for value in &values {
                let tried = flag.field.set(&mut AccessEvent::default(), value);
                tried.map_err(|error| clap::Error::raw(ErrorKind::InvalidValue, format!("{error}\n")))?;
            }
            self.given.push((flag.field, values));
        }
        Ok(())
    }
}

fn argument(flag: &'static Flag) -> Arg {
    let kind = flag.field.kind();
    let mut argument = Arg::new(flag.field.name).long(flag.long.as_str()).help(flag.field.help);
    argument = argument.value_name(value_name(kind)).visible_aliases(flag.alias.as_deref());
    if flag.field.is_sealed() {
        // The value is not for messages.
        argument = argument.help_heading(SEALED_HEADING).value_parser(clap::value_parser!(String));
    }
    argument = argument.action(if kind.is_list() { ArgAction::Append } else { ArgAction::Set });
    if !flag.choices.is_empty() {
        argument = argument.value_parser(PossibleValuesParser::new(flag.choices.iter().map(String::as_str)));
    }
    if kind == Kind::Flag {
        // `--secondary-use` alone means true.
        argument = argument.num_args(0..=1).require_equals(true).default_missing_value("true");
    }
    // A variable that is set to nothing counts as not set.
    let is_usable = |variable| std::env::var_os(variable).is_none_or(|value| !value.is_empty());
    match FROM_ENVIRONMENT.iter().find(|(name, _)| *name == flag.field.name) {
        Some((_, variable)) if is_usable(variable) => argument.env(variable).hide_env_values(true),
        _ => argument,
    }
}

fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Code => "CODE",
        Kind::Codes => "CODE,…",
        Kind::Text | Kind::Texts => "TEXT",
        Kind::Choice => "VALUE",
        Kind::Flag => "true|false",
        Kind::Count => "NUMBER",
        Kind::Day => "YYYY-MM-DD",
        Kind::Time => "TIME",
        Kind::Uuid => "UUID",
        Kind::Subjects => "SCHEME:ID",
        Kind::Hex { .. } => "HEX",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<AccessEvent, clap::Error> {
        let command = EventFlags::augment_args(Command::new("test"));
        let matches = command.try_get_matches_from([&["test"], arguments].concat())?;
        let mut event = AccessEvent::default();
        EventFlags::from_arg_matches(&matches)?.fill(&mut event, |_| false);
        Ok(event)
    }

    #[test]
    fn every_public_field_has_a_flag_of_its_name() {
        let event = read(&[
            "--dataset",
            "besuchertrend",
            "--operation",
            "query",
            "--record-count",
            "7",
            "--secondary-use",
            "--consideration=false",
            "--categories",
            "ort,zeit",
            "--categories",
            "anzahl",
            "--announced-on",
            "2020-10-08",
        ])
        .unwrap();
        assert_eq!(
            (event.dataset.as_str(), event.operation, event.record_count),
            ("besuchertrend", 3, Some(7))
        );
        assert_eq!((event.secondary_use, event.consideration), (Some(true), Some(false)));
        assert_eq!(event.categories, ["ort", "zeit", "anzahl"]);
        assert_eq!(event.announced_on_day, Some(18_543));
    }

    #[test]
    fn sealed_fields_have_flags_and_a_wrong_value_is_not_repeated() {
        let event =
            read(&["--subject", "person:4711", "--subjects", "halter:UL-X 1", "--actor", "Erika"]).unwrap();
        let ids: Vec<_> = event.subjects.iter().map(|subject| (&*subject.scheme, &*subject.id)).collect();
        assert_eq!(ids, [("person", "4711"), ("halter", "UL-X 1")]);
        assert_eq!(event.actor.as_deref(), Some("Erika"));
        let event = read(&["--record-key", "a,b", "--record-key", "c", "--confidential-until", "2030-01-01"])
            .unwrap();
        assert_eq!(
            (event.record_keys, event.confidential_until_day),
            (vec!["a,b".into(), "c".into()], Some(21_915))
        );
        let error = read(&["--subject", "Erika"]).unwrap_err().to_string();
        assert!(error.contains("scheme:id") && !error.contains("Erika"), "{error}");
        let help = EventFlags::augment_args(Command::new("test")).render_help().to_string();
        assert!(help.contains("--client-address") && help.contains("see command lines"), "{help}");
    }

    #[test]
    fn what_was_given_is_not_printed() {
        let command = EventFlags::augment_args(Command::new("test"));
        let matches = command.try_get_matches_from(["test", "--actor", "Erika"]).unwrap();
        let shown = format!("{:?}", EventFlags::from_arg_matches(&matches).unwrap());
        assert!(shown.contains("actor") && !shown.contains("Erika"), "{shown}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_explained() {
        let error = read(&["--occurred-at", "yesterday"]).unwrap_err().to_string();
        assert!(error.contains("occurred_at must be a time as 2026-11-22T16:39:00+01:00"), "{error}");
        let error = read(&["--operation", "steal"]).unwrap_err().to_string();
        assert!(error.contains("collect, alter, query, disclose, combine, erase"), "{error}");
    }

    #[test]
    fn fields_that_are_set_stay_as_they_are() {
        let command = EventFlags::augment_args(Command::new("test"));
        let matches = command.try_get_matches_from(["test", "--dataset", "flag", "--unit", "u"]).unwrap();
        let flags = EventFlags::from_arg_matches(&matches).unwrap();
        let mut event = AccessEvent { dataset: "own".into(), ..AccessEvent::default() };
        flags.fill(&mut event, |field| field.name == "dataset");
        assert_eq!((event.dataset.as_str(), event.unit.as_deref()), ("own", Some("u")));
        assert!(flags.has("unit") && !flags.has("role"));
    }
}
