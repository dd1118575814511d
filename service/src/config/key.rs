//! The one table of what can be set. Reading, `config show`, `config example`, suggestions and the
//! documentation are made from it, so that they can't drift apart.

use super::value::{Kind, Shape};
use crate::storage::SEGMENT_BYTES_MIN;
use Presence::{Default, Optional, Required, RequiredInItsTable};

/// Begins the name of every variable of the environment that is read.
pub const ENVIRONMENT_PREFIX: &str = "EINSICHTD_";
/// Name of the tables of callers.
pub(super) const CALLER: &str = "caller";

/// More than any machine has connections or could record; a larger number is a slip of the keyboard.
const COUNT_MAX: u64 = 10_000_000;
/// Largest message that can be allowed: what the writer's queue takes.
const REQUEST_BYTES_MAX: u64 = 64 * 1024 * 1024;
const PATH: Kind = Kind::One(Shape::Path);
const ADDRESS: Kind = Kind::One(Shape::Address);
const COUNT: Kind = Kind::One(Shape::Integer { min: 1, max: COUNT_MAX });
const REQUEST_BYTES: Kind = Kind::One(Shape::Integer { min: 1, max: REQUEST_BYTES_MAX });
const RESERVE_BYTES: Kind = Kind::One(Shape::Integer { min: 0, max: i64::MAX.unsigned_abs() });
/// A year: whoever needs longer to agree can ask again.
const REQUEST_HOURS_MAX: u64 = 366 * 24;
const REQUEST_HOURS: Kind = Kind::One(Shape::Integer { min: 1, max: REQUEST_HOURS_MAX });
const SEGMENT_BYTES: Kind =
    Kind::One(Shape::Integer { min: SEGMENT_BYTES_MIN, max: i64::MAX.unsigned_abs() });

/// One thing that can be set.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name, with the tables that it stands in: `tls.internal.key`.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What holds where it is not set.
    pub presence: Presence,
    /// A value that could stand there. Items of a list are separated by spaces.
    pub example: &'static str,
    /// What it means, in sentences.
    pub documentation: &'static str,
    /// Whether a running service goes on with the old value, and only a new start takes the new one.
    pub is_fixed: bool,
}

/// What holds where a key is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be set.
    Required,
    /// It must be set if another key of its table is.
    RequiredInItsTable,
    /// It may be left out, which means something of its own.
    Optional,
    /// It may be left out; this holds then.
    Default(&'static str),
}

impl Key {
    /// The variable of the environment that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{ENVIRONMENT_PREFIX}{}", self.name.to_ascii_uppercase().replace('.', "_"))
    }

    /// The table that it stands in, and its name there.
    #[must_use]
    pub fn table_and_name(&self) -> (&'static str, &'static str) {
        self.name.rsplit_once('.').unwrap_or(("", self.name))
    }

    /// The line that sets it in its table, with a value in the form of [`Config::text_of`](super::Config::text_of).
    #[must_use]
    pub fn toml_line(&self, text: &str) -> String {
        format!("{} = {}", self.table_and_name().1, self.kind.toml(text))
    }

    const fn new(name: &'static str, kind: Kind, presence: Presence) -> Self {
        Self { name, kind, presence, example: "", documentation: "", is_fixed: false }
    }

    const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    const fn says(mut self, documentation: &'static str) -> Self {
        self.documentation = documentation;
        self
    }

    const fn fixed(mut self) -> Self {
        self.is_fixed = true;
        self
    }
}

/// The key with this name.
#[must_use]
pub fn setting(name: &str) -> Option<&'static Key> {
    SETTINGS.iter().find(|key| key.name == name)
}

