/**
 * Words for the steps of all verifications. Plain: a person reads them who has never heard of a hash. They accuse nobody:
 * what does not fit is said to not fit.
 */

import { HEAD_WORDS } from "./head-words.js";

/** @type {import("./head-words.js").Words} of every step there is */
export const WORDS = {
  ...HEAD_WORDS,
  file: [
    ["Die Datei lesen", "Read the file"],
    ["Die Datei ist so aufgebaut, wie sie sein soll.", "The file is laid out as it should be."],
    ["Die Datei ist nicht so aufgebaut, wie sie sein soll.", "The file is not laid out as it should be."],
    ["Die Datei lässt sich nicht lesen. Ob ihr Inhalt stimmt, kann niemand sagen.", "The file can't be read. Whether what it says is true, nobody can tell."],
  ],
  signature: [
    ["Die Unterschrift prüfen", "Check the signature"],
    ["Das Protokoll hat diesen Stand unterschrieben.", "The ledger signed this state of it."],
    ["Die Unterschrift passt nicht zu diesem Protokoll.", "The signature does not fit this ledger."],
    ["Die Unterschrift lässt sich hier nicht prüfen.", "The signature can't be checked here."],
  ],
  inclusion: [
    ["Steht der Eintrag im Protokoll?", "Is the entry in the ledger?"],
    ["Der Eintrag steht an seiner Stelle in diesem Stand des Protokolls.", "The entry stands in its place in this state of the ledger."],
    ["Der Beweis führt nicht zu diesem Stand des Protokolls.", "The proof does not lead to this state of the ledger."],
    ["Der Eintrag fehlt in der Datei; ohne ihn lässt sich nichts beweisen.", "The file lacks the entry; without it nothing can be proven."],
  ],
  entry: [
    ["Den Eintrag lesen", "Read the entry"],
    ["Der Eintrag ist eindeutig lesbar.", "The entry can be read in one way only."],
    ["Der Eintrag ist nicht eindeutig lesbar.", "The entry can't be read in one way only."],
    ["Der Eintrag lässt sich nicht lesen.", "The entry can't be read."],
  ],
  trail: [
    ["Ist die Einsichtnahme selbst festgehalten?", "Is the disclosure itself recorded?"],
    ["Ein späterer Eintrag hält fest, dass etwas offengelegt wurde.", "A later entry says that something was disclosed."],
    ["Der genannte Eintrag hält keine Offenlegung fest, die danach kam.", "The entry that is named does not say that something was disclosed afterwards."],
    ["Ob die Einsichtnahme festgehalten ist, lässt sich nicht sagen.", "Whether the disclosure is recorded can't be told."],
  ],
  "same-state": [
    ["Gehören beide Beweise zu einem Stand des Protokolls?", "Do both proofs belong to one state of the ledger?"],
    ["Beide Beweise gelten für denselben Stand.", "Both proofs are about the same state."],
    ["Zwei verschiedene Stände gleicher Länge sind unterschrieben.", "Two different states of one size are signed."],
    ["Die Beweise gelten für verschiedene Stände. Ob beide zur selben Geschichte gehören, zeigt die Datei nicht.", "The proofs are about different states. Whether both are of one history, the file does not show."],
  ],
  values: [
    ["Sind es die versiegelten Werte?", "Are these the values that were sealed?"],
    ["Jeder Wert wurde so versiegelt, als der Eintrag entstand.", "Each value was sealed like this when the entry was made."],
    ["Mindestens ein Wert ist nicht der, der versiegelt wurde.", "At least one value is not the one that was sealed."],
    ["Ob es die versiegelten Werte sind, lässt sich nicht sagen.", "Whether these are the sealed values can't be told."],
  ],
  files: [
    ["Die Dateien des Berichts vergleichen", "Compare the files of the report"],
    ["Jede Datei ist die, die das Verzeichnis nennt.", "Each file is the one that the manifest names."],
    ["Mindestens eine Datei ist eine andere als die, die das Verzeichnis nennt.", "At least one file is another one than the manifest names."],
    ["Nicht alle Dateien des Berichts sind da.", "Not all files of the report are there."],
  ],
  state: [
    ["Aus welchem Stand des Protokolls entstand der Bericht?", "From which state of the ledger was the report made?"],
    ["Das Protokoll hat den Stand unterschrieben, den der Bericht nennt.", "The ledger signed the state that the report names."],
    ["Der Bericht nennt einen anderen Stand als den, der unterschrieben ist.", "The report names another state than the one that is signed."],
    ["Der unterschriebene Stand liegt nicht bei oder lässt sich hier nicht prüfen.", "The signed state is not there, or can't be checked here."],
  ],
  contained: [
    ["Gehört dieser Stand zum heutigen Protokoll?", "Is this state part of the ledger of today?"],
    ["Das heutige Protokoll setzt genau diesen Stand fort.", "The ledger of today continues exactly this state."],
    ["Das heutige Protokoll hatte bei dieser Länge einen anderen Stand.", "The ledger of today had another state at this size."],
    ["Ob das heutige Protokoll diesen Stand fortsetzt, ließ sich nicht nachsehen.", "Whether the ledger of today continues this state could not be looked up."],
  ],
  named: [
    ["Nennt das Protokoll diesen Bericht?", "Does the ledger name this report?"],
    ["Ein Eintrag des Protokolls nennt genau diesen Bericht.", "An entry of the ledger names exactly this report."],
    ["Der Eintrag nennt einen anderen Bericht.", "The entry names another report."],
    ["Ob das Protokoll diesen Bericht nennt, ließ sich nicht nachsehen.", "Whether the ledger names this report could not be looked up."],
  ],
  verdict: [
    ["Stimmt die Beurteilung nach den Zusagen?", "Is the verdict the one that the commitments give?"],
    ["Nach den Zusagen, die der Eintrag nennt, ergibt sich genau diese Beurteilung. Ob es die damals geltenden waren, zeigt erst die Prüfung aller Einträge.", "By the commitments that the entry names, the verdict is exactly this one. Whether they were those in force at that time, only a check of all entries shows."],
    ["Nach den Zusagen, die der Eintrag nennt, ergibt sich diese Beurteilung nicht.", "The commitments that the entry names do not give this verdict."],
    ["Die Beurteilung ließ sich nicht nachrechnen. Was der Eintrag dazu sagt, ist seine eigene Angabe.", "The verdict could not be computed again. What the entry says of it is its own statement."],
  ],
  entries: [
    ["Jeden Eintrag und die Kette prüfen", "Check each entry and the chain"],
    ["Jeder Eintrag ist lesbar und schließt an den vor ihm an.", "Each entry can be read and follows the one before it."],
    ["Ein Eintrag ist nicht so, wie er sein muss, oder schließt nicht an.", "An entry is not as it must be, or does not follow the one before it."],
    ["Nicht alle Einträge ließen sich prüfen.", "Not all entries could be checked."],
  ],
  chain: [
    ["Schließt der Eintrag an seine Nachbarn an?", "Does the entry follow the one before it?"],
    ["Der Eintrag schließt an den vor ihm an, und der nächste an ihn.", "The entry follows the one before it, and the next one follows it."],
    ["Der Eintrag und seine Nachbarn schließen nicht aneinander an.", "The entry and those beside it do not follow each other."],
    ["Die Nachbarn des Eintrags ließen sich nicht lesen.", "The entries beside it could not be read."],
  ],
  "trail-chain": [
    ["Schließt auch der Eintrag über die Einsichtnahme an seine Nachbarn an?", "Does the entry about the disclosure follow the one before it, too?"],
    ["Er schließt an den vor ihm an, und der nächste an ihn.", "It follows the one before it, and the next one follows it."],
    ["Er und seine Nachbarn schließen nicht aneinander an.", "It and those beside it do not follow each other."],
    ["Seine Nachbarn ließen sich nicht lesen.", "The entries beside it could not be read."],
  ],
  root: [
    ["Ergeben die Einträge den unterschriebenen Stand?", "Do the entries make the signed state?"],
    ["Die Einträge ergeben genau den unterschriebenen Stand.", "The entries make exactly the signed state."],
    ["Die Einträge ergeben einen anderen Stand als den unterschriebenen.", "The entries make another state than the signed one."],
    ["Das ließ sich nicht prüfen.", "This could not be checked."],
  ],
  keys: [
    ["Gehört der Schlüssel zum Protokoll?", "Does the key belong to the ledger?"],
    ["Alle Schlüssel, die das Protokoll in seinem ersten Eintrag nennt, haben unterschrieben.", "All keys that the ledger names in its first entry signed."],
    ["Die Schlüssel im ersten Eintrag passen nicht zu den Unterschriften.", "The keys in the first entry do not fit the signatures."],
    ["Das Protokoll hat Schlüssel gewechselt; dem kann dieses Programm nicht folgen.", "The ledger changed keys; this program can't follow that."],
  ],
  tiles: [
    ["Stimmen die Kurzbeweise, die das Protokoll bereithält?", "Are the short proofs that the ledger offers right?"],
    ["Alle Prüfsummen, die das Protokoll bereithält, sind die seiner Einträge.", "All hashes that the ledger offers are those of its entries."],
    ["Mindestens eine Prüfsumme ist eine andere als die, die sich aus den Einträgen ergibt.", "At least one hash is another one than the entries make."],
    ["Nicht alle Prüfsummen ließen sich holen.", "Not all hashes could be fetched."],
  ],
  verdicts: [
    ["Stimmen die Bewertungen nach den Zusagen der Stadt?", "Are the verdicts those that the city's charter gives?"],
    ["Jede Bewertung ist die, die sich aus den Zusagen ergibt.", "Each verdict is the one that the charter gives."],
    ["Mindestens eine Bewertung ist eine andere als die, die sich aus den Zusagen ergibt.", "At least one verdict is another one than the charter gives."],
    ["Die Bewertungen wurden nicht nachgerechnet.", "The verdicts were not computed again."],
  ],
};
