//! A city whose reports are made, published and doubted.

use std::fs;

use einsicht_access::{Month, read_body};
use einsicht_proto::v1::entry_body::Content;
use einsicht_proto::v1::{
    AccessEvent, GetCheckpointRequest, ListReportsRequest, ListReportsResponse, PublishReportRequest,
    PublishReportResponse, Report,
};
use einsicht_tests::city::{Caller, City, Known, ORIGIN, Running};
use einsicht_tests::make::{Session, event};
use einsicht_tests::process::Ended;
use einsicht_tlog::hash::leaf_hash;
use einsicht_tlog::proof::verify_inclusion;
use einsicht_tlog::receipt::Receipt;
use einsicht_tlog::{Leaf, TreeHead};
use serde_json::{Value, json};
use tonic::Status;

/// A city and its people.
pub struct Scene {
    pub city: City,
    pub service: Running,
    pub counter: Known,
    pub auditor: Known,
    pub steward: Known,
    pub monitor: Known,
    /// The first access that deviates, with [`Scene::with_charter`].
    pub first_of_werbung: u64,
}

/// A purpose that no data set is for.
pub const WERBUNG: &str = "werbung";

/// Titles that a browser or a spreadsheet would act on.
const CHARTER: &str = r#"
[charter]
title = "<script>alert('charta')</script>"
time_zone = "Europe/Berlin"

[[purpose]]
id = "verkehrsplanung"
title = "=HYPERLINK(\"http://example.com\")"
title_en = "<img src=x onerror=alert(1)>"

[[purpose]]
id = "werbung"
title = "@SUM(1)*HYPERLINK(2)"

[[dataset]]
id = "besuchertrend"
title = "-1+HYPERLINK(3)"
personal = "indirect"
purposes = ["verkehrsplanung"]

[[commitment]]
id = "C-1"
title = "<script>alert(1)</script>"
source = "<b>Beschluss</b>"
evidence = "council decision"
severity = "breach"
must = { purpose = { listed_in_dataset = "purposes" } }

[[commitment]]
id = "C-2"
title = "Gemeinwohl"
source = "Beschluss"
evidence = "council decision"
question = "Welchen Nutzen hatte es?"
"#;

impl Scene {
    /// One that can seal, with a few accesses.
    pub async fn new() -> Self {
        let mut city = City::new().await;
        city.seal("");
        let counter = city.add(Caller::recorder("visitor-counter", &["*"]));
        let auditor = city.add(Caller::new("audit-office", "auditor"));
        let steward = city.add(Caller::new("steward-a", "steward"));
        let monitor = city.add(Caller::new("monitoring", "monitor"));
        let service = city.serve().await;
        let scene = Self { city, service, counter, auditor, steward, monitor, first_of_werbung: 0 };
        scene.record((0..17).map(|_| event()).collect()).await;
        scene
    }

    /// The same with a charter, and accesses behind it: three that fit, and seven that do not.
    pub async fn with_charter() -> Self {
        let mut scene = Self::new().await;
        fs::write(scene.city.path("charter.toml"), CHARTER).unwrap();
        scene.einsicht(&scene.steward, "charter publish charter.toml").await.expect(0, &[]);
        scene.record((0..3).map(|_| event()).collect()).await;
        let werbung = || AccessEvent { purpose: WERBUNG.into(), ..event() };
        scene.first_of_werbung = scene.record((0..7).map(|_| werbung()).collect()).await[0];
        scene
    }

    /// The year of now: one that is not over.
    pub fn period(&self) -> String {
        year()
    }

    /// Makes the report of this year in a folder of the city, as an auditor.
    pub async fn try_to_make(&self, out: &str, more: &str) -> Ended {
        let line = format!("report make --period {} --out {out} {more}", self.period());
        self.einsicht(&self.auditor, line.trim()).await
    }

