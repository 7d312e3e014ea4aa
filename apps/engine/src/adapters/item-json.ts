import type { Item } from '../ports.js';

/** A row in DynamoDB's JSON. @throws RangeError for a value that no row of the engine's batches has */
export function itemJson(item: Item): string {
  let json = '{';
  for (const name of Object.keys(item)) {
    if (json.length > 1) json += ',';
    json += `${quoted(name)}:${attributeJson(name, item[name])}`;
  }
  return `${json}}`;
}

function attributeJson(name: string, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `{"S":${quoted(value)}}`;
    case 'number':
      if (Number.isFinite(value)) return `{"N":"${value}"}`;
      break;
    case 'boolean':
      return value ? '{"BOOL":true}' : '{"BOOL":false}';
    default:
      if (value instanceof Uint8Array) {
        return `{"B":"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}"}`;
      }
  }
  throw new RangeError(`${name}: a string, a finite number, a boolean or bytes can be written, not ${typeof value}`);
}

/** What JSON writes between quotes as it is. Names, keys and ids of the engine's rows are all of it. */
const PLAIN = /^[\w .:@|+=/#-]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The other way round. @throws RangeError for an attribute that {@link itemJson} does not write */
export function itemOf(attributes: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Item {
  const item: Item = {};
  for (const [name, { S, N, BOOL, B }] of Object.entries(attributes)) {
    if (typeof S === 'string') item[name] = S;
    else if (typeof N === 'string') item[name] = Number(N);
    else if (typeof BOOL === 'boolean') item[name] = BOOL;
    else if (typeof B === 'string') item[name] = Buffer.from(B, 'base64');
    else throw new RangeError(`${name}: an attribute that the engine does not write`);
  }
  return item;
}
