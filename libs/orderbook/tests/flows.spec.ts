import fc from 'fast-check';
import { flowSettings, step } from './support/flows.js';
import { FAST } from './support/market.js';
import { BookRun, FLOW_START, SideBySide } from './support/side-by-side.js';

test('the fast book does what the naive book does, at every step of any flow', () => {
  const { steps, ...settings } = flowSettings(50);
  const flow = fc.array(step, { minLength: 1, maxLength: steps, size: 'max' });
  const property = fc.property(flow, (taken) => {
    const books = new SideBySide();
    for (const next of taken) books.take(next);
  });
  fc.assert(property, { ...settings, verbose: 1 });
});

test('a book restored at any point behaves as the one that was never away', () => {
  const { steps, ...settings } = flowSettings(30);
  const flow = fc.array(step, { minLength: 2, maxLength: steps, size: 'max' });
  const property = fc.property(flow, fc.nat(), (taken, cut) => {
    const steady = new BookRun(FAST);
    let restored = new BookRun(FAST);
    let now = FLOW_START;
    const commands = taken.filter((next) => next.step === 'COMMAND');
    for (const [index, next] of commands.entries()) {
      now += next.wait;
      if (index === cut % commands.length) {
        restored = new BookRun(FAST);
        restored.restart(steady.book.snapshot());
        expect(restored.book.stateHash()).toBe(steady.book.stateHash());
      }
      expect(restored.execute(next.command, now)).toEqual(steady.execute(next.command, now));
      expect(restored.book.stateHash()).toBe(steady.book.stateHash());
    }
  });
  fc.assert(property, { ...settings, verbose: 1 });
});
