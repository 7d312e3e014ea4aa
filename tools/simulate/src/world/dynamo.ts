import { PortError, type Item } from '@supernoba/engine/ports';
import { TABLES, type TableShape } from '@supernoba/protocol';
import { isDeepStrictEqual } from 'node:util';

/** DynamoDB in memory, as far as the engine needs it. */
export class VirtualDynamo {
  readonly #tables = new Map<string, Map<string, Item>>();
  readonly #shapes = new Map<string, TableShape>();

  constructor() {
    for (const shape of Object.values<TableShape>(TABLES)) {
      this.#shapes.set(shape.name, shape);
      this.#tables.set(shape.name, new Map());
    }
  }

  get(table: string, key: Item): Item | undefined {
    const row = this.#rows(table).get(this.#key(table, key));
    return row && structuredClone(row);
  }

  put(table: string, item: Item): void {
    this.#rows(table).set(this.#key(table, item), structuredClone(item));
  }

  update(table: string, key: Item, set: Item, expect: Item): void {
    const rows = this.#rows(table);
    const name = this.#key(table, key);
    const row = rows.get(name) ?? {};
    check(row, expect);
    const changed: Item = { ...row, ...structuredClone(set), ...key };
    for (const [attribute, value] of Object.entries(changed)) if (value === undefined) delete changed[attribute];
    rows.set(name, changed);
  }

  delete(table: string, key: Item, expect: Item): void {
    const rows = this.#rows(table);
    const name = this.#key(table, key);
    check(rows.get(name) ?? {}, expect);
    rows.delete(name);
  }

  increment(table: string, key: Item, attribute: string): number {
    const rows = this.#rows(table);
    const name = this.#key(table, key);
    const row = rows.get(name) ?? {};
    const value = Number(row[attribute] ?? 0) + 1;
    rows.set(name, { ...row, ...key, [attribute]: value });
    return value;
  }

  /** Every row, in the order in which they came. */
  rows(table: string): Item[] {
    return structuredClone([...this.#rows(table).values()]);
  }

  #rows(table: string): Map<string, Item> {
    const rows = this.#tables.get(table);
    if (rows === undefined) throw new PortError('NOT_FOUND', `there is no table ${table}`);
    return rows;
  }

  #key(table: string, item: Item): string {
    const { hash, range } = this.#shapes.get(table)!;
    return JSON.stringify(range === undefined ? [item[hash.name]] : [item[hash.name], item[range.name]]);
  }
}

function check(row: Item, expect: Item): void {
  for (const [attribute, value] of Object.entries(expect)) {
    if (!isDeepStrictEqual(row[attribute], value)) {
      throw new PortError('CONDITION_FAILED', `${attribute} is ${String(row[attribute])}, not ${String(value)}`);
    }
  }
}
