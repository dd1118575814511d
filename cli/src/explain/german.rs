//! What went wrong, in German. Values and names are as whoever found them wrote them.

use einsicht_client::VerifyError;
use einsicht_client::finding::{Fault, Finding};
use einsicht_client::source::SourceError;
use einsicht_client::vault::VaultError;

/// One error of a chain, if it is one that is told in German.
pub fn said(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<VerifyError>() {
        return verify(error);
    }
    if let Some(finding) = cause.downcast_ref::<Finding>() {
        return Some(finding_text(finding));
    }
    if let Some(error) = cause.downcast_ref::<VaultError>() {
        return vault(error);
    }
    cause.downcast_ref::<SourceError>().and_then(source)
}

fn verify(error: &VerifyError) -> Option<String> {
    Some(match error {
        VerifyError::Failed(finding) => finding_text(finding),
        VerifyError::Unread(error) => return source(error),
        VerifyError::Distrusted(_) => return None,
        VerifyError::Empty { place } => {
            format!("{place} hat noch keinen Eintrag veröffentlicht: es gibt nichts zu prüfen")
        }
        VerifyError::Incomplete { place, expected, found } => {
            format!("{place} gab {found} Einträge von {expected}; bitte noch einmal prüfen")
        }
        VerifyError::Newer { what } => format!(
            "das Protokoll enthält {what}: das kann diese Version nicht beurteilen; bitte mit einer neueren prüfen"
        ),
        VerifyError::NoEntry { index, size } => {
            format!("es gibt keinen Eintrag {index}: der Prüfpunkt umfasst {size}, der erste hat den Index 0")
        }
    })
}

fn vault(error: &VaultError) -> Option<String> {
    Some(match error {
        VaultError::Refused(failure) => format!("der Dienst lehnt ab: {failure}"),
        VaultError::NotReached(failure) => {
            format!("der Dienst war nicht zu erreichen, es geschah nichts: {failure}")
        }
        VaultError::Unanswered(failure) => format!("niemand weiß, ob es geschah: {failure}"),
        VaultError::Unproven(failure) => format!("die Antwort war nicht zu prüfen: {failure}"),
        VaultError::False(fault) => format!("der Antwort des Protokolls ist nicht zu trauen: {fault}"),
        _ => return None,
    })
}

fn source(error: &SourceError) -> Option<String> {
    Some(match error {
        SourceError::Unreachable { url, attempts, reason } => {
            format!("{url} war nicht zu erreichen ({attempts} Versuche): {reason}")
        }
        SourceError::Status { url, status } => format!("{url} antwortete mit dem HTTP-Status {status}"),
        SourceError::Io { path, error } => format!("{} ist nicht lesbar: {error}", path.display()),
        SourceError::Address { place, reason } => {
            format!("'{place}' ist nicht die Adresse eines Protokolls: {reason}")
        }
        _ => return None,
    })
}

/// A finding.
pub fn finding_text(finding: &Finding) -> String {
    let Finding { fault, index, place, expected, found } = finding;
    let entry = index.map(|index| format!("Eintrag {index}: ")).unwrap_or_default();
    let place = place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    format!("{entry}{}: erwartet: {expected}; gefunden: {found}{place}", name_of(*fault))
}

/// What is wrong.
fn name_of(fault: Fault) -> &'static str {
    match fault {
        Fault::Rollback => "das Protokoll zeigt weniger Einträge, als es schon unterschrieben hat",
        Fault::Segment => "eine Datei mit Einträgen ist nicht, was sie sein muss",
        Fault::Frame => "ein gespeicherter Abschnitt ist beschädigt",
        Fault::Missing => "Einträge, die der Prüfpunkt umfasst, fehlen",
        Fault::Bundle => "die Einträge sind nicht auseinanderzuhalten",
        Fault::Length => "eine Antwort hat eine andere Länge, als sie haben muss",
        Fault::Leaf => "ein Eintrag ist nicht aufgebaut wie ein Eintrag",
        Fault::Chain => "die Kette ist unterbrochen",
        Fault::Time => "die Zeit läuft rückwärts",
        Fault::Body => "der Inhalt eines Eintrags ist nicht wohlgeformt",
        Fault::Genesis => "das Protokoll beginnt nicht, wie es muss",
        Fault::CommitRoot => {
            "ein gespeicherter Abschnitt nennt eine andere Wurzel, als seine Einträge ergeben"
        }
        Fault::Root => "die Einträge sind nicht die, die unterschrieben wurden",
        Fault::Confidential => "ein vertraulicher Datensatz verbirgt nicht, was erfasst wurde",
        Fault::Opening => "ein vertraulicher Datensatz ist nicht so geöffnet, wie er versiegelt wurde",
        Fault::Charter => "was als Charta geschrieben ist, ist keine",
        Fault::Report => "was als Bericht geschrieben ist, ist keiner",
        Fault::OtherCharter => "ein Datensatz wurde nicht nach der geltenden Charta beurteilt",
        Fault::Verdict => "ein erfasstes Urteil ist nicht das, das die Charta ergibt",
        Fault::Seal => "ein versiegelter Wert ist nicht der im Tresor",
        Fault::Marker => "die Kennzeichen eines Datensatzes sind nicht die der Betroffenen",
        Fault::NoOpening => "der Tresor hat zu einem Eintrag keine Werte",
        Fault::OpeningsFile => "eine Datei des Tresors ist nicht die, die sie sein muss",
        Fault::StrayOpening => "der Tresor hat Werte, die zu keinem Eintrag gehören",
        Fault::Erasure => "was gelöscht wurde und was laut Protokoll gelöscht wurde, ist nicht dasselbe",
        Fault::Annotation => "was über Einträge angegeben ist, sagen diese nicht",
        Fault::Tile => "ein Stück des Baums führt nicht zu der unterschriebenen Wurzel",
        Fault::LeafHash => "ein Eintrag ist nicht der, der unterschrieben wurde",
    }
}

