//! The table of roles and methods, from outside.

use std::collections::BTreeSet;

use einsicht_tests::city::{Caller, City, Running, Shown};
use prost::Message as _;
use reqwest::{Method, StatusCode};

use crate::DATASET;

/// What somebody meets.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Met {
    /// They are let in, whatever the answer is.
    In,
    /// They are asked who they are.
    Who,
    /// They are told what is missing.
    No,
}
use Met::{In, No, Who};

/// For each method or path: what nobody, a recorder, an auditor, a steward and a monitor meet.
const TABLE: [(&str, [Met; 5]); 32] = [
    ("/einsicht.v1.Recorder/Record", [Who, In, No, No, No]),
    ("/einsicht.v1.Recorder/RecordStream", [Who, In, No, No, No]),
    ("/einsicht.v1.Recorder/EndSession", [Who, In, No, No, No]),
    ("/einsicht.v1.Ledger/GetCheckpoint", [Who, In, In, In, No]),
    ("/einsicht.v1.Ledger/GetConsistencyProof", [Who, In, In, In, No]),
    ("/einsicht.v1.Ledger/GetInclusionProof", [Who, In, In, In, No]),
    ("/einsicht.v1.Ledger/WatchCheckpoints", [Who, In, In, In, No]),
    ("/einsicht.v1.Ledger/GetEntry", [Who, No, In, In, No]),
    ("/einsicht.v1.Ledger/ListEntries", [Who, No, In, In, No]),
    ("/einsicht.v1.Ledger/GetReceipt", [Who, No, In, In, No]),
    ("/einsicht.v1.Ledger/ListAnnotations", [Who, No, In, In, No]),
    ("/einsicht.v1.Vault/Disclose", [Who, No, In, In, No]),
    ("/einsicht.v1.Vault/ListRequests", [Who, No, In, In, No]),
    ("/einsicht.v1.Vault/Erase", [Who, No, No, In, No]),
    ("/einsicht.v1.Vault/Correct", [Who, No, No, In, No]),
    ("/einsicht.v1.Vault/OpenRecord", [Who, No, No, In, No]),
    ("/einsicht.v1.Vault/Retain", [Who, No, No, In, No]),
    ("/einsicht.v1.Vault/IssueViewKeys", [Who, No, No, In, No]),
    ("/einsicht.v1.Charter/PublishCharter", [Who, No, No, In, No]),
    ("/einsicht.v1.Charter/Evaluate", [Who, In, In, In, No]),
    ("/einsicht.v1.Charter/WatchDeviations", [Who, No, In, In, No]),
    ("/einsicht.v1.Charter/ListCharters", [Who, No, In, In, No]),
    ("/einsicht.v1.Reports/PublishReport", [Who, No, No, In, No]),
    ("/einsicht.v1.Reports/ListReports", [Who, No, In, In, No]),
    ("/grpc.health.v1.Health/Check", [In, In, In, In, In]),
    ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", [Who, In, In, In, In]),
    ("GET /checkpoint", [Who, In, In, In, No]),
    ("GET /tile/0/000.p/1", [Who, In, In, In, No]),
    ("GET /tile/entries/000.p/1", [Who, No, In, In, No]),
    ("GET /metrics", [Who, No, In, In, In]),
    ("GET /healthz", [In, In, In, In, In]),
    ("GET /nothing", [Who, In, In, In, In]),
];

/// A city with one caller of each role.
async fn city() -> (City, [Shown; 5]) {
    let mut city = City::new().await;
    let recorder = city.add(Caller::recorder("counter", &[DATASET]));
    let auditor = city.add(Caller::new("audit-office", "auditor"));
    let steward = city.add(Caller::new("data-ethics", "steward"));
    let monitor = city.add(Caller::new("monitoring", "monitor"));
    let everybody = [
        Shown::nothing(),
        Shown::token(&recorder),
        Shown::token(&auditor),
        Shown::certificate(&steward),
        Shown::certificate(&monitor),
    ];
    (city, everybody)
}

async fn meet(service: &Running, what: &str, shown: &Shown) -> Met {
    let (method, path) = what.split_once(' ').unwrap_or(("POST", what));
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = service
        .http(shown.certificate.as_ref())
        .request(method.clone(), format!("{}{path}", service.internal));
    if method == Method::POST {
        // An empty message: enough to be let in, and for most methods not enough for more.
        let empty = vec![0; 5];
        request = request.header("content-type", "application/grpc").header("te", "trailers").body(empty);
    }
    if let Some(authorization) = &shown.authorization {
        request = request.header("authorization", authorization);
    }
    let answer = request.send().await.unwrap();
    let grpc = answer.headers().get("grpc-status").map(|status| status.to_str().unwrap().to_owned());
    match (answer.status(), grpc.as_deref()) {
        (StatusCode::UNAUTHORIZED, _) | (_, Some("16")) => Who,
        (StatusCode::FORBIDDEN, _) | (_, Some("7")) => No,
        _ => In,
    }
}

#[tokio::test]
async fn every_role_has_its_methods_and_no_others() {
    let (city, everybody) = city().await;
    let service = city.serve().await;
    for (what, expected) in TABLE {
        for (shown, (who, expected)) in
            everybody.iter().zip(["nobody", "recorder", "auditor", "steward", "monitor"].iter().zip(expected))
        {
            assert_eq!(meet(&service, what, shown).await, expected, "{who}: {what}");
        }
    }
}

#[tokio::test]
async fn with_public_entries_every_known_caller_reads_them_and_still_nobody_else() {
    let (mut city, everybody) = city().await;
    city.public_entries = true;
    city.write();
    let service = city.serve().await;
    for what in
        ["/einsicht.v1.Ledger/GetEntry", "/einsicht.v1.Ledger/GetReceipt", "GET /tile/entries/000.p/1"]
    {
        for (shown, expected) in everybody.iter().zip([Who, In, In, In, In]) {
            assert_eq!(meet(&service, what, shown).await, expected, "{what}");
        }
    }
}

/// The parts of `google.protobuf.FileDescriptorSet` that name methods.
mod descriptor {
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Set {
        #[prost(message, repeated, tag = "1")]
        pub file: Vec<File>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct File {
        #[prost(string, tag = "2")]
        pub package: String,
        #[prost(message, repeated, tag = "6")]
        pub service: Vec<Service>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Service {
        #[prost(string, tag = "1")]
        pub name: String,
        #[prost(message, repeated, tag = "2")]
        pub method: Vec<Method>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Method {
        #[prost(string, tag = "1")]
        pub name: String,
    }
}

#[test]
fn every_method_of_the_api_is_in_the_table() {
    let set = descriptor::Set::decode(einsicht_proto::FILE_DESCRIPTOR_SET).unwrap();
    let methods = set.file.iter().flat_map(|file| {
        file.service.iter().flat_map(|service| {
            let name = format!("/{}.{}", file.package, service.name);
            service.method.iter().map(move |method| format!("{name}/{}", method.name))
        })
    });
    let methods: BTreeSet<String> = methods.collect();
    let table: BTreeSet<String> = TABLE
        .iter()
        .map(|(what, _)| (*what).to_owned())
        .filter(|what| what.starts_with("/einsicht"))
        .collect();
    assert_eq!(methods, table);
}
