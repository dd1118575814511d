//! What the table of keys writes is read back as it was.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use einsicht_access::SealedField;
use proptest::prelude::*;
use proptest::sample::subsequence;

use super::{read, read_with, sources};
use crate::config::{
    CALLER_SETTINGS, Caller, Config, Datasets, Key, Kind, Presence, Role, SETTINGS, Shape, example, setting,
};

/// Values by key.
type Texts = BTreeMap<&'static str, String>;

#[test]
fn names_variables_and_examples_of_the_table_are_sound() {
    let (mut names, mut variables) = (HashSet::new(), HashSet::new());
    for key in SETTINGS {
        assert!(names.insert(key.name) && variables.insert(key.variable()), "{}", key.name);
        assert!(key.documentation.ends_with('.'), "{}", key.name);
    }
}

#[test]
fn the_example_can_be_used_as_it_is_and_with_everything_in_it() {
    let example = example();
    assert_eq!(read(&example).unwrap().config.callers, []);
    let lines = example.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => setting.to_owned(),
        _ => line.to_owned(),
    });
    // The wrapping key has one source, so two of them are tried one after the other.
    let everything: Vec<String> = lines.collect();
    let without = |left_out: &str| {
        let lines = everything.iter().filter(|line| !line.starts_with(left_out));
        read(&lines.cloned().collect::<Vec<_>>().join("\n")).unwrap()
    };
    let command = without("wrapping_key_file");
    assert!(command.places["vault.wrapping_key_command"].line().is_some());
    let loaded = without("wrapping_key_command");
    for key in SETTINGS.iter().filter(|key| key.name != "vault.wrapping_key_command") {
        assert!(loaded.places[key.name].line().is_some(), "the example does not set {}", key.name);
    }
    let recorder = &loaded.config.callers[0];
    for key in CALLER_SETTINGS {
        assert_eq!(recorder.text_of(key).as_deref(), Some(key.example), "{}", key.name);
    }
    assert!(example.lines().all(|line| line.chars().count() <= 102), "lines are short");
}

