/** Texts of the page Start. */

export const START = {
  de: {
    "audit.button": "Alle {n} Einträge jetzt prüfen",
    "start.unloaded": "Das Programm dafür ließ sich nicht laden. Versuchen Sie es noch einmal.",
    "start.size": "Einträge insgesamt",
    "start.today": "Einträge heute (UTC)",
    "start.newest": "Neuester Eintrag",
    "start.began": "Das Protokoll begann",
    "start.origin": "Name dieses Protokolls: {origin}",
    "start.predecessor": "Dieses Protokoll setzt ein früheres fort: {origin} mit {n} Einträgen.",
  },
  en: {
    "audit.button": "Check all {n} entries now",
    "start.unloaded": "The program for this could not be loaded. Try it again.",
    "start.size": "Entries in all",
    "start.today": "Entries today (UTC)",
    "start.newest": "Newest entry",
    "start.began": "The ledger began",
    "start.origin": "Name of this ledger: {origin}",
    "start.predecessor": "This ledger continues an earlier one: {origin} with {n} entries.",
  },
};
