import { CommandFailure } from '@supernoba/command';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join } from 'node:path';

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
  children?: number[];
}

/** What `--cpu-prof` writes, as far as it is read here. */
export interface CpuProfile {
  nodes: ProfileNode[];
  samples: number[];
  timeDeltas: number[];
}

/** Parts of the engine by what their sources or functions are called; the first that fits counts. */
const AREAS: readonly (readonly [string, RegExp])[] = [
  ['idle', /^\(idle\)/],
  ['native', /^\(program\)/],
  ['gc', /^\(garbage collector\)/],
  ['gzip', /node:zlib|processChunkSync/],
  ['decode', /protocol\/src\/(decoder|orders|limits)/],
  ['encode events', /protocol\/src\/(event-list|json-bytes)/],
  ['trade rows', /publish\/(trade-history|table-writer)|history-keys/],
  ['dynamodb', /client-dynamodb|lib-dynamodb|util-dynamodb|adapters\/(dynamodb|item-json)|dynamodb-codec/],
  ['kinesis', /client-kinesis|adapters\/kinesis|adapters\/shard-subscription/],
  ['s3', /client-s3|adapters\/s3/],
  ['valkey', /iovalkey|redis-parser|adapters\/valkey|valkey-keys|market-data|matching\/frames/],
  ['snapshots', /\/snapshot\//],
  ['archive', /journal-archive/],
  ['match', /orderbook\/src|src\/matching\//],
  ['events to streams', /publish\/(event-stream|fills|order-status)/],
  ['signed calls', /undici|adapters\/json-calls|runtime\/src\/sigv4/],
  ['aws clients', /@aws-sdk|@smithy|@aws-crypto|adapters\//],
  [
    'sockets and http',
    /node:(_http|net|internal\/(stream|http|net|timers|process|async)|events|http|buffer|_stream|dns)/,
  ],
];

export interface Area {
  area: string;
  /** Share of the time that the engine was not idle. */
  share: number;
}

/** Time by area: a sample counts for the nearest caller that belongs to one. */
export function areasOf(profile: CpuProfile, sourceOf: (frame: ProfileNode['callFrame']) => string): Area[] {
  const parents = new Map<number, ProfileNode>();
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node);
  const known = new Map<number, string>();
  const areaOf = (node: ProfileNode | undefined): string => {
    if (node === undefined) return 'other';
    let area = known.get(node.id);
    if (area === undefined) {
      const name = `${node.callFrame.functionName} ${sourceOf(node.callFrame)}`;
      area = AREAS.find(([, pattern]) => pattern.test(name))?.[0] ?? areaOf(parents.get(node.id));
      known.set(node.id, area);
    }
    return area;
  };
  const times = new Map<string, number>();
  profile.samples.forEach((id, index) => {
    const area = areaOf(byId.get(id));
    times.set(area, (times.get(area) ?? 0) + Math.max(0, profile.timeDeltas[index] ?? 0));
  });
  times.delete('idle');
  const busy = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times].map(([area, time]) => ({ area, share: time / busy })).sort((a, b) => b.share - a.share);
}

export interface ReadProfile {
  file: string;
  areas: Area[];
}

/** @throws CommandFailure when the engine left no profile in the folder */
export function readProfile(folder: string, bundle: string): ReadProfile {
  const name = readdirSync(folder).find((entry) => entry.endsWith('.cpuprofile'));
  if (name === undefined) throw new CommandFailure('the engine left no profile behind');
  const file = join(folder, name);
  const map = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, 'utf8')) as SourceMapPayload);
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const areas = areasOf(profile, ({ url, lineNumber, columnNumber }) => {
    if (!url.endsWith('main.mjs')) return url;
    const entry = map.findEntry(lineNumber, columnNumber);
    return 'originalSource' in entry ? entry.originalSource : url;
  });
  return { file, areas };
}

/** Keeps the profile as `target` and says where the time went. */
export function writeAreas({ file, areas }: ReadProfile, target: string, say: (message: string) => void): void {
  copyFileSync(file, target);
  for (const { area, share } of areas) say(`${(share * 100).toFixed(1).padStart(5)} %  ${area}`);
}
