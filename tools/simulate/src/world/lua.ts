import { Lua } from 'wasmoon-lua5.1';

/** What a command answers a script: Lua's `false` stands for a missing value. */
export type Reply = string | number | false | (string | false)[];
type Command = (name: string, args: readonly string[]) => Reply;

type Run = (script: number, keys: string, args: string) => unknown;

/** Parts of a list on its way over the border, which is crossed with one string each way: it costs per value. */
const SEPARATOR = '\u0001';

/** `redis.call`, and no new globals, as on the server. */
const SANDBOX = `
local cross = __cross
__cross = nil
local function split(text)
  local parts = {}
  if text == '' then return parts end
  for part in string.gmatch(text, '\\1([^\\1]*)') do parts[#parts + 1] = part end
  return parts
end
local function value(text)
  local kind, rest = string.sub(text, 1, 1), string.sub(text, 2)
  if kind == 's' then return rest end
  if kind == 'i' then return tonumber(rest) end
  return false
end
redis = {
  call = function(...)
    local words = {...}
    for i = 1, #words do
      if type(words[i]) == 'number' then words[i] = string.format('%.17g', words[i]) end
    end
    local answer = cross(table.concat(words, '\\1'))
    if string.sub(answer, 1, 1) ~= 'a' then return value(answer) end
    local list = split(string.sub(answer, 2))
    for i = 1, #list do list[i] = value(list[i]) end
    return list
  end,
}
__scripts = {}
function __run(number, keys, args) return __scripts[number](split(keys), split(args)) end
setmetatable(_G, { __newindex = function(_, name) error('Script attempted to create global variable ' .. name) end })
`;

/** Runs scripts as Valkey does: real Lua 5.1, `redis.call` bound to `command`. Texts must not hold the character U+0001. */
export class LuaRunner {
  readonly #scripts = new Map<string, number>();
  readonly #run: Run;
  #command: Command = () => false;

  private constructor(private readonly lua: Lua) {
    const globals = lua.ctx as Record<string, unknown>;
    globals['__cross'] = (words: string) => this.#cross(words);
    lua.doStringSync(SANDBOX);
    this.#run = globals['__run'] as Run;
  }

  static async create(): Promise<LuaRunner> {
    return new LuaRunner(await Lua.create());
  }

  run(text: string, keys: readonly string[], args: readonly string[], command: Command): unknown {
    let script = this.#scripts.get(text);
    if (script === undefined) {
      script = this.#scripts.size + 1;
      this.lua.doStringSync(`__scripts[${script}] = function(KEYS, ARGV) ${text}\nend`);
      this.#scripts.set(text, script);
    }
    this.#command = command;
    return this.#run(script, listed(keys), listed(args));
  }

  #cross(words: string): string {
    const [name = '', ...args] = words.split(SEPARATOR);
    const reply = this.#command(name, args);
    return Array.isArray(reply) ? `a${listed(reply.map(encoded))}` : encoded(reply);
  }
}

function encoded(reply: string | number | false): string {
  if (reply === false) return 'f';
  return typeof reply === 'string' ? `s${reply}` : `i${reply}`;
}

function listed(values: readonly string[]): string {
  return values.map((value) => SEPARATOR + value).join('');
}
