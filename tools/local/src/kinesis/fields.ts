import { serialization, validation } from './errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;

interface TextRule {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly oneOf?: readonly string[];
}

interface NumberRule {
  readonly min?: number;
  readonly max?: number;
}

/**
 * Reads the members of one request. A member of the wrong JSON type ends the request at once (SerializationException);
 * members that break a constraint are collected and answered together, in AWS's words, by {@link check}.
 */
export class Fields {
  constructor(
    private readonly values: JsonObject,
    private readonly path = '',
    private readonly problems: string[] = [],
  ) {}

  text(name: string, rule: TextRule = {}): string | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw wrongType(name, 'a String');
    this.#checkText(name, value, rule);
    return value;
  }

  requiredText(name: string, rule: TextRule = {}): string {
    return this.text(name, rule) ?? this.#missing(name, '');
  }

  integer(name: string, rule: NumberRule = {}): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(name, 'an Integer');
    const { min = -Infinity, max = Infinity } = rule;
    if (value < min) this.#problem(name, value, `Member must have value greater than or equal to ${min}`);
    if (value > max) this.#problem(name, value, `Member must have value less than or equal to ${max}`);
    return value;
  }

  requiredInteger(name: string, rule: NumberRule = {}): number {
    return this.integer(name, rule) ?? this.#missing(name, 0);
  }

  boolean(name: string): boolean | undefined {
    const value = this.#get(name);
    if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'a Boolean');
    return value;
  }

  /** Epoch seconds on the wire, milliseconds here. */
  timeMs(name: string): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType(name, 'milliseconds since epoch');
    return Math.round(value * 1000);
  }

  requiredBlob(name: string): Buffer {
    const value = this.#get(name);
    if (value === undefined) return this.#missing(name, Buffer.alloc(0));
    if (typeof value !== 'string' || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
      throw wrongType(name, 'a Blob: base64 is expected');
    }
    return Buffer.from(value, 'base64');
  }

  structure(name: string): Fields | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw wrongType(name, 'a structure');
    return new Fields(value, this.#pathOf(name), this.problems);
  }

  requiredStructure(name: string): Fields {
    return this.structure(name) ?? this.#missing(name, new Fields({}, this.#pathOf(name), []));
  }

  /** A list of structures of `min` to `max` members. */
  structures(name: string, min: number, max: number): Fields[] {
    const value = this.#get(name);
    if (value === undefined) return this.#missing(name, []);
    if (!Array.isArray(value)) throw wrongType(name, 'a list');
    const size = `[${value.length} members]`;
    if (value.length < min) this.#problem(name, size, `Member must have length greater than or equal to ${min}`);
    if (value.length > max) {
      this.#problem(name, size, `Member must have length less than or equal to ${max}`);
      return [];
    }
    return value.map((member: unknown, index) => {
      if (!isObject(member)) throw wrongType(name, 'a list of structures');
      return new Fields(member, `${this.#pathOf(name)}.${index + 1}.member`, this.problems);
    });
  }

  /** A member that this server has no meaning for: pretending to obey it would be worse than a refusal. */
  unsupported(name: string, accepted?: string | number | boolean): void {
    const value = this.#get(name);
    if (value !== undefined && value !== accepted) {
      throw validation(
        `${name} is not supported by this server${accepted === undefined ? '' : `, except ${String(accepted)}`}.`,
      );
    }
  }

  /** @throws KinesisError (ValidationException) that names every member which breaks its constraint */
  check(): void {
    const count = this.problems.length;
    if (count === 0) return;
    throw validation(
      `${count} validation error${count > 1 ? 's' : ''} detected: ${this.problems.slice(0, 10).join('; ')}`,
    );
  }

  /** Adds a broken constraint that only the caller can judge. */
  reject(name: string, value: string | number, constraint: string): void {
    this.#problem(name, value, constraint);
  }

  #checkText(name: string, value: string, { min = 0, max = Infinity, pattern, oneOf }: TextRule): void {
    const length = [...value].length;
    if (length < min) this.#problem(name, value, `Member must have length greater than or equal to ${min}`);
    if (length > max) this.#problem(name, value, `Member must have length less than or equal to ${max}`);
    if (pattern && !pattern.test(value)) {
      const source = pattern.source.replace(/^\^(\(\?:)?|(\))?\$$/g, '');
      this.#problem(name, value, `Member must satisfy regular expression pattern: ${source}`);
    }
    if (oneOf && !oneOf.includes(value)) {
      this.#problem(name, value, `Member must satisfy enum value set: [${oneOf.join(', ')}]`);
    }
  }

  #get(name: string): unknown {
    const value = Object.hasOwn(this.values, name) ? this.values[name] : undefined;
    return value === null ? undefined : value;
  }

  #missing<T>(name: string, standIn: T): T {
    this.problems.push(`Value null at '${this.#pathOf(name)}' failed to satisfy constraint: Member must not be null`);
    return standIn;
  }

  #problem(name: string, value: string | number, constraint: string): void {
    const shown = typeof value === 'string' && value.length > 300 ? `${value.slice(0, 300)}…` : value;
    this.problems.push(`Value '${shown}' at '${this.#pathOf(name)}' failed to satisfy constraint: ${constraint}`);
  }

  #pathOf(name: string): string {
    const member = name.slice(0, 1).toLowerCase() + name.slice(1);
    return this.path === '' ? member : `${this.path}.${member}`;
  }
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wrongType = (name: string, expected: string): Error =>
  serialization(`${name} can not be converted to ${expected}`);
