/**
 * A template with values in it.
 *
 * Templates come from the site's own partials, rendered with `{name}` where a value belongs:
 *
 * - `{name}` in a text or an attribute becomes the value, as text, whatever it holds;
 * - an element with `data-when="name"` (or `!name`) stays only where the value is something (or nothing);
 * - an element with `data-each="name"` is there once for each item of a list, whose values come before the outer ones.
 *
 * Everything is visited once, so that nothing that somebody wrote is ever looked through for names.
 */
export type Value = string | number | boolean | null | undefined | readonly View[];

export interface View {
  readonly [name: string]: Value;
}

const PLACE = /\{(\w+)\}/gu;

/** What `template` holds, with the values of `view` in it. */
export function filled(template: HTMLTemplateElement, view: View): DocumentFragment {
  const fragment = document.importNode(template.content, true);
  fillAll(fragment, view);
  return fragment;
}

/** A sentence with the values of `view` in it; a name without a value stays as it is. */
export function filledText(sentence: string, view: View): string {
  return sentence.replace(PLACE, (place, name: string) => {
    const value = view[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : place;
  });
}

function fillAll(parent: Node, view: View): void {
  for (const node of [...parent.childNodes]) {
    fill(node, view);
  }
}

function fill(node: Node, view: View): void {
  if (node instanceof Text) {
    node.data = filledText(node.data, view);
  } else if (node instanceof Element) {
    fillElement(node, view);
  }
}

function fillElement(element: Element, view: View): void {
  const { each, when } = (element as HTMLElement).dataset;
  if (each !== undefined) {
    element.removeAttribute("data-each");
    for (const item of items(view[each])) {
      const copy = element.cloneNode(true) as Element;
      element.before(copy);
      fillElement(copy, { ...view, ...item });
    }
    element.remove();
  } else if (when !== undefined && !holds(when, view)) {
    element.remove();
  } else {
    for (const attribute of element.attributes) {
      attribute.value = filledText(attribute.value, view);
    }
    fillAll(element, view);
  }
}

function items(value: Value): readonly View[] {
  return Array.isArray(value) ? (value as readonly View[]) : [];
}

function holds(condition: string, view: View): boolean {
  const name = condition.replace("!", "");
  const value = view[name];
  const something = Array.isArray(value) ? value.length > 0 : Boolean(value);
  return something !== condition.startsWith("!");
}
