import { SupernobaError } from '@supernoba/sdk-client';
import { byId, make } from './dom.js';

const MAX_SHOWN = 3;
const INFO_MS = 6_000;
const ERROR_MS = 30_000;

const panel = (): HTMLElement => byId('messages', HTMLElement);

/** Shows what went wrong, with its code, until it is dismissed, half a minute old, or pushed out by newer ones. */
export function showError(thrown: unknown): void {
  const isOurs = thrown instanceof SupernobaError;
  const code = isOurs ? thrown.code : 'PAGE_ERROR';
  const hint = isOurs && thrown.retryable ? ' (may be tried again)' : '';
  const message = show('message error', code, `${thrown instanceof Error ? thrown.message : String(thrown)}${hint}`);
  setTimeout(() => message.remove(), ERROR_MS);
  // A bug of the page, for whoever looks into the browser's console.
  if (!isOurs) console.error(thrown);
}

/** Shows good news for a while. */
export function showInfo(code: string, text: string): void {
  const message = show('message', code, text);
  setTimeout(() => message.remove(), INFO_MS);
}

function show(className: string, code: string, text: string): HTMLElement {
  for (const other of panel().children) {
    if (other.querySelector('code')?.textContent === code && other.querySelector('p')?.textContent === text)
      other.remove();
  }
  const dismiss = make('button', '', '✕');
  dismiss.type = 'button';
  dismiss.setAttribute('aria-label', 'Dismiss');
  const message = make('div', className, make('code', '', code), make('p', '', text), dismiss);
  dismiss.addEventListener('click', () => message.remove());
  panel().prepend(message);
  while (panel().children.length > MAX_SHOWN) panel().lastElementChild?.remove();
  return message;
}
