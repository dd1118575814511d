//! What is refused, and what the refusal says.

use super::{LEAST, read, read_with, sources};
use crate::config::{ConfigError, Sources};
use crate::wrapping_key::WrappingKeySource;

const HASH: &str = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
const FILE: &str = "/etc/einsicht/einsicht.toml";

/// Asserts that the configuration is refused with exactly these problems, each of which has the parts.
fn assert_refused_with(text: &str, sources: &Sources, expected: &[&[&str]]) {
    let error = read_with(text, sources).unwrap_err();
    let ConfigError::Refused { file, problems, .. } = &error else { panic!("{error}") };
    let told: Vec<String> = problems.iter().map(|problem| problem.sentence(file)).collect();
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, parts) in told.iter().zip(expected) {
        for part in *parts {
            assert!(told.contains(part), "{told:?} lacks {part:?}");
        }
    }
}

fn assert_refused(text: &str, expected: &[&[&str]]) {
    assert_refused_with(text, &sources(&[], &[]), expected);
}

/// The least, and callers.
fn with_caller(caller: &str) -> String {
    format!("{LEAST}[[caller]]\n{caller}")
}

#[test]
fn an_unknown_key_is_refused_with_its_place_and_a_suggestion() {
    let text = format!("colour = 1\n{LEAST}  segmnt_bytes = 1\n[limits]\nconections = 5\n");
    assert_refused(
        &text,
        &[
            &[FILE, ":1:1: 'colour': there is no such setting"],
            &[":8:3: 'keys.segmnt_bytes'", "did you mean 'ledger.segment_bytes'?"],
            &[":10:1: 'limits.conections'", "did you mean 'limits.connections'?"],
        ],
    );
}

#[test]
fn what_was_misspelt_is_not_reported_as_missing_too() {
    assert_refused(
        &LEAST.replace("origin", "orign").replace("[keys]", "[key]"),
        &[&["'ledger.orign'", "'ledger.origin'"], &["'key'", "did you mean 'keys'?"]],
    );
}

#[test]
fn what_is_missing_is_named_with_what_to_write() {
    assert_refused(
        "",
        &[
            &["ledger.origin: missing", "add to [ledger] for example origin = \"", "EINSICHTD_LEDGER_ORIGIN"],
            &["ledger.data: missing"],
            &["keys.dir: missing"],
        ],
    );
    assert_refused(
        &format!("{LEAST}[tls.internal]\nclient_ca = \"x\"\n"),
        &[&["tls.internal.certificate: missing"], &["tls.internal.key: missing"]],
    );
}

#[test]
fn a_file_that_is_not_toml_is_refused_with_line_and_column() {
    assert_refused("[ledger]\norigin = einsicht\n", &[&[":2:10: not TOML"]]);
    assert_refused(&format!("{LEAST}dir = \"y\"\n"), &[&[":7:1: not TOML: duplicate key"]]);
}

#[test]
fn values_of_the_wrong_type_or_range_are_refused() {
    let text = format!(
        "{LEAST}[listen]\ninternal = \"localhost:7420\"\npublic = \"127.0.0.1\"\n[public]\nentries = \"yes\"\n\
         [limits]\nconnections = 0\nconnections_per_address = 1.5\nevents_per_second = -1\n\
         requests_per_second = \"5\"\nrequest_bytes = 99999999999999999999\n"
    );
    assert_refused(
        &text,
        &[
            &[":8:12: listen.internal: expected an IP address", "found \"localhost:7420\"", "not looked up"],
            &[":9:10: listen.public:", "the port is missing"],
            &["public.entries: expected true or false, found a text; write it without quotes"],
            &["limits.connections: expected a whole number from 1 to 10000000, found \"0\""],
            &["limits.connections_per_address:", "found a number that is not whole"],
            &["limits.events_per_second:", "found \"-1\""],
            &["limits.requests_per_second:", "found a text; write it without quotes"],
            &["limits.request_bytes:", "found \"99999999999999999999\""],
        ],
    );
    assert_refused(
        &LEAST.replace("[keys]", "[keys]\ndir.x = 1\n#").replace("dir = \"keys\"", ""),
        &[&["keys.dir"]],
    );
    assert_refused(
        &format!("limits = 5\n{LEAST}"),
        &[&[":1:1: limits: expected a table [limits], found a whole number"]],
    );
    let path = LEAST.replace("/var/lib/einsicht", "");
    assert_refused(&path, &[&["ledger.data: expected a path, found \"\""]]);
    let origin = LEAST.replace("ulm.example", "ulm example");
    assert_refused(&origin, &[&["ledger.origin: expected a name", "no control characters, spaces"]]);
    assert_refused(
        &format!("{LEAST}[caller]\nname = \"x\"\n"),
        &[&["caller: expected tables [[caller]]", "two brackets"]],
    );
}