/// Everything but the callers, in the order in which it is shown.
pub static SETTINGS: &[Key] = &[
    Key::new("ledger.origin", Kind::One(Shape::Origin), Required)
        .fixed()
        .example("einsicht.ulm.example/ledger")
        .says(
            "Name of the ledger, unique in the world: a domain of the city and a path. Written into the \
             ledger when it is begun; it can't be changed.",
        ),
    Key::new("ledger.data", PATH, Required)
        .fixed()
        .example("/var/lib/einsicht")
        .says("Folder of the ledger. Only the service may write there."),
    Key::new("ledger.last_known_checkpoint", PATH, Optional)
        .fixed()
        .example("/etc/einsicht/last-known.checkpoint")
        .says(
            "A signed checkpoint that is kept elsewhere. A ledger that it does not fit, such as an older \
             copy, is not served.",
        ),
    Key::new("ledger.segment_bytes", SEGMENT_BYTES, Default("268435456"))
        .fixed()
        .example("268435456")
        .says("Another segment file is begun when one would grow beyond this many bytes."),
    Key::new("ledger.disk_reserve_bytes", RESERVE_BYTES, Default("67108864"))
        .fixed()
        .example("67108864")
        .says(
            "Nothing is recorded while less than this is free on the disk of the data folder; recording goes on \
             by itself when there is room. Keep it above 45 MB: two commits may be under way. Add 2.1 times what \
             limits.request_bytes is raised by. 0 for no reserve: then a full disk stops recording until the \
             next start.",
        ),
    Key::new("keys.dir", PATH, Required).fixed().example("/etc/einsicht/keys").says(
        "Folder of the key that signs the ledger. Outside the data folder, so that a copy of that \
             holds no secret.",
    ),
    Key::new("vault.wrapping_key_file", PATH, Optional)
        .fixed()
        .example("/run/einsicht/wrapping.key")
        .says(
            "File of the key that the keys of the vault are encrypted with; `einsichtd wrapping-key` makes one. \
             Best on another disk or in memory: apart from ledger.data and keys.dir, so that copies of both are \
             no use without it. Without any wrapping key, events with personal values are refused. The key can \
             also stand in the variable EINSICHTD_WRAPPING_KEY; one source only.",
        ),
    Key::new("vault.wrapping_key_command", Kind::Many(Shape::Word), Optional)
        .fixed()
        .example("/usr/local/bin/einsicht-wrapping-key --ledger ulm")
        .says(
            "A command that prints that key, run at each start: program and arguments, no shell. It has 30 \
             seconds.",
        ),
    Key::new("subjects.schemes", Kind::Many(Shape::Code), Optional).example("person").says(
        "Which registers the ids of data subjects come from, where the charter in force declares none. Events \
         with a subject of another scheme are refused.",
    ),
    Key::new("retention.default", Kind::One(Shape::Retention), Default("next-year-end"))
        .example("next-year-end")
        .says(
            "How long sealed values are kept: next-year-end (to the end of the year after the access), or \
             P12M (whole months after that of the access). Holds for what is recorded from then on.",
        ),
    Key::new("retention.datasets", Kind::Many(Shape::DatasetRetention), Optional)
        .example("besuchertrend=P12M schulstandorte=P3M")
        .says(
            "Data sets whose sealed values are kept for another time. What the charter in force says of a data set \
             goes before it.",
        ),
    Key::new("retention.hold", Kind::Many(Shape::Hold), Optional)
        .example("2026-11 2026-12/P12M")
        .says("Months, or classes of a month, that are not erased although their time has come."),
    Key::new("disclosure.two_stewards", Kind::Many(Shape::SealedField), Optional)
        .example("actor")
        .says("Sealed fields that are disclosed only if two stewards agree: one asks, another one grants it."),
    Key::new("disclosure.request_hours", REQUEST_HOURS, Default("72"))
        .example("72")
        .says("After so many hours a request that nobody granted lapses."),
    Key::new("listen.internal", ADDRESS, Default("127.0.0.1:7420")).fixed().example("10.0.0.5:7420").says(
        "Address for callers that are known: gRPC, tiles, metrics, health. One that is not loopback \
             needs [tls.internal].",
    ),
    Key::new("listen.public", ADDRESS, Optional).fixed().example("0.0.0.0:7443").says(
        "Address for everybody: the public site, checkpoint, tiles and reports. Nothing listens where it is left \
             out. One that is not loopback needs [tls.public].",
    ),
    Key::new("tls.internal.certificate", PATH, RequiredInItsTable)
        .example("/etc/einsicht/tls/server.pem")
        .says("Certificate chain of the internal listener in PEM, its own certificate first."),
    Key::new("tls.internal.key", PATH, RequiredInItsTable)
        .example("/etc/einsicht/tls/server.key")
        .says("Its private key in PEM. A file that others can read is refused."),
    Key::new("tls.internal.client_ca", PATH, Optional)
        .example("/etc/einsicht/tls/ca.pem")
        .says("The CA that signs the certificates of callers, in PEM. Without it callers have tokens only."),
    Key::new("tls.public.certificate", PATH, RequiredInItsTable)
        .example("/etc/einsicht/tls/public.pem")
        .says("Certificate chain of the public listener in PEM, its own certificate first."),
    Key::new("tls.public.key", PATH, RequiredInItsTable)
        .example("/etc/einsicht/tls/public.key")
        .says("Its private key in PEM. A file that others can read is refused."),
    Key::new("public.entries", Kind::One(Shape::Boolean), Default("false")).example("true").says(
        "Whether everybody may read entries. Otherwise auditors and stewards may, and everybody else \
             sees hashes.",
    ),
    Key::new("public.reports", PATH, Optional)
        .fixed()
        .example("/srv/einsicht/reports")
        .says(
            "Folder of the published reports, each in a folder of its own, as `einsicht report make` wrote it. Those that \
             the ledger names are shown to everybody. Without it, the folder reports in ledger.data.",
        ),
    Key::new("limits.connections", COUNT, Default("20000"))
        .example("20000")
        .says("Most connections of one listener at a time."),
    Key::new("limits.connections_per_address", COUNT, Default("2000"))
        .example("2000")
        .says("Most of them from one IP address."),
    Key::new("limits.events_per_second", COUNT, Default("100000"))
        .example("100000")
        .says("Events that one caller may record a second, over time."),
    Key::new("limits.requests_per_second", COUNT, Default("50000"))
        .example("50000")
        .says("Calls and HTTP requests that one caller may make a second, over time."),
    Key::new("limits.request_bytes", REQUEST_BYTES, Default("4194304"))
        .example("4194304")
        .says("Most bytes of one message that a caller sends."),
];

