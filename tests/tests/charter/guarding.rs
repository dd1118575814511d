//! A service that asks the charter before it touches data.

use einsicht_client::charters::{CharterDesk, NotPermitted, Wanted, watch_deviations};
use einsicht_client::config::{RecorderConfig, Token};
use einsicht_client::{Access, Recorder};
use einsicht_tests::service::{Service, token};
use einsicht_tlog::VerifierKey;
use futures::StreamExt as _;

use crate::scene::FIRST;

fn config(service: &Service) -> RecorderConfig {
    let key = std::fs::read_to_string(service.data().join("ledger.vkey")).unwrap();
    let token = Token::parse(&token(service.data())).unwrap();
    let mut config = RecorderConfig::new(token, VerifierKey::parse(&key).unwrap());
    config.url = service.url().to_owned();
    config
}

fn access() -> Access {
    Access::query("besuchertrend", "verkehrsplanung").legal_basis("gdpr-6-1-e").record_count(5)
}

#[tokio::test]
async fn only_what_the_charter_permits_goes_ahead() {
    let data = tempfile::tempdir().unwrap();
    let service = Service::start(data.path(), &[]).await;
    let ledger = Recorder::connect(config(&service)).await.unwrap();
    let refused = access().permitted_by_charter(&ledger).await.unwrap_err();
    assert!(matches!(refused, NotPermitted::NoCharter), "{refused}");

    let desk = CharterDesk::connect(config(&service)).await.unwrap();
    let published = desk.publish(FIRST.as_bytes().to_vec()).await.unwrap();
    assert!(
        !published.already_in_force
            && desk.publish(FIRST.as_bytes().to_vec()).await.unwrap().already_in_force
    );
    let size = service.head().await.size;
    let permitted = access().permitted_by_charter(&ledger).await.unwrap();
    let refused = access().record_count(5000).permitted_by_charter(&ledger).await.unwrap_err();
    let NotPermitted::ByCharter(evaluation) = &refused else { panic!("{refused}") };
    assert_eq!(evaluation.deviates, ["C-4"]);
    assert!(
        refused.to_string().contains("does not fit C-4 because") && refused.to_string().contains("5,000"),
        "{refused}"
    );
    // What is missing is never a pass, and the caller can see that nothing more is wrong.
    let unclear = Access::query("besuchertrend", "verkehrsplanung").record_count(5);
    match unclear.permitted_by_charter(&ledger).await {
        Err(NotPermitted::ByCharter(evaluation)) => {
            assert_eq!((evaluation.deviates, evaluation.not_verifiable), (vec![], vec!["C-2".to_owned()]));
        }
        other => panic!("{other:?}"),
    }
    let invalid = Access::query("zwei Worte", "verkehrsplanung").permitted_by_charter(&ledger).await;
    assert!(matches!(invalid, Err(NotPermitted::NotKnown(_))), "{invalid:?}");
    assert_eq!(service.head().await.size, size, "asking writes nothing");
    ledger.record(permitted).await.unwrap();

    // Many at once, in their order.
    let many: Vec<_> = (0..2001).map(|count| access().record_count(count)).collect();
    let evaluations = ledger.evaluate(&many).await.unwrap();
    assert_eq!(evaluations.charter, Some(published.entry.index()));
    let deviating = evaluations.evaluations.iter().position(|evaluation| !evaluation.is_kept());
    assert_eq!((evaluations.evaluations.len(), deviating), (2001, Some(1001)));
}

#[tokio::test]
async fn a_watch_goes_on_where_it_was_when_the_service_comes_back() {
    let data = tempfile::tempdir().unwrap();
    let service = Service::start(data.path(), &[]).await;
    let gate = einsicht_tests::gate::Gate::open().await;
    gate.lead_to(service.url());
    let mut config = config(&service);
    config.url = format!("http://{}", gate.address);
    CharterDesk::connect(config.clone()).await.unwrap().publish(FIRST.as_bytes().to_vec()).await.unwrap();
    let deviating = || access().record_count(5000);
    let record = async |service: &Service| {
        let ledger = Recorder::connect(self::config(service)).await.unwrap();
        let kept = ledger.record(deviating()).await.unwrap();
        ledger.close().await.unwrap();
        kept.into_recorded().unwrap().index
    };
    let mut watched = std::pin::pin!(watch_deviations(&config, Wanted::default()).unwrap());
    let mut next = async || loop {
        if let Some(deviation) = watched.next().await.unwrap().unwrap().deviation {
            return deviation;
        }
    };
    let first = record(&service).await;
    let told = next().await;
    assert_eq!(
        (told.index, told.dataset.as_str(), told.deviates[0].0.as_str()),
        (first, "besuchertrend", "C-4")
    );
    service.terminate().await.expect(0, &[]);
    let service = Service::start(data.path(), &[]).await;
    gate.lead_to(service.url());
    let second = record(&service).await;
    assert_eq!(next().await.index, second, "the first is not told again");
}