#[test]
fn what_the_environment_and_set_say_is_checked_as_strictly() {
    let set = [
        "limits.conections=5",
        "caller.name=x",
        "secret-without-equals-sign",
        "listen.public=",
        "keys.dir=\"a\"",
    ];
    let environment = [
        ("EINSICHTD_LISTEN_INTERN", "x"),
        ("EINSICHTD_PORT_7420_TCP", "x"),
        ("EINSICHTD_PUBLIC_ENTRIES", "1"),
    ];
    assert_refused_with(
        LEAST,
        &sources(&set, &environment),
        &[
            &["environment EINSICHTD_LISTEN_INTERN", "did you mean EINSICHTD_LISTEN_INTERNAL?"],
            &["environment EINSICHTD_PORT_7420_TCP", "enableServiceLinks"],
            &["environment EINSICHTD_PUBLIC_ENTRIES: public.entries: expected true or false, found \"1\""],
            &["--set", "limits.conections", "did you mean 'limits.connections'?"],
            &["--set", "caller.name", "in the file only"],
            &["--set: number 3: expected KEY=VALUE"],
            &["--set: listen.public:", "found nothing"],
            &["--set: keys.dir:", "without quotes"],
        ],
    );
}

#[test]
fn a_listener_that_others_reach_needs_a_certificate() {
    let listen = "[listen]\ninternal = \"10.0.0.5:7420\"\npublic = \"[::]:7443\"\n";
    assert_refused(
        &format!("{LEAST}{listen}"),
        &[
            &[":8:1: listen.internal: expected a loopback address", "[tls.internal]", "\"10.0.0.5:7420\""],
            &[":9:1: listen.public:", "[tls.public]"],
        ],
    );
    let tls =
        "[tls.internal]\ncertificate = \"a\"\nkey = \"b\"\n[tls.public]\ncertificate = \"a\"\nkey = \"b\"\n";
    assert!(read(&format!("{LEAST}{listen}{tls}")).is_ok());
    for loopback in ["127.3.2.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert!(read(&format!("{LEAST}[listen]\ninternal = \"{loopback}\"\n")).is_ok(), "{loopback}");
    }
}

#[test]
fn two_listeners_cannot_have_one_address() {
    let public = format!("{LEAST}[listen]\npublic = \"127.0.0.1:7420\"\n");
    assert_refused(&public, &[&["listen.public: expected another address"]]);
    let any = "[listen]\ninternal = \"127.0.0.1:0\"\npublic = \"127.0.0.1:0\"\n";
    assert!(read(&format!("{LEAST}{any}")).is_ok(), "port 0 is another one each time");
}

#[test]
fn keys_and_data_lie_apart() {
    for (keys, found) in [
        ("/var/lib/einsicht/keys", "it inside ledger.data"),
        ("/var/lib/einsicht", "both at the same place"),
        ("../../var/./lib", "ledger.data inside it"),
    ] {
        let text = LEAST.replace("\"keys\"", &format!("\"{keys}\""));
        assert_refused(&text, &[&[":6:1: keys.dir: expected a folder apart from ledger.data", found]]);
    }
    assert!(read(&LEAST.replace("\"keys\"", "\"/var/lib/einsicht-keys\"")).is_ok());
}