const CUT_OR_OLDER: &str = "Einträge, die das Protokoll unterschrieben hat, sind nicht da: es wurde gekürzt, oder dies ist \
     eine Kopie, die älter ist als das, was hier schon geprüft wurde. Eine ältere Kopie lässt sich mit einem anderen --state-dir \
     prüfen.";

/// What a failed check means.
pub fn meaning_of(fault: Fault) -> &'static str {
    match fault {
        Fault::Rollback => {
            "Einträge, die schon unterschrieben waren, sind fort: das Protokoll wurde gekürzt oder durch eine ältere Kopie \
             ersetzt."
        }
        Fault::Segment | Fault::Frame => {
            "Die gespeicherten Dateien wurden beschädigt oder verändert, nachdem sie geschrieben waren."
        }
        Fault::Missing => CUT_OR_OLDER,
        Fault::Bundle | Fault::Length => {
            "Was gelesen wurde, ist nicht, was das Protokoll an dieser Stelle zeigen muss."
        }
        Fault::Leaf | Fault::Body => {
            "Dieser Eintrag lässt sich nicht auf genau eine Weise lesen; niemand kann sagen, was er besagt."
        }
        Fault::Chain => {
            "Ein Eintrag wurde geändert, eingefügt oder entfernt, nachdem er erfasst war: jeder nennt seinen Vorgänger."
        }
        Fault::Time => "Einträge wurden umgeordnet, oder die Uhr des Protokolls wurde zurückgestellt.",
        Fault::Genesis => "Das ist nicht der Anfang des Protokolls, zu dem der angegebene Schlüssel gehört.",
        Fault::CommitRoot | Fault::Root | Fault::LeafHash => {
            "Gezeigt wird nicht, was unterschrieben wurde: Einträge wurden geändert, eingefügt oder entfernt."
        }
        Fault::Confidential => {
            "Der Datensatz gilt als vertraulich und zeigt doch etwas vom Zugriff: das ist weder versiegelt noch beurteilt. Der \
             Dienst schreibt keinen solchen Datensatz."
        }
        Fault::Opening => {
            "Was von einem vertraulichen Datensatz gezeigt wird, ist nicht, was versiegelt wurde, oder es kam vor seinem Tag."
        }
        Fault::Charter => {
            "Das Protokoll führt als Charta, was keine ist; niemand kann sagen, wonach Zugriffe beurteilt wurden. Der Dienst \
             prüft Chartas, bevor er sie veröffentlicht."
        }
        Fault::Report => {
            "Das Protokoll führt als Bericht, was keiner ist, oder als Berichtigung eines anderen, der keiner desselben \
             Zeitraums ist. Der Dienst schreibt keinen solchen Eintrag."
        }
        Fault::OtherCharter => {
            "Der Datensatz wurde nach Zusagen beurteilt, die nicht galten, oder nach keinen: sein Urteil besagt nichts."
        }
        Fault::Verdict => {
            "Das Protokoll sagt von diesem Zugriff, dass er zu den Zusagen der Stadt passt oder nicht passt, und nach der \
             Charta im Protokoll ist es nicht so."
        }
        Fault::Seal => {
            "Was der Tresor zu diesem Eintrag offenlegen würde, ist nicht, was versiegelt wurde, oder etwas davon fehlt."
        }
        Fault::Marker => {
            "Wessen Daten betroffen sind, fände diesen Datensatz mit dem eigenen Schlüssel nicht, oder jemand anderes fände ihn."
        }
        Fault::NoOpening => {
            "Was versiegelt wurde, lässt sich nicht mehr offenlegen, und kein Eintrag sagt, dass es gelöscht wurde: der Tresor \
             wurde beschädigt, oder etwas wurde herausgenommen."
        }
        Fault::OpeningsFile => {
            "Eine Datei des Tresors wurde am Anfang beschädigt oder ausgetauscht; die Datensätze dahinter wurden trotzdem \
             gelesen."
        }
        Fault::StrayOpening => {
            "In den Tresor wurde etwas gelegt, das nie erfasst wurde, oder an eine andere Stelle."
        }
        Fault::Erasure => {
            "Etwas wurde gelöscht, wovon kein Eintrag spricht, oder das Protokoll sagt, etwas sei gelöscht, und es ist da."
        }
        Fault::Annotation => {
            "Der Dienst nennt Berichtigungen oder Öffnungen, die keine sind: auf seine Angaben zu Datensätzen ist kein Verlass."
        }
        Fault::Tile => "Die gezeigten Prüfsummen gehören nicht zu dem Baum, der unterschrieben wurde.",
    }
}
