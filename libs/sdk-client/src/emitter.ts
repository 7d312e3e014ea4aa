import { ClientErrorCode, messageOf, SupernobaError } from './errors.js';

type Listener<T> = (payload: T) => void;

/**
 * Typed events. `on` returns its undo. A listener that throws stops neither the other listeners nor the client: what it
 * threw goes to the `error` listeners, and without any of those it is thrown again in a task of its own, where the
 * platform reports it as uncaught.
 */
export class Emitter<Events extends { error: SupernobaError }> {
  readonly #listeners = new Map<keyof Events, Set<{ run: Listener<never> }>>();

  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    if (typeof listener !== 'function') {
      throw new SupernobaError(ClientErrorCode.InvalidArgument, `the listener of '${String(name)}' must be a function`);
    }
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    // An entry of its own, so that one function registered twice has two undos.
    const entry = { run: listener as Listener<never> };
    set.add(entry);
    return () => set.delete(entry);
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    const set = this.#listeners.get(name);
    if (!set) return;
    // A copy: a listener may undo itself or add others while it runs.
    for (const entry of [...set]) {
      try {
        (entry.run as Listener<Events[Name]>)(payload);
      } catch (thrown) {
        this.#reportThrown(name, thrown);
      }
    }
  }

  #reportThrown(name: keyof Events, thrown: unknown): void {
    const listeners = this.#listeners.get('error');
    if (name === 'error' || !listeners?.size) {
      queueMicrotask(() => {
        throw thrown;
      });
      return;
    }
    const message = `a listener of '${String(name)}' threw: ${messageOf(thrown)}`;
    this.emit('error', new SupernobaError(ClientErrorCode.ListenerFailed, message, { cause: thrown }));
  }
}