#[test]
fn nobody_knows_a_token_of_the_example() {
    let example = example();
    let hashes: Vec<&str> =
        example.split('"').filter(|text| text.len() == 64 && !text.contains(' ')).collect();
    assert_eq!(hashes.len(), 2, "one caller of the example has one each");
    // A pattern, and so the SHA-256 of nothing that anybody could try.
    for hash in hashes {
        assert!(hash.as_bytes().chunks(16).all(|part| hash.as_bytes().starts_with(part)), "{hash}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(config in any_config()) {
        let read = read(&to_toml(&config)).unwrap();
        prop_assert_eq!(&read.config, &config);
    }

    /// Whatever a setting is given by, it is the same setting.
    #[test]
    fn environment_and_set_give_what_a_file_gives(config in any_config()) {
        let texts = texts_of(&config);
        let (mut file, mut environment, mut set) = (Texts::new(), Vec::new(), Vec::new());
        for (i, (name, text)) in texts.iter().enumerate() {
            match i % 3 {
                0 => drop(file.insert(name, text.clone())),
                1 => environment.push((setting(name).unwrap().variable(), text.clone())),
                _ => set.push(format!("{name}={text}")),
            }
        }
        let environment: Vec<_> = environment.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let set: Vec<_> = set.iter().map(String::as_str).collect();
        let text = tables(SETTINGS, &file, "") + &callers(&config);
        let read = read_with(&text, &sources(&set, &environment)).unwrap();
        prop_assert_eq!(&read.config, &config);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", table in 0..SETTINGS.len(), value in "\\PC{0,40}") {
        let _ = read(&text);
        let key = &SETTINGS[table];
        let _ = read(&format!("[{}]\n{} = {value}\n", key.table_and_name().0, key.table_and_name().1));
    }
}

fn texts_of(config: &Config) -> Texts {
    SETTINGS.iter().filter_map(|key| Some((key.name, config.text_of(key)?))).collect()
}

fn to_toml(config: &Config) -> String {
    tables(SETTINGS, &texts_of(config), "") + &callers(config)
}

fn callers(config: &Config) -> String {
    let text_of = |caller: &Caller| -> Texts {
        CALLER_SETTINGS.iter().filter_map(|key| Some((key.name, caller.text_of(key)?))).collect()
    };
    let table = |caller| format!("[[caller]]\n{}", tables(CALLER_SETTINGS, &text_of(caller), "caller."));
    config.callers.iter().map(table).collect()
}

fn tables(keys: &[Key], texts: &Texts, prefix: &str) -> String {
    let mut toml = String::new();
    let mut last = "";
    for key in keys {
        let Some(text) = texts.get(key.name) else { continue };
        let (table, _) = key.table_and_name();
        if table != last {
            toml.push_str(&format!("[{prefix}{table}]\n"));
            last = table;
        }
        toml.push_str(&format!("{}\n", key.toml_line(text)));
    }
    toml
}

fn any_config() -> impl Strategy<Value = Config> {
    let callers = subsequence((0..6).collect::<Vec<u8>>(), 0..=6)
        .prop_flat_map(|numbers| numbers.into_iter().map(any_caller).collect::<Vec<_>>());
    (any_settings(), callers).prop_map(|(texts, callers)| {
        // Read once, to have the types; the callers are made with types.
        let file = tables(SETTINGS, &texts, "");
        let mut config = super::parse(&file, Path::new("/etc/einsicht"), &sources(&[], &[])).unwrap().config;
        if config.tls_internal.as_ref().is_some_and(|tls| tls.client_ca.is_some()) {
            config.callers = callers;
        } else {
            config.callers = callers.into_iter().filter(|caller| caller.certificates.is_empty()).collect();
        }
        config
    })
}

/// Any settings that can be used together.
fn any_settings() -> impl Strategy<Value = Texts> {
    let each: Vec<_> =
        SETTINGS.iter().map(|key| (Just(key.name), any_value(key.kind), any::<bool>()).boxed()).collect();
    (each, any::<[bool; 2]>()).prop_map(|(each, tls)| {
        let mut texts = Texts::new();
        for (name, text, is_said) in each {
            let is_said = match (setting(name).unwrap().presence, name) {
                (Presence::Required, _) => true,
                (_, "tls.internal.client_ca") => is_said && tls[0],
                (Presence::RequiredInItsTable, name) if name.starts_with("tls.internal") => tls[0],
                (Presence::RequiredInItsTable, _) => tls[1],
                _ => is_said,
            };
            if is_said {
                texts.insert(name, text);
            }
        }
        texts.insert("keys.dir", format!("/keys{}", texts["keys.dir"]));
        if let Some(path) = texts.get_mut("vault.wrapping_key_file") {
            *path = format!("/wrapping{path}");
            texts.remove("vault.wrapping_key_command");
        }
        for (listen, has_tls, loopback) in
            [("listen.internal", tls[0], "127.0.0.1:1"), ("listen.public", tls[1], "[::1]:2")]
        {
            if !has_tls && texts.contains_key(listen) {
                texts.insert(listen, loopback.to_owned());
            }
        }
        // No two listeners on one address, also where nothing is said of the first.
        let Presence::Default(otherwise) = setting("listen.internal").unwrap().presence else {
            unreachable!()
        };
        let internal = texts.get("listen.internal").map_or(otherwise, String::as_str).to_owned();
        if texts.get("listen.public") == Some(&internal) {
            texts.remove("listen.public");
        }
        texts
    })
}

fn any_value(kind: Kind) -> BoxedStrategy<String> {
    match kind {
        Kind::One(shape) => any_text(shape),
        // Each once: a data set has one retention class.
        Kind::Many(Shape::DatasetRetention) => any_text(Shape::Retention)
            .prop_map(|class| format!("besuchertrend={class} schön/é:1=P3M"))
            .boxed(),
        Kind::Many(shape) => {
            proptest::collection::vec(any_text(shape), 1..4).prop_map(|items| items.join(" ")).boxed()
        }
    }
}

fn any_text(shape: Shape) -> BoxedStrategy<String> {
    match shape {
        Shape::Origin => "[a-zäß][a-z.äß/0-9]{0,30}".boxed(),
        // Also what TOML must escape, and what could be taken for something else.
        Shape::Path => "/[ -~äß€\t]{1,20}[a-z]".boxed(),
        Shape::Address => any::<std::net::SocketAddrV4>().prop_map(|address| address.to_string()).boxed(),
        Shape::Boolean => any::<bool>().prop_map(|value| value.to_string()).boxed(),
        Shape::Integer { min, max } => (min..=max).prop_map(|value| value.to_string()).boxed(),
        Shape::Code => "[a-zäß][a-z.äß/0-9:-]{0,10}".boxed(),
        Shape::Word => "[!-~]{1,10}[a-z]".boxed(),
        Shape::Retention => {
            prop_oneof![Just("next-year-end".to_owned()), (0..=1200u32).prop_map(|n| format!("P{n}M"))]
                .boxed()
        }
        Shape::Hold => (1..=12u32, any::<bool>())
            .prop_map(|(month, class)| format!("2026-{month:02}{}", if class { "/P12M" } else { "" }))
            .boxed(),
        Shape::SealedField => proptest::sample::select(SealedField::ALL.map(SealedField::name).to_vec())
            .prop_map(str::to_owned)
            .boxed(),
        other => panic!("{other:?} is for callers"),
    }
}

/// Any caller that can be there beside those of other numbers.
fn any_caller(number: u8) -> impl Strategy<Value = Caller> {
    let role = prop_oneof![
        Just(Role::Recorder(Datasets::All)),
        subsequence(vec!["a".to_owned(), "schön/é".to_owned(), "c:1".to_owned()], 1..=3)
            .prop_map(|codes| Role::Recorder(Datasets::Only(codes))),
        Just(Role::Auditor),
        Just(Role::Steward),
        Just(Role::Monitor),
    ];
    let limits = (1..=10_000_000u32, 1..=10_000_000u32, 1..=1_000_000usize);
    (role, 1..=3usize, 0..=2usize, limits).prop_map(move |(role, tokens, names, limits)| {
        let is_steward = role == Role::Steward;
        let mark = |i: usize| number * 10 + u8::try_from(i).unwrap();
        let names = if is_steward { names.max(1) } else { names };
        let tokens = if is_steward { 0 } else { tokens };
        Caller {
            name: format!("caller-{number}"),
            role,
            token_hashes: (0..tokens).map(|i| einsicht_tlog::Hash([mark(i); 32])).collect(),
            certificates: (0..names).map(|i| subject_name(mark(i))).collect(),
            limits: crate::config::CallerLimits {
                events_per_second: limits.0.try_into().unwrap(),
                requests_per_second: limits.1.try_into().unwrap(),
                request_bytes: limits.2,
            },
        }
    })
}

fn subject_name(mark: u8) -> crate::config::SubjectName {
    match mark % 2 {
        0 => crate::config::SubjectName::Dns(format!("n{mark}.ulm.example")),
        _ => crate::config::SubjectName::Uri(format!("spiffe://ulm.example/N{mark}")),
    }
}
