/** The element of the page with that id, which must be of that class. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page lacks #${id}`);
  return element;
}

/** Calls back with the value of the chosen radio button of a fieldset, whenever it changes. */
export function onChoice(id: string, callback: (value: string) => void): void {
  byId(id, HTMLFieldSetElement).addEventListener('change', ({ target }) => {
    if (target instanceof HTMLInputElement) callback(target.value);
  });
}

/** Fills a description list. */
export function showFacts(id: string, facts: Readonly<Record<string, string>>): void {
  const list = document.getElementById(id)!;
  list.replaceChildren(
    ...Object.entries(facts).flatMap(([term, description]) => [
      textElement('dt', term),
      textElement('dd', description),
    ]),
  );
}

export function textElement(tag: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