#[test]
fn a_caller_needs_a_name_a_role_and_something_to_be_known_by() {
    assert_refused(
        &with_caller("rol = \"auditr\"\ntoken = \"x\"\n"),
        &[
            &[":7:1: caller 1: name: missing", "name = \"visitor-counter\""],
            &[":8:1: caller 1: 'rol'", "did you mean 'role'?"],
            &["caller 1: 'token'", "did you mean 'token_sha256'?"],
        ],
    );
    assert_refused(
        &with_caller("name = \"a\"\nrole = \"auditor\"\n"),
        &[&[":7:1: caller \"a\": expected a token or a certificate, found neither", "einsichtd token"]],
    );
    assert_refused(
        &with_caller(&format!("name = \"a b\"\nrole = \"auditr\"\ntoken_sha256 = [\"{HASH}\"]\n")),
        &[
            &["caller 1: name: expected a code, found \"a b\"; it has the character"],
            &["caller 1: role:", "did you mean \"auditor\"?"],
        ],
    );
}

#[test]
fn recorders_have_data_sets_and_nobody_else_has() {
    let with = |role: &str, datasets: &str| {
        with_caller(&format!("name = \"a\"\nrole = \"{role}\"\ntoken_sha256 = [\"{HASH}\"]\n{datasets}"))
    };
    let key = "caller \"a\": datasets: ";
    assert_refused(&with("recorder", ""), &[&[key, "found none", "[\"*\"]"]]);
    assert_refused(&with("recorder", "datasets = []"), &[&[key, "an empty list"]]);
    assert_refused(&with("recorder", "datasets = [\"*\", \"x\"]"), &[&[key, "\"*\" alone"]]);
    assert_refused(&with("recorder", "datasets = [\"x\", \"x\"]"), &[&[key, "\"x\" twice"]]);
    assert_refused(&with("recorder", "datasets = [\"x y\"]"), &[&[key, "the code of a data set"]]);
    assert_refused(&with("recorder", "datasets = \"x\""), &[&[key, "expected a list", "found a text"]]);
    assert_refused(&with("auditor", "datasets = [\"x\"]"), &[&[key, "recorders only"]]);
    assert!(read(&with("recorder", "datasets = [\"*\"]")).is_ok());
}

#[test]
fn a_steward_is_known_by_a_certificate_only() {
    let steward = format!("name = \"s\"\nrole = \"steward\"\ntoken_sha256 = [\"{HASH}\"]\n");
    assert_refused(
        &with_caller(&steward),
        &[
            &["certificates: expected a certificate, required"],
            &["token_sha256: expected no token for a steward, certificate required"],
        ],
    );
}

#[test]
fn certificate_names_need_a_kind_a_form_and_a_ca() {
    let with = |names: &str| {
        let ca = "[tls.internal]\ncertificate = \"a\"\nkey = \"b\"\nclient_ca = \"c\"\n";
        format!("{LEAST}{ca}[[caller]]\nname = \"a\"\nrole = \"auditor\"\ncertificates = [{names}]\n")
    };
    for (name, part) in [
        ("auditor.ulm.example", "put dns: or uri: before it"),
        ("dns:*.ulm.example", "wildcards are not supported"),
        ("dns:ulm.example.", "not a host name"),
        ("uri:recorder", "not a URI"),
        ("uri:a b:c", "not a URI"),
    ] {
        assert_refused(
            &with(&format!("\"{name}\"")),
            &[&["certificates: expected \"dns:NAME\" or \"uri:URI\"", part]],
        );
    }
    assert!(read(&with("\"dns:ULM.example\", \"uri:spiffe://ulm.example/x\"")).is_ok());
    let no_ca = with("\"dns:ulm.example\"").replace("client_ca = \"c\"\n", "");
    assert_refused(&no_ca, &[&["certificates: expected tls.internal.client_ca"]]);
}

#[test]
fn a_token_hash_is_64_hexadecimal_digits() {
    for hash in [&HASH[..63], &HASH[..62], &format!("{HASH}0"), &format!("{HASH}00"), &HASH.replace('b', "x")]
    {
        let text = with_caller(&format!("name = \"a\"\nrole = \"auditor\"\ntoken_sha256 = [\"{hash}\"]\n"));
        assert_refused(&text, &[&["token_sha256: expected the SHA-256 of a token: 64 hexadecimal digits"]]);
    }
}