/// What a table `[[caller]]` says.
pub static CALLER_SETTINGS: &[Key] = &[
    Key::new("name", Kind::One(Shape::Code), Required)
        .example("visitor-counter")
        .says("Who it is. What a recorder records is logged under this name."),
    Key::new("role", Kind::One(Shape::Role), Required).example("recorder").says(
        "recorder: records accesses. auditor: reads everything. steward: what changes the ledger's \
             commitments, with a certificate only. monitor: reads the metrics.",
    ),
    Key::new("datasets", Kind::Many(Shape::Dataset), Optional)
        .example("besuchertrend schulstandorte")
        .says("The data sets that a recorder may record for; \"*\" for all. Required for recorders."),
    Key::new("token_sha256", Kind::Many(Shape::TokenHash), Optional)
        // The hash of nothing that anybody knows: whoever leaves it in lets nobody in.
        .example("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
        .says(
            "SHA-256 of its bearer tokens, in hexadecimal; `einsichtd token` makes both. With two of \
                 them a token can be replaced while the old one still works.",
        ),
    Key::new("certificates", Kind::Many(Shape::SubjectName), Optional)
        .example("dns:visitor-counter.ulm.example")
        .says(
            "Names in its client certificate, any of which is enough: dns:NAME or uri:URI. Every caller \
                 has a token or a certificate.",
        ),
    Key::new("limits.events_per_second", COUNT, Optional)
        .example("1000")
        .says("Its own limit instead of the one in [limits]."),
    Key::new("limits.requests_per_second", COUNT, Optional)
        .example("500")
        .says("Its own limit instead of the one in [limits]."),
    Key::new("limits.request_bytes", REQUEST_BYTES, Optional)
        .example("1048576")
        .says("Its own limit instead of the one in [limits]."),
];
