/** The element of the page with this id. @throws Error where the page has none of that kind: page and script do not fit. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} #${id}`);
}

/** A new element with text (never markup) or children in it. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...content: (string | Node)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/** Draws the newest state at most once a frame, however often it changes. */
export function conflated<State>(draw: (state: State) => void): (state: State) => void {
  let waiting: { state: State } | undefined;
  return (state) => {
    if (!waiting) {
      requestAnimationFrame(() => {
        const newest = waiting;
        waiting = undefined;
        if (newest) draw(newest.state);
      });
    }
    waiting = { state };
  };
}
