import type { ValkeyScript } from '@supernoba/valkey-keys';
import type { LuaRunner, Reply } from './lua.js';

type Value = string | Map<string, string> | string[];
interface Entry {
  value: Value;
  /** Virtual ms; Infinity without a time to live. */
  expiresAt: number;
}

/** A Valkey server in memory, as far as the engine's scripts need one. It runs the shipped Lua text. */
export class VirtualValkey {
  #entries = new Map<string, Entry>();

  constructor(
    private readonly lua: LuaRunner,
    private readonly now: () => number,
  ) {}

  run(script: ValkeyScript, keys: readonly string[], args: readonly (string | number)[]): unknown {
    if (keys.length !== script.numberOfKeys) {
      throw new Error(`${script.name} takes ${script.numberOfKeys} keys, not ${keys.length}`);
    }
    return this.lua.run(script.lua, keys, args.map(String), (name, words) => this.command(name, words));
  }

  flush(): void {
    this.#entries.clear();
  }

  /** Everything as it is now, for a replica that lags behind. */
  copy(): Map<string, Entry> {
    return structuredClone(this.#entries);
  }

  /** Takes the state of a replica over. */
  failOver(state: Map<string, Entry>): void {
    this.#entries = state;
  }

  command(name: string, args: readonly string[]): Reply {
    const [key = '', ...rest] = args;
    switch (name) {
      case 'GET':
        return this.#read(key, isString) ?? false;
      case 'SET': {
        const [value = '', unit, seconds] = rest;
        if (unit !== undefined && unit !== 'EX') throw new Error(`SET … ${unit} is not available`);
        this.#entries.set(key, { value, expiresAt: this.#deadline(seconds) });
        return 'OK';
      }
      case 'DEL':
        return args.filter((one) => this.#entry(one) !== undefined && this.#entries.delete(one)).length;
      case 'EXPIRE': {
        const entry = this.#entry(key);
        if (entry === undefined) return 0;
        entry.expiresAt = this.#deadline(rest[0]);
        return 1;
      }
      case 'PTTL': {
        const entry = this.#entry(key);
        if (entry === undefined) return -2;
        return entry.expiresAt === Infinity ? -1 : entry.expiresAt - this.now();
      }
      case 'HMGET': {
        const hash = this.#read(key, isHash);
        return rest.map((field) => hash?.get(field) ?? false);
      }
      case 'HGETALL':
        return [...(this.#read(key, isHash) ?? [])].flat();
      case 'HSET': {
        const hash = this.#write(key, isHash, () => new Map<string, string>());
        const before = hash.size;
        for (let index = 0; index < rest.length; index += 2) hash.set(rest[index]!, rest[index + 1]!);
        return hash.size - before;
      }
      case 'HINCRBY': {
        const [field = '', by = ''] = rest;
        const hash = this.#write(key, isHash, () => new Map<string, string>());
        const sum = BigInt(hash.get(field) ?? '0') + BigInt(by);
        hash.set(field, String(sum));
        return Number(sum);
      }
      case 'RPUSH': {
        const list = this.#write(key, isList, () => []);
        list.push(...rest);
        return list.length;
      }
      case 'LRANGE': {
        const list = this.#read(key, isList) ?? [];
        return list.slice(...range(list, rest));
      }
      case 'LTRIM': {
        const list = this.#read(key, isList);
        if (list === undefined) return 'OK';
        const kept = list.slice(...range(list, rest));
        if (kept.length === 0) this.#entries.delete(key);
        else list.splice(0, list.length, ...kept);
        return 'OK';
      }
      default:
        throw new Error(`the virtual Valkey does not know ${name}`);
    }
  }

  #entry(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt > this.now()) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  #read<V extends Value>(key: string, is: (value: Value) => value is V): V | undefined {
    const entry = this.#entry(key);
    if (entry === undefined) return undefined;
    if (!is(entry.value)) throw new Error('WRONGTYPE Operation against a key holding the wrong kind of value');
    return entry.value;
  }

  #write<V extends Value>(key: string, is: (value: Value) => value is V, make: () => V): V {
    const present = this.#read(key, is);
    if (present !== undefined) return present;
    const value = make();
    this.#entries.set(key, { value, expiresAt: Infinity });
    return value;
  }

  #deadline(seconds: string | undefined): number {
    return seconds === undefined ? Infinity : this.now() + Number(seconds) * 1000;
  }
}

const isString = (value: Value): value is string => typeof value === 'string';
const isHash = (value: Value): value is Map<string, string> => value instanceof Map;
const isList = (value: Value): value is string[] => Array.isArray(value);

/** Start and end of a slice, from the two ends that the command names (both included, negative ones from the end). */
function range(list: readonly string[], [first, last]: readonly string[]): [number, number] {
  const place = (text: string | undefined) => (Number(text) < 0 ? list.length + Number(text) : Number(text));
  return [Math.max(0, place(first)), place(last) + 1];
}