#[test]
fn names_tokens_and_certificates_belong_to_one_caller() {
    let caller = |name: &str, hash: &str, dns: &str| {
        format!(
            "[[caller]]\nname = \"{name}\"\nrole = \"auditor\"\ntoken_sha256 = [\"{hash}\"]\ncertificates = [\"dns:{dns}\"]\n"
        )
    };
    let ca = "[tls.internal]\ncertificate = \"a\"\nkey = \"b\"\nclient_ca = \"c\"\n";
    let (one, other) = (caller("a", HASH, "x.example"), caller("a", &HASH.to_uppercase(), "X.example"));
    assert_refused(
        &format!("{LEAST}{ca}{one}{other}"),
        &[
            &[":17:1: caller \"a\": name: this name is there twice, first on line 12"],
            &["token_sha256: a token is there twice, first on line 14"],
            &["certificates: the certificate name \"dns:x.example\" is there twice, first on line 15"],
        ],
    );
}

#[test]
fn the_wrapping_key_has_one_source_that_lies_apart() {
    let with = |vault: &str| format!("{LEAST}[vault]\n{vault}\n");
    let (file, command) = ("wrapping_key_file = \"/run/w.key\"", "wrapping_key_command = [\"x\", \"-y\"]");
    let environment = [("EINSICHTD_WRAPPING_KEY", HASH)];
    assert_refused(
        &with(&format!("{file}\n{command}")),
        &[&[
            ":9:1: vault.wrapping_key_command: expected one source",
            "vault.wrapping_key_file and vault.wrapping",
        ]],
    );
    let both = read_with(&with(file), &sources(&[], &environment)).unwrap_err().to_string();
    assert!(both.contains("EINSICHTD_WRAPPING_KEY") && !both.contains(HASH), "{both}");
    assert!(!format!("{:?}", sources(&[], &environment)).contains(HASH));
    assert_refused(&with("wrapping_key_command = []"), &[&["expected a program, found an empty list"]]);
    assert_refused(&with("wrapping_key_command = [\"a b\"]"), &[&["without spaces", "script of its own"]]);
    for (path, inside) in [("keys/w.key", "keys.dir"), ("/var/lib/einsicht/../einsicht/w", "ledger.data")] {
        let found = format!("found it inside {inside}");
        assert_refused(
            &with(&format!("wrapping_key_file = \"{path}\"")),
            &[&[&found, "copy of that folder"]],
        );
    }
    for one in [with(file), with(command)] {
        assert!(read(&one).unwrap().config.vault.wrapping_key.is_some());
    }
    let variable = read_with(LEAST, &sources(&[], &environment)).unwrap().config;
    assert_eq!(variable.vault.wrapping_key, Some(WrappingKeySource::Variable));
    assert!(!format!("{variable:?}").contains(HASH));
    assert_eq!(read(LEAST).unwrap().config.vault.wrapping_key, None);
}

#[test]
fn retention_holds_and_fields_are_read_strictly() {
    let refused = |lines: &str, parts: &[&str]| assert_refused(&format!("{LEAST}{lines}\n"), &[parts]);
    refused("[retention]\ndefault = \"1 year\"", &["retention.default: expected a retention class", "P12M"]);
    refused("[retention]\ndatasets = [\"a\"]", &["retention.datasets", "put '=' between both"]);
    refused("[retention]\ndatasets = [\"a b=P1M\"]", &["the code of the data set has the character"]);
    refused("[retention]\ndatasets = [\"a=P1Y\"]", &["classes are 'next-year-end' and months"]);
    refused("[retention]\ndatasets = [\"a=P1M\", \"a=P2M\"]", &["each data set once, found \"a\" twice"]);
    refused("[retention]\nhold = [\"2026-13\"]", &["retention.hold: expected a month such as \"2026-11\""]);
    refused("[retention]\nhold = [\"2026-11/P1Y\"]", &["or one class of it"]);
    refused("[disclosure]\ntwo_stewards = [\"actr\"]", &["did you mean \"actor\"?"]);
    refused("[disclosure]\ntwo_stewards = \"actor\"", &["expected a list"]);
    refused("[disclosure]\nrequest_hours = 0", &["a whole number from 1 to 8784"]);
    refused("[subjects]\nschemes = [\"a b\"]", &["subjects.schemes: expected a code"]);
}

