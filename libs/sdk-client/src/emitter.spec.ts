import { Emitter } from './emitter.js';
import type { SupernobaError } from './errors.js';

type Events = { news: number; error: SupernobaError };

/** What the platform would report as uncaught. */
function uncaughtOf(run: () => void): unknown[] {
  const tasks: (() => void)[] = [];
  const spy = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => void tasks.push(task));
  try {
    run();
  } finally {
    spy.mockRestore();
  }
  return tasks.map((task) => {
    try {
      return task();
    } catch (thrown) {
      return thrown;
    }
  });
}

test('without an error listener, what a listener threw becomes an uncaught error in a task of its own', () => {
  const emitter = new Emitter<Events>();
  const bug = new Error('a bug');
  const seen: number[] = [];
  emitter.on('news', () => {
    throw bug;
  });
  emitter.on('news', (n) => void seen.push(n));
  expect(uncaughtOf(() => emitter.emit('news', 1))).toEqual([bug]);
  expect(seen).toEqual([1]);
});

test('an error listener that throws does not call itself for ever', () => {
  const emitter = new Emitter<Events>();
  const bug = new Error('a bug in the error listener');
  emitter.on('error', () => {
    throw bug;
  });
  emitter.on('news', () => {
    throw new Error('first');
  });
  expect(uncaughtOf(() => emitter.emit('news', 1))).toEqual([bug]);
});

test('one function registered twice is called twice and undone one by one', () => {
  const emitter = new Emitter<Events>();
  let calls = 0;
  const listener = () => void calls++;
  const undo = emitter.on('news', listener);
  emitter.on('news', listener);
  emitter.emit('news', 1);
  undo();
  undo();
  emitter.emit('news', 2);
  expect(calls).toBe(3);
});

test('a listener that is no function is refused', () => {
  expect(() => new Emitter<Events>().on('news', undefined as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
});
