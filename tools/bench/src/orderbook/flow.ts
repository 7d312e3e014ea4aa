import { compareOutcome } from './outcome.js';
import { RecordType, type Workload } from '../workload/format.js';
import { ReferenceBook } from '../workload/reference-book.js';

/** Prices above would need a reference book of more than 16 MB a side. */
const MAX_PRICE = 1_000_000;

/** A flow that a reference book has run: it reaches its header, and names only live orders. */
export interface Flow extends Workload {
  /** Executed quantity of the order before each REPLACE: the file names what shall be open, some books take the total. */
  filledBefore: Uint32Array;
}

/**
 * Runs a workload on the reference book.
 *
 * @throws Error for a record that no book could follow, and for a header that is not the outcome
 */
export function proveFlow(workload: Workload): Flow {
  const { header, types, ids, prices, quantities, sides } = workload;
  const maxPrice = prices.reduce((most, price) => Math.max(most, price), 1);
  if (maxPrice > MAX_PRICE)
    throw new Error(`the flow has the price ${maxPrice}, at most ${MAX_PRICE} ticks can be run`);
  const book = new ReferenceBook(header.maxId, maxPrice);
  const filledBefore = new Uint32Array(types.length);
  let lastId = 0;
  for (let index = 0; index < types.length; index += 1) {
    const id = ids[index]!;
    const isAdd = types[index] === RecordType.Add;
    if (index < header.preload && !isAdd) throw new Error(`record ${index} of the preload is no ADD`);
    if (isAdd ? id !== (lastId += 1) || id > header.maxId : book.isLive[id] !== 1)
      throw new Error(`record ${index} names order ${id}, which is ${isAdd ? 'not the next new one' : 'not live'}`);
    if (types[index] !== RecordType.Cancel && (prices[index] === 0 || quantities[index] === 0))
      throw new Error(`record ${index} has no price or no quantity`);
    if (isAdd) {
      book.side[id] = sides[index]!;
    } else {
      book.takeOut(id);
      if (types[index] === RecordType.Cancel) {
        book.end(id);
        continue;
      }
      filledBefore[index] = book.filled[id]!;
    }
    book.price[id] = prices[index]!;
    book.open[id] = quantities[index]!;
    book.submit(id);
  }
  book.settle();
  const { trades, quantity, notional, tradeHash } = book;
  compareOutcome(header, {
    trades,
    quantity,
    notional,
    tradeHash,
    finalLive: book.live.length,
    depthHash: book.depthHash(),
  });
  return { ...workload, filledBefore };
}
