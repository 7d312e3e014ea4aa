import type { DepthFrame } from '@supernoba/protocol';
import { byId, conflated, make } from './dom.js';
import { integer } from './format.js';
import { ladder, largestQuantity, spreadText, type LadderRow } from './ladder.js';

export interface DepthPanel {
  show(frame: DepthFrame): void;
  clear(): void;
}

/** The ladder: asks above, bids below, best ones in the middle. A price that is pressed goes into the order form. */
export function depthPanel(pick: (price: number) => void): DepthPanel {
  const asks = byId('asks', HTMLElement);
  const bids = byId('bids', HTMLElement);
  const spread = byId('spread', HTMLElement);
  const row = (kind: 'ask' | 'bid', { price, quantity, total, share }: LadderRow): HTMLElement => {
    const button = make('button', '', integer(price));
    button.type = 'button';
    button.setAttribute('aria-label', `${kind} ${price}, take as price`);
    button.dataset['price'] = String(price);
    const line = make(
      'tr',
      `level ${kind}`,
      make('td', '', button),
      make('td', '', integer(quantity)),
      make('td', '', integer(total)),
    );
    line.style.setProperty('--share', `${share.toFixed(1)}%`);
    return line;
  };
  for (const side of [asks, bids]) {
    side.addEventListener('click', ({ target }) => {
      const price =
        target instanceof Element ? target.closest('tr')?.querySelector('button')?.dataset['price'] : undefined;
      if (price !== undefined) pick(Number(price));
    });
  }
  const draw = conflated<Pick<DepthFrame, 'a' | 'b'>>(({ a, b }) => {
    const largest = largestQuantity(a, b);
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['price'] : undefined;
    asks.replaceChildren(
      ...ladder(a, largest)
        .map((level) => row('ask', level))
        .reverse(),
    );
    bids.replaceChildren(...ladder(b, largest).map((level) => row('bid', level)));
    spread.textContent = spreadText(b[0]?.[0], a[0]?.[0]);
    // Redrawing takes the focus away from a keyboard user: give it back to the same price.
    if (held !== undefined) document.querySelector<HTMLElement>(`.level button[data-price="${held}"]`)?.focus();
  });
  return { show: draw, clear: () => draw({ a: [], b: [] }) };
}
