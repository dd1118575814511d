//! What is sealed stands nowhere in the clear: not in a file, the vault's included, not in what the service
//! logs at its most talkative, not in an answer, an error or a figure. Only a disclosure shows it.

use std::path::Path;

use bytes::Bytes;
use einsicht_proto::v1::{AccessEvent, ListEntriesRequest, RecordRequest, Subject};
use einsicht_tests::folder::{files, has_trace, traces};
use einsicht_tests::make::{Session, event};
use einsicht_tests::process::{Ended, Process, command, run, text};
use einsicht_tests::service::{Service, fsck};
use tempfile::TempDir;
use tonic::Code;

use crate::folder;

/// A value for each sealed field that nobody else writes anywhere.
const VALUES: [&str; 8] = [
    "kanarienvogel-kennung-4711",
    "kanarienvogel-sachbearbeitung",
    "kanarienvogel-im-auftrag",
    "kanarienvogel-schluessel",
    "kanarienvogel: weil er sang",
    "kanarienvogel-aktenzeichen",
    "kanarienvogel* AND geburtsjahr < 1950",
    "2001:db8:ca4a:1e57::beef",
];
const TRACE: &[u8; 16] = b"\xd7\x01\xbe\x99canary-trace";
const SPAN: &[u8; 8] = b"\xf3\xa8spanid";
/// An exact time that no clock shows by chance: its microseconds.
const EXACT_US: i64 = 1_795_365_613_271_829;

fn personal() -> AccessEvent {
    let [id, actor, on_behalf_of, key, justification, case_number, query, address] = VALUES.map(String::from);
    AccessEvent {
        subjects: vec![Subject { scheme: "person".into(), id }],
        actor: Some(actor),
        on_behalf_of: Some(on_behalf_of),
        record_keys: vec![key],
        justification: Some(justification),
        case_number: Some(case_number),
        query: Some(query),
        client_address: Some(address),
        trace_id: Some(Bytes::from_static(TRACE)),
        span_id: Some(Bytes::from_static(SPAN)),
        occurred_at_us: EXACT_US,
        ..event()
    }
}

/// The values in every form in which they could stand somewhere.
fn forms() -> Vec<Vec<u8>> {
    let texts = VALUES.iter().map(|value| value.as_bytes().to_vec());
    let address: std::net::Ipv6Addr = VALUES[7].parse().unwrap();
    let mut varint = Vec::new();
    prost::encoding::encode_varint(EXACT_US.cast_unsigned(), &mut varint);
    let bytes = [
        address.octets().to_vec(),
        TRACE.to_vec(),
        SPAN.to_vec(),
        EXACT_US.to_string().into_bytes(),
        EXACT_US.to_be_bytes().to_vec(),
        EXACT_US.to_le_bytes().to_vec(),
        varint,
    ];
    texts.chain(bytes).flat_map(|value| traces(&value)).collect()
}

/// Where values were looked for, and not found.
struct Search {
    forms: Vec<Vec<u8>>,
}

impl Search {
    fn new() -> Self {
        Self { forms: forms() }
    }

    fn text(&self, what: &str, text: &str) {
        assert!(!has_trace(text.as_bytes(), &self.forms), "{what} shows a sealed value: {text}");
    }

    fn ended(&self, what: &str, code: i32, ended: &Ended) {
        ended.expect(code, &[]);
        self.output(what, ended);
    }

    fn output(&self, what: &str, ended: &Ended) {
        self.text(what, &ended.stdout);
        self.text(what, &ended.stderr);
    }

    fn folder(&self, folder: &Path) {
        for file in files(folder) {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!has_trace(&bytes, &self.forms), "{} holds a sealed value", file.display());
        }
    }
}

async fn talkative(data: &Path) -> Service {
    Service::start_with(data, &[], &[("EINSICHT_LOG", "trace")]).await
}

