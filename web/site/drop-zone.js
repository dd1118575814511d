/**
 * A place to drop files on, with buttons for whoever does not drag: keyboard, phone, screen reader.
 */

import { make } from "./dom.js";
import { filesOfDrop } from "./dropped-file.js";

/**
 * @param {{text: string, label: string, folderLabel?: string, accept?: string, id: string, onFiles: (files: File[]) => void}} options
 *   `folderLabel`: offers a whole folder, too
 * @returns {HTMLElement}
 */
export function dropZone({ text, label, folderLabel, id, onFiles }) {
  const zone = make("div", { class: "drop" }, make("p", {}, text), field(id, label, false, onFiles), folderLabel && field(`${id}-folder`, folderLabel, true, onFiles));
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (event) => over(event, zone, true));
  zone.addEventListener("dragleave", (event) => over(event, zone, false));
  zone.addEventListener("drop", async (event) => {
    over(event, zone, false);
    const files = await filesOfDrop(event.dataTransfer);
    if (files.length > 0) onFiles(files);
  });
  // A file that misses the place must not take the page away.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
  return zone;
}

function field(id, label, isFolder, onFiles) {
  const input = make("input", { type: "file", id });
  input.multiple = !isFolder;
  input.webkitdirectory = isFolder;
  input.addEventListener("change", () => {
    const files = [...input.files];
    if (files.length > 0) onFiles(files);
    // So that choosing the same file again is told again.
    input.value = "";
  });
  return make("p", {}, make("label", { for: id }, label), input);
}

function over(event, zone, isOver) {
  event.preventDefault();
  if (isOver) zone.setAttribute("data-kind", "over");
  else zone.removeAttribute("data-kind");
}
