/**
 * What fields and values of rules are called: subject with its article, and whether that is plural. The words are those
 * that the command line and the reports use.
 */

/** @type {Map<string, {de: [string, boolean], en: [string, boolean]}>} */
export const FIELDS = new Map(
  Object.entries({
    dataset: ["der Datenbestand", "the data set"],
    other_datasets: ["die verknüpften Datenbestände", "the data sets combined with it", true],
    personal: ["die Daten", "the data", "de"],
    operation: ["der Vorgang", "the operation"],
    purpose: ["der Zweck", "the purpose"],
    activity: ["die Verarbeitungstätigkeit", "the processing activity"],
    access_count: ["die Zahl der Zugriffe", "the number of accesses"],
    record_count: ["die Zahl der berührten Datensätze", "the number of records touched"],
    unit: ["die Organisationseinheit", "the organisational unit"],
    role: ["die Rolle", "the role"],
    actor_kind: ["die Art des Zugreifenden", "the kind of actor"],
    legal_basis: ["die Rechtsgrundlage", "the legal basis"],
    national_norm: ["die nationale Vorschrift", "the national norm"],
    recipient: ["der Empfänger", "the recipient"],
    categories: ["die Datenkategorien", "the categories of data", true],
    processing: ["die Form der Daten", "the form of the data"],
    secondary_use: ["die Zweckänderung (ja oder nein)", "whether the use is beyond the original purpose"],
    consideration: ["die Gegenleistung (ja oder nein)", "whether something is given in return"],
    storage_location: ["der Speicherort", "the place of storage"],
    announcement: ["die vorherige Ankündigung", "the prior announcement"],
    announced_on: ["der Tag der Ankündigung", "the day of the announcement"],
    approval: ["die Genehmigung", "the approval"],
    collected_on: ["der Tag der ältesten Erhebung", "the day of the oldest collection"],
    outcome: ["das Ergebnis", "the outcome"],
    occurred_until: ["das Ende des Zugriffs", "the end of the access"],
    confidential_until: ["das Ende der Vertraulichkeit", "the end of confidentiality"],
    subjects: ["die betroffenen Personen", "the data subjects", true],
    actor: ["die zugreifende Person", "the person who accessed"],
    on_behalf_of: ["die vertretene Person", "the person who was acted for"],
    record_keys: ["die Schlüssel der Datensätze", "the keys of the records", true],
    justification: ["die Begründung", "the justification"],
    case_number: ["das Aktenzeichen", "the case number"],
    query: ["die Suchanfrage", "the query"],
    client_address: ["die Netzadresse", "the network address"],
    trace_id: ["die Ablaufkennung", "the trace id"],
    span_id: ["die Schrittkennung", "the span id"],
  }).map(([field, [de, en, plural = false]]) => [field, { de: [de, plural !== false], en: [en, plural === true] }]),
);

/** Registers whose titles stand for codes, by field. */
export const REGISTER_OF = new Map(
  Object.entries({
    dataset: "dataset",
    other_datasets: "dataset",
    purpose: "purpose",
    activity: "activity",
    unit: "unit",
    role: "role",
    legal_basis: "legal_basis",
    recipient: "recipient",
    storage_location: "storage_location",
  }),
);

/** Values of enumerations. */
export const CHOICES = new Map(
  Object.entries({
    "operation.collect": ["Erhebung", "collection"],
    "operation.alter": ["Veränderung", "alteration"],
    "operation.query": ["Abfrage", "query"],
    "operation.disclose": ["Offenlegung", "disclosure"],
    "operation.combine": ["Kombination", "combination"],
    "operation.erase": ["Löschung", "erasure"],
    "actor_kind.human": ["Mensch", "human"],
    "actor_kind.system": ["Programm", "system"],
    "actor_kind.ai": ["KI", "AI"],
    "processing.raw": ["unverändert", "as stored"],
    "processing.pseudonymised": ["pseudonymisiert", "pseudonymised"],
    "processing.aggregated": ["zusammengefasst", "aggregated"],
    "processing.anonymous": ["anonym", "anonymous"],
    "outcome.granted": ["gewährt", "granted"],
    "outcome.denied": ["verweigert", "denied"],
    "outcome.failed": ["gewährt, dann fehlgeschlagen", "granted, then failed"],
  }).map(([name, [de, en]]) => [name, { de, en }]),
);

/** What is, or is not, so: subject, complement, verb, and what says that it is not. */
export const FLAGS = {
  consideration: {
    de: { true: ["eine Gegenleistung", "", "given", ""], false: ["keine Gegenleistung", "", "given", "nothing"] },
    en: { true: ["something", "given in return", "be", ""], false: ["nothing", "given in return", "be", "nothing"] },
  },
  secondary_use: {
    de: { true: ["die Nutzung", "über den ursprünglichen Zweck", "exceed", ""], false: ["die Nutzung", "nicht über den ursprünglichen Zweck", "exceed", "not"] },
    en: { true: ["the use", "beyond the original purpose", "be", ""], false: ["the use", "beyond the original purpose", "be", "not"] },
  },
  personal: {
    de: { true: ["die Daten", "personenbezogen", "be", ""], false: ["die Daten", "nicht personenbezogen", "be", "not"] },
    en: { true: ["the data", "personal", "be", ""], false: ["the data", "personal", "be", "not"] },
  },
};

/** German verbs: infinitive, singular, plural. English ones are `be`, save `lie`. */
export const VERBS = {
  de: { be: ["sein", "ist", "sind"], lie: ["liegen", "liegt", "liegen"], exceed: ["hinausgehen", "hinausgeht", "hinausgeht"], given: ["gegeben werden", "gegeben wird", "gegeben wird"] },
  en: { be: ["be", "is", "are"], lie: ["lie", "lies", "lie"] },
};