/// An event that is refused for what a sealed field holds.
fn refused_events() -> [(&'static str, AccessEvent); 6] {
    let subject = |scheme: &str, id: String| Subject { scheme: scheme.into(), id };
    let name = VALUES[0];
    [
        (
            "unknown scheme",
            AccessEvent { subjects: vec![subject("kanarienvogel-register", name.into())], ..personal() },
        ),
        (
            "control character",
            AccessEvent { subjects: vec![subject("person", format!("{name}\u{7}"))], ..personal() },
        ),
        (
            "101 subjects",
            AccessEvent {
                subjects: (0..101).map(|number| subject("person", format!("{name}-{number}"))).collect(),
                ..personal()
            },
        ),
        ("long id", AccessEvent { subjects: vec![subject("person", name.repeat(50))], ..personal() }),
        ("long justification", AccessEvent { justification: Some(VALUES[4].repeat(400)), ..personal() }),
        ("no address", AccessEvent { client_address: Some(format!("{}:x", VALUES[7])), ..personal() }),
    ]
}

async fn refuse(service: &Service, search: &Search) {
    for (what, event) in refused_events() {
        let status = service.record(Session::new().request_of(vec![event])).await.expect_err(what);
        assert_eq!(status.code(), Code::InvalidArgument, "{what}: {status}");
        search.text(what, status.message());
        assert!(!has_trace(status.details(), &search.forms), "{what}: the details show a sealed value");
    }
    let conflict = Session::new().request_of(vec![personal()]);
    service.record(conflict.clone()).await.unwrap();
    let other = RecordRequest { events: vec![personal()], ..conflict };
    let status = service.record(other).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    search.text("a conflict", &format!("{status:?}"));
}

async fn read(service: &Service, search: &Search) {
    let request = ListEntriesRequest { start: 0, limit: 0 };
    let mut entries = service.ledger().list_entries(request).await.unwrap().into_inner();
    while let Some(entry) = entries.message().await.unwrap() {
        assert!(!has_trace(&entry.leaf, &search.forms), "entry {} shows a sealed value", entry.index);
    }
    for path in ["/", "/index.txt", "/metrics", "/checkpoint", "/healthz"] {
        search.text(path, service.get(path).await.text());
    }
}

/// What people run, and may show each other.
async fn run_commands(service: &Service, state: &Path, search: &Search) {
    let (data, url) = (service.data(), service.url());
    let (vkey, token) = (data.join("ledger.vkey"), data.join("keys/dev.token"));
    let with =
        ["--url", url, "--vkey", text(&vkey), "--token-file", text(&token), "--state-dir", text(state)];
    let verify = ["verify", url, "--vkey", text(&vkey), "--state-dir", text(state), "--full"];
    search.ended("verify", 0, &run("einsicht", &verify).await);
    for arguments in [&["list"][..], &["list", "--json"], &["show", "2"], &["show", "2", "--json"]] {
        let ended = run("einsicht", &[arguments, &with].concat()).await;
        search.ended(arguments[0], 0, &ended);
    }
    let json = format!(
        r#"{{"dataset": "besuchertrend", "operation": "query", "purpose": "verkehrsplanung",
            "subjects": ["person:{}"], "actor": "{}"}}"#,
        VALUES[0], VALUES[1]
    );
    let mut record =
        Process::spawn_listening(&mut command("einsicht", &[&["record", "--from", "-"][..], &with].concat()));
    record.say(&json);
    record.say_no_more();
    search.ended("record", 0, &record.ended().await);
    let wrong = json.replace("person:", "kanarienvogel-register:");
    let mut record =
        Process::spawn_listening(&mut command("einsicht", &[&["record", "--from", "-"][..], &with].concat()));
    record.say(&wrong);
    record.say_no_more();
    search.ended("record with an unknown scheme", 2, &record.ended().await);
}

/// Values go to the one file that was asked for, and nowhere else.
async fn disclose(service: &Service, state: &Path, search: &Search) {
    let (data, out) = (service.data(), folder());
    let (vkey, token, file) =
        (data.join("ledger.vkey"), data.join("keys/dev.token"), out.path().join("values.json"));
    let with = [
        "--url",
        service.url(),
        "--vkey",
        text(&vkey),
        "--token-file",
        text(&token),
        "--state-dir",
        text(state),
    ];
    let disclose = ["disclose", "2", "--reason", "request 17", "--out", text(&file)];
    search.ended("disclose", 0, &run("einsicht", &[&disclose[..], &with].concat()).await);
    let shown = std::fs::read_to_string(&file).unwrap();
    assert!(has_trace(shown.as_bytes(), &traces(VALUES[1].as_bytes())), "{shown}");
    let erase = ["erase", "2", "--fields", "actor,subjects", "--ground", "request 18"];
    search.ended("erase", 0, &run("einsicht", &[&erase[..], &with].concat()).await);
}

/// Copies of the ledger that leave the machine.
async fn copy(data: &Path, to: &TempDir, search: &Search) {
    let (backup, export) = (to.path().join("backup"), to.path().join("export"));
    let arguments = ["backup", "--data", text(data), "--to", text(&backup)];
    search.ended("backup", 0, &run("einsichtd", &arguments).await);
    let arguments = ["export", text(&export), "--data", text(data), "--entries"];
    search.ended("export", 0, &run("einsichtd", &arguments).await);
    assert!(
        !files(&export).iter().any(|file| text(file).contains("vault")),
        "an export has nothing of the vault"
    );
    search.folder(to.path());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sealed_stands_nowhere_in_the_clear() {
    let (folder, copies, state) = (folder(), folder(), folder());
    let (data, search) = (folder.path(), Search::new());
    let service = talkative(data).await;
    service.record(Session::new().request_of(vec![personal()])).await.unwrap();
    refuse(&service, &search).await;
    read(&service, &search).await;
    run_commands(&service, state.path(), &search).await;
    disclose(&service, state.path(), &search).await;
    search.output("the service", &service.terminate().await);
    search.folder(data);
    search.folder(state.path());

    let service = talkative(data).await;
    service.record(Session::new().request_of(vec![personal(), personal()])).await.unwrap();
    search.output("a service that was killed", &service.kill9().await);
    search.folder(data);
    let service = talkative(data).await;
    read(&service, &search).await;
    search.output("a service after a kill", &service.terminate().await);
    search.ended("fsck", 0, &fsck(data).await);
    copy(data, &copies, &search).await;
    search.folder(data);
}

#[test]
fn a_value_in_any_form_would_be_found() {
    let search = Search::new();
    for shown in [
        "Subject { id: \"kanarienvogel-kennung-4711\" }",
        "[50, 48] 6b616e617269656e766f67656c2d6b656e6e756e672d34373131",
        "1795365613271829",
    ] {
        assert!(has_trace(shown.as_bytes(), &search.forms), "{shown}");
    }
    assert!(!has_trace(b"kanarienvogel-kennung-4712, 2026-11-22T17:20", &search.forms));
}
