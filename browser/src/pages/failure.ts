/** What is shown when a script fails: that it failed, what was typed, and the way on without scripts. */

const WITHOUT_SCRIPT = "/without-script";

/** The sentences stand in the page itself, for the case that nothing else could be loaded. */
interface Said {
  readonly sorry: string;
  readonly kept: string;
  readonly way: string;
  readonly trust: string;
}

let shown = false;

/** Replaces the page. It sends nothing any more; whether to go on without scripts, the visitor decides. */
export function fail(): void {
  const main = document.querySelector("main");
  if (shown || main === null) {
    return;
  }
  shown = true;
  const said = document.getElementById("code")?.dataset as unknown as Said;
  const typed = [...main.querySelectorAll("textarea")].filter(({ name }) => name === "text" || name === "contact");
  const kept = typed.map(({ value }) => value).filter((value) => value.trim() !== "");
  const heading = made("h1", said.sorry);
  heading.tabIndex = -1;
  const way = made("a", said.way);
  way.href = WITHOUT_SCRIPT;
  way.className = "button";
  const paragraph = document.createElement("p");
  paragraph.append(way);
  main.replaceChildren(heading, ...keptField(said.kept, kept), made("p", said.trust), paragraph);
  heading.focus();
}

function keptField(label: string, kept: readonly string[]): readonly Node[] {
  if (kept.length === 0) {
    return [];
  }
  const field = document.createElement("textarea");
  field.id = "kept";
  field.readOnly = true;
  field.autocomplete = "off";
  field.spellcheck = false;
  field.value = kept.join("\n\n");
  const title = made("label", label);
  title.htmlFor = field.id;
  title.className = "title";
  return [title, field];
}

function made<Name extends "h1" | "p" | "a" | "label">(name: Name, text: string): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
