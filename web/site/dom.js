/**
 * Makes elements. Text only ever becomes text: nothing here reads HTML, and no attribute that could run something can
 * be set.
 */

const SVG = "http://www.w3.org/2000/svg";
const ATTRIBUTES = new Set([
  ...["id", "class", "type", "name", "value", "for", "lang", "datetime", "scope", "colspan", "download", "hidden", "open", "max", "min"],
  ...["role", "tabindex", "disabled", "title", "data-outcome", "data-head", "data-kind", "checked"],
  ...["viewBox", "width", "height", "x", "y", "d", "focusable"],
]);

/**
 * @typedef {Node | string | number | bigint | null | false | undefined} Child text becomes a text node; `null`, `false`
 *   and `undefined` nothing
 */

/**
 * @param {string} name
 * @param {Record<string, string | number | boolean | null | ((event: Event) => void)>} [attributes] `on…` takes a
 *   function; `href` only what is relative, or of http
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function make(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function draw(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/**
 * Replaces what an element holds.
 *
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/**
 * @param {string} name value of `data-part`: where script puts something
 * @returns {HTMLElement}
 */
export function part(name) {
  const found = document.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof HTMLElement)) throw new RangeError(`the page has no part “${name}”`);
  return found;
}

/**
 * Foreign text on its own: its direction of writing does not reach beyond it.
 *
 * @param {string} text
 * @param {string} [language] where it is not that of the page
 */
export function foreign(text, language) {
  return make("bdi", { lang: language }, text);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false || value === undefined) continue;
    if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "href") element.setAttribute("href", safeLink(String(value)));
    else if (ATTRIBUTES.has(name) || name.startsWith("aria-")) element.setAttribute(name, value === true ? "" : String(value));
    else throw new RangeError(`pages do not set the attribute “${name}”`);
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children
    .flat(3)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

function safeLink(href) {
  const { protocol } = new URL(href, location.href);
  if (!["http:", "https:", "blob:"].includes(protocol)) throw new RangeError("pages link to http, https and files of their own only");
  return href;
}
