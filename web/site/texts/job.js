/** Texts of work that takes a while. */

export const JOB = {
  de: {
    "job.progress": "Fortschritt",
    "job.begins": "Beginnt …",
    "job.entries": "{done} von {of} Einträgen geprüft.",
    "job.bundles": "{done} von {of} Paketen zu je 256 Einträgen gelesen.",
    "job.stopped": "Angehalten.",
    "job.away": "Der Server antwortet gerade nicht. Es geht von selbst weiter, sobald er wieder da ist; nichts muss wiederholt werden.",
    "job.broke": "Das Rechnen im Hintergrund ist abgebrochen. Laden Sie die Seite neu. Ob etwas stimmt, ist damit nicht gesagt.",
    "audit.ok": "Alles stimmt: jeder Eintrag, die Kette, der unterschriebene Stand und jede Bewertung.",
    "audit.failed": "Etwas stimmt nicht. Welcher Schritt es ist, steht hier:",
    "audit.could-not-tell": "Es ließ sich nicht alles prüfen. Welcher Schritt es ist, steht hier:",
    "audit.counted": "Gezählt aus allen Einträgen bis Nummer {last}, jeder von Ihrem Browser geprüft.",
    "audit.count": "Aus allen {n} Einträgen zählen",
    "audit.why": "Die Zahlen auf dieser Seite zählt Ihr Browser selbst, aus allen Einträgen.",
  },
  en: {
    "job.progress": "Progress",
    "job.begins": "Begins …",
    "job.entries": "{done} of {of} entries checked.",
    "job.bundles": "{done} of {of} bundles of 256 entries read.",
    "job.stopped": "Paused.",
    "job.away": "The server does not answer at the moment. It goes on by itself once it is back; nothing has to be done again.",
    "job.broke": "The work in the background broke off. Load the page again. Whether anything is right is not told by this.",
    "audit.ok": "Everything holds: each entry, the chain, the signed state, and each verdict.",
    "audit.failed": "Something does not hold. Which step it is stands here:",
    "audit.could-not-tell": "Not everything could be checked. Which step it is stands here:",
    "audit.counted": "Counted from all entries up to number {last}, each checked by your browser.",
    "audit.count": "Count from all {n} entries",
    "audit.why": "The numbers on this page your browser counts itself, from all entries.",
  },
};