    /// The same, and what is said of it.
    pub async fn make(&self, out: &str, more: &str) -> Value {
        json_of(&self.try_to_make(out, format!("{more} --json").trim()).await)
    }

    /// Recomputes the report in a folder of the city, as an auditor.
    pub async fn recompute(&self, folder: &str, more: &str) -> Ended {
        self.einsicht(&self.auditor, format!("report recompute {folder} {more}").trim()).await
    }

    /// Goes down in order, and comes up again.
    pub async fn restart(mut self) -> Self {
        self.service.terminate().await.expect(0, &[]);
        self.service = self.city.serve().await;
        self
    }

    /// Records events in one request, and returns their indexes.
    pub async fn record(&self, events: Vec<AccessEvent>) -> Vec<u64> {
        let request = Session::new().request_of(events);
        let answer = self.service.recorder(&self.counter).record(request).await.unwrap().into_inner();
        answer.recorded.iter().map(|recorded| recorded.index).collect()
    }

    /// The newest checkpoint.
    pub async fn head(&self) -> TreeHead {
        let checkpoint = self.service.ledger(&self.auditor).get_checkpoint(GetCheckpointRequest {}).await;
        self.city.verifier().open(&checkpoint.unwrap().into_inner().checkpoint)
    }

    /// What the service looks at in a manifest, as it is right now.
    pub async fn manifest(&self, period: &str, corrects: Option<u64>) -> Value {
        let TreeHead { size, root } = self.head().await;
        json!({
            "format": "einsicht/report-manifest/v1", "origin": ORIGIN, "period": period, "tree_size": size.0,
            "root": root.to_string(), "corrects": corrects, "files": {},
        })
    }

    pub async fn try_to_publish(&self, by: &Known, manifest: &[u8]) -> Result<PublishReportResponse, Status> {
        let request = PublishReportRequest { manifest: manifest.to_vec().into() };
        self.service.reports(by).publish_report(request).await.map(tonic::Response::into_inner)
    }

    /// Publishes a manifest; its receipt is proven.
    pub async fn publish(&self, manifest: &Value) -> (PublishReportResponse, Report) {
        let published = self.try_to_publish(&self.steward, manifest.to_string().as_bytes()).await.unwrap();
        let report = self.proven(&published);
        (published, report)
    }

    /// What the entry of an answer says, which holds under the ledger's key.
    pub fn proven(&self, published: &PublishReportResponse) -> Report {
        let Receipt { leaf, index, proof, checkpoint } = Receipt::parse(&published.receipt).unwrap();
        let leaf = leaf.expect("the receipt has its leaf");
        let head = self.city.verifier().open(&checkpoint);
        verify_inclusion(&leaf_hash(&leaf), index, &head, &proof).unwrap();
        assert_eq!(index.0, published.index);
        match read_body(Leaf::parse(&leaf).unwrap().body).unwrap().content {
            Some(Content::Report(report)) => report,
            other => panic!("no report: {other:?}"),
        }
    }

    pub async fn try_to_list(&self, by: &Known) -> Result<Vec<ListReportsResponse>, Status> {
        let mut listed = self.service.reports(by).list_reports(ListReportsRequest {}).await?.into_inner();
        let mut reports = Vec::new();
        while let Some(report) = listed.message().await? {
            reports.push(report);
        }
        Ok(reports)
    }

    /// Runs `einsicht` as somebody. `line` is split at spaces.
    pub async fn einsicht(&self, known: &Known, line: &str) -> Ended {
        self.city.einsicht(&self.service, known, &line.split(' ').collect::<Vec<_>>()).await
    }
}

/// The year of now.
pub fn year() -> String {
    let now_s = u64::try_from(einsicht_tests::make::now_us() / 1_000_000).unwrap();
    Month::of_unix_s(now_s).year().to_string()
}

/// What a program printed as JSON, which ended well.
pub fn json_of(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:#?}"))
}

/// The same of each line.
pub fn lines_of(ended: &Ended) -> Vec<Value> {
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