#[test]
fn lists_of_the_environment_have_spaces_between_their_items() {
    let environment =
        [("EINSICHTD_SUBJECTS_SCHEMES", "person  vehicle"), ("EINSICHTD_RETENTION_HOLD", "2026-11 x")];
    assert_refused_with(LEAST, &sources(&[], &environment), &[&["EINSICHTD_RETENTION_HOLD", "found \"x\""]]);
    let set = ["disclosure.two_stewards=actor query", "subjects.schemes=person"];
    let rules = read_with(LEAST, &sources(&set, &environment[..1])).unwrap().config.rules;
    assert_eq!((rules.schemes, rules.disclosure.two_stewards.len()), (vec!["person".to_owned()], 2));
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let secret = "einsicht_5f3c0b7d9e1a2c4b6d8f0a1c3e5b7d9f5f3c0b7d9e1a2c4b6d8f0a1c3e5b7d9f";
    let callers = [
        format!("token_sha256 = [\"{secret}\"]"),
        format!("token_sha256 = \"{secret}\""),
        format!("token_sha256 = [{secret}]"),
        format!("token_sha256 = [\"{secret}]"),
        format!("token = \"{secret}\""),
        format!("certificates = [\"{secret}\"]"),
        format!("certificates = [\"dns:*{secret}\"]"),
        format!("role = \"{secret}\""),
        format!("datasets = [\"{secret} \"]"),
        format!("{secret} = 1"),
        secret.to_owned(),
    ];
    for caller in callers {
        let error = read(&with_caller(&caller)).unwrap_err();
        assert!(!error.to_string().contains(&secret[..30]), "{error}");
        assert!(!format!("{error:?}").contains(&secret[..30]), "{error:?}");
    }
    let value = format!("listen.public={secret}");
    let unknown = format!("token={secret}");
    let set = [secret, &value, &unknown];
    let environment = [("EINSICHTD_TOKEN", secret), ("EINSICHTD_LISTEN_INTERNAL", secret)];
    let error = read_with(LEAST, &sources(&set, &environment)).unwrap_err();
    assert!(!error.to_string().contains(&secret[..30]), "{error}");
}

#[test]
fn columns_count_characters() {
    let text = format!("{LEAST}{}limits = {{ \"ä€\" = 1, x = 2 }}\n", "# ä\n".repeat(300));
    assert_refused(&text.replace("limits", "[x]\nlimits"), &[&[":307:2: 'x'"]]);
    let text = format!("public = {{ \"{}\" = 1, entriez = 2 }}\n{LEAST}", "ä".repeat(1000));
    assert_refused(&text, &[&[":1:12: 'public."], &[":1:1020: 'public.entriez'"]]);
}

#[test]
fn nothing_makes_it_panic_or_hang() {
    for text in [
        "a.".repeat(100_000),
        "[".repeat(100_000),
        format!("a = {}", "[".repeat(100_000)),
        "[[caller]]\n".repeat(50_000),
        "x\u{0}\u{feff}= \"\u{202e}".to_owned(),
        "caller = [1, {}, [[]]]".to_owned(),
        format!("{} = 1", "ä".repeat(100_000)),
        // Long lines, in which places must not be counted from the beginning each time.
        format!("{LEAST}caller = [{}]", "{ name = \"a\" }, ".repeat(20_000)),
        format!("{LEAST}limits = {{ {} }}", (0..20_000).map(|i| format!("k{i} = {i}, ")).collect::<String>()),
        with_caller(&format!("datasets = [{}]", "1, ".repeat(100_000))),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.len() < 100_000, "{}", error.len());
    }
}
