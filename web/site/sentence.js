/**
 * Rules of a charter as plain sentences, in German and in English. A sentence is made from the rule itself, never from its
 * title: what is shown is what is computed.
 */

import { plain } from "./speaker.js";
import { CHOICES, FIELDS, FLAGS, REGISTER_OF, VERBS } from "./sentence-words.js";

const OLDER = new Set(["not_older_than_days", "not_older_than_of_dataset"]);
const LIMITS = new Set(["at_most", "at_most_of_dataset", ...OLDER]);
const LISTS = new Set(["categories", "other_datasets"]);

/**
 * @param {import("./charter-text.js").CommitmentText} commitment
 * @param {Map<string, Map<string, import("./charter-text.js").Titles>>} registers
 * @param {import("./speaker.js").Speaker} speaker
 * @returns {string} foreign text in it
 */
export function sentenceOf({ rule, question }, registers, speaker) {
  const said = { speaker, registers, isGerman: speaker.language === "de" };
  if (question !== null) return (said.isGerman ? "Menschen beantworten die Frage: " : "People answer: ") + plain(speaker.pick(question));
  return `${start(rule.when, said)}${demand(rule, said)}.`;
}

function start(when, said) {
  if (when.length === 0) return pick(said, "Bei jedem Zugriff ", "For every access, ");
  return `${pick(said, "Wenn", "If")} ${clauses(when, said)}, `;
}

function demand({ must, isForbidden }, said) {
  if (!isForbidden) return must.map((condition) => mustBe(phrase(condition, said), said)).join(pick(said, ", und es ", ", and "));
  if (must.length > 1) return pick(said, `darf nicht zugleich gelten, dass ${clauses(must, said)}`, `it must not be that ${clauses(must, said)}`);
  const [only] = must;
  // That something must not be so is said as that it must be otherwise, where there is one otherwise.
  if (isFlag(only)) return mustBe(phrase({ ...only, value: !only.value }, said), said);
  return mustNotBe(phrase(only, said), said);
}

/** Subject, verb and complement of a condition. */
function phrase(condition, said) {
  const language = said.speaker.language;
  if (isFlag(condition)) {
    const [subject, complement, verb, negation] = FLAGS[condition.field][language][condition.value];
    return { subject, complement, verb, negation, isPlural: language === "de" && condition.field === "personal", isLimit: false, tail: "" };
  }
  const [subject, isPlural] = FIELDS.get(condition.field)?.[language] ?? [condition.field, false];
  const lies = OLDER.has(condition.kind) || condition.kind === "days_before_access";
  const tail = condition.kind === "not_older_than_of_dataset" ? pick(said, "wie der Datenbestand nach der Erhebung genutzt werden darf", "") : "";
  return { subject, complement: complement(condition, said), verb: lies ? "lie" : "be", negation: "", isPlural, isLimit: LIMITS.has(condition.kind), tail };
}

function complement({ field, kind, value }, said) {
  const number = (count) => said.speaker.number(count);
  const days = (count) => `${number(count)} ${count === 1n ? pick(said, "Tag", "day") : pick(said, "Tage", "days")}`;
  switch (kind) {
    case "is":
      return oneOf(field, [value], said);
    case "in":
      return oneOf(field, value, said);
    case "present":
      return pick(said, "angegeben", "stated");
    case "at_most":
      return pick(said, `höchstens ${number(value)}`, `at most ${number(value)}`);
    case "at_most_of_dataset":
      return pick(said, "höchstens so groß wie die Obergrenze des Datenbestands", "at most the ceiling of the data set");
    case "listed_in_dataset":
      return pick(said, "für den Datenbestand vorgesehen", "one of those listed for the data set");
    case "not_older_than_days":
      return pick(said, `höchstens ${days(value)} vor dem Zugriff`, `at most ${days(value)} before the access`);
    case "not_older_than_of_dataset":
      return pick(said, "höchstens so viele Tage vor dem Zugriff", "at most as many days before the access as the data set may be used after collection");
    default:
      return pick(said, `mindestens ${days(value)} vor dem Zugriff`, `at least ${days(value)} before the access`);
  }
}

function oneOf(field, values, said) {
  const names = values.map((value) => nameOf(field, value, said));
  const only = LISTS.has(field) ? pick(said, "ausschließlich ", "only ") : "";
  return only + joined(names, pick(said, "oder", "or"));
}

function nameOf(field, value, said) {
  if (typeof value === "bigint") return said.speaker.number(value);
  const choice = CHOICES.get(`${field}.${value}`);
  if (choice) return quoted(said.speaker.pick(choice), said);
  const code = plain(String(value));
  const titles = said.registers.get(REGISTER_OF.get(field))?.get(value);
  const title = titles ? plain(said.speaker.pick(titles)) : code;
  return title === code ? quoted(code, said) : `${quoted(title, said)} (${code})`;
}

function clauses(conditions, said) {
  return joined(conditions.map((condition) => clause(phrase(condition, said), said)), pick(said, "und", "and"));
}

function clause({ subject, complement: what, verb, negation, isPlural, tail }, said) {
  const finite = VERBS[said.speaker.language][verb][isPlural ? 2 : 1];
  if (said.isGerman) return withTail([subject, what, finite], tail);
  return words([subject, finite, negation === "not" ? "not" : "", what]);
}

function mustBe({ subject, complement: what, verb, negation, isPlural, isLimit, tail }, said) {
  const infinitive = VERBS[said.speaker.language][verb][0];
  if (!said.isGerman) return words([subject, negation === "nothing" ? "may" : "must", negation === "not" ? "not" : "", infinitive, what]);
  const may = isLimit || negation !== "";
  const modal = may ? (isPlural ? "dürfen" : "darf") : isPlural ? "müssen" : "muss";
  return withTail([modal, subject, what, infinitive], tail);
}

function mustNotBe({ subject, complement: what, verb, isPlural, tail }, said) {
  const infinitive = VERBS[said.speaker.language][verb][0];
  if (said.isGerman) return withTail([isPlural ? "dürfen" : "darf", subject, "nicht", what, infinitive], tail);
  return words([subject, "must not", infinitive, what]);
}

function isFlag({ kind, value }) {
  return kind === "is" && typeof value === "boolean";
}

function withTail(list, tail) {
  return tail === "" ? words(list) : `${words(list)}, ${tail}`;
}

function words(list) {
  return list.filter((word) => word !== "").join(" ");
}

function joined(items, before) {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} ${before} ${items.at(-1)}`;
}

function quoted(text, said) {
  return pick(said, `„${text}“`, `“${text}”`);
}

function pick({ isGerman }, german, english) {
  return isGerman ? german : english;
}
