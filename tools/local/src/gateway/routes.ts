import type { HttpRoute } from './settings.js';

type Segment = { kind: 'literal'; text: string } | { kind: 'parameter' | 'greedy'; name: string };

interface CompiledRoute {
  route: HttpRoute;
  segments: readonly Segment[];
}

export interface RouteMatch {
  route: HttpRoute;
  /** Decoded path parameters. */
  parameters: Record<string, string>;
}

/** `elsewhere`: the path exists, with other methods. */
export type RouteLookup = RouteMatch | 'elsewhere' | undefined;

const RANK = { literal: 0, parameter: 1, greedy: 2 } as const;

function compile(route: HttpRoute): CompiledRoute {
  const segments = splitPath(route.path).map((text): Segment => {
    const parameter = /^\{(\w+)(\+?)\}$/.exec(text);
    if (parameter === null) return { kind: 'literal', text };
    return { kind: parameter[2] === '+' ? 'greedy' : 'parameter', name: parameter[1] ?? '' };
  });
  return { route, segments };
}

function splitPath(path: string): string[] {
  return path.slice(1).split('/');
}

/** The more literal path first, segment by segment; of one path the named method before `ANY`. */
function compareSpecificity(a: CompiledRoute, b: CompiledRoute): number {
  for (let i = 0; i < Math.min(a.segments.length, b.segments.length); i++) {
    const order = RANK[a.segments[i]?.kind ?? 'literal'] - RANK[b.segments[i]?.kind ?? 'literal'];
    if (order !== 0) return order;
  }
  return Number(a.route.method === 'ANY') - Number(b.route.method === 'ANY');
}

function matchSegments(segments: readonly Segment[], path: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    const text = path[i];
    if (text === undefined) return undefined;
    if (segment.kind === 'literal') {
      if (segment.text !== text) return undefined;
      continue;
    }
    const value = segment.kind === 'greedy' ? path.slice(i).join('/') : text;
    if (value === '') return undefined;
    parameters[segment.name] = value;
    if (segment.kind === 'greedy') return parameters;
  }
  return segments.length === path.length ? parameters : undefined;
}

/** Finds routes by method and path as API Gateway does: full matches before greedy ones. */
export class RouteTable {
  readonly #routes: readonly CompiledRoute[];

  constructor(routes: readonly HttpRoute[]) {
    this.#routes = routes.map(compile).sort(compareSpecificity);
  }

  /**
   * @param path the raw path; its segments are decoded one by one
   * @throws URIError when the path has a malformed escape
   */
  find(method: string, path: string): RouteLookup {
    const decoded = splitPath(path).map(decodeURIComponent);
    let elsewhere = false;
    for (const { route, segments } of this.#routes) {
      const parameters = matchSegments(segments, decoded);
      if (parameters === undefined) continue;
      if (route.method === method || route.method === 'ANY') return { route, parameters };
      elsewhere = true;
    }
    return elsewhere ? 'elsewhere' : undefined;
  }
}
