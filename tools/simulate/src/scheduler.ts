interface Event {
  time: number;
  /** Events of one time run in the order in which they were made. */
  order: number;
  task: (() => void) | undefined;
}

/**
 * Virtual time. Nothing waits for a real clock: the next event runs as soon as everything that the one before it woke
 * has come to rest, so a run depends on its seed alone.
 */
export class Scheduler {
  /** Virtual ms since the run began. */
  now = 0;
  #order = 0;
  readonly #heap: Event[] = [];

  /** Runs `task` once after `ms`; the answer calls it off. */
  after(ms: number, task: () => void): () => void {
    const event: Event = { time: this.now + Math.max(0, ms), order: this.#order++, task };
    this.#push(event);
    return () => {
      event.task = undefined;
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Goes on until `done` holds or nothing is left. @throws Error at `limitMs` */
  async run(done: () => boolean, limitMs: number): Promise<void> {
    while (!done()) {
      const event = this.#pop();
      if (event === undefined) return;
      if (event.task === undefined) continue;
      if (event.time > limitMs) throw new Error(`not done after ${limitMs} virtual ms`);
      this.now = event.time;
      event.task();
      // Promises that the task settled run to their next wait before anything else happens.
      await new Promise(setImmediate);
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (before(heap[parent]!, event)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(last, heap[child]!)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
