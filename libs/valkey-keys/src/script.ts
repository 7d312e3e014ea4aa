/** A Lua script (Lua 5.1) with the keys and arguments it takes. Run it by EVALSHA and fall back to EVAL on NOSCRIPT. */
export interface ValkeyScript {
  /** camelCase, unique: doubles as the name of the client command. */
  name: string;
  numberOfKeys: number;
  lua: string;
}
