import type { ArchivedRecord } from '@supernoba/journal-archive';

/** A record of an output stream, as its JSON text gives it. */
export interface HeldEvent {
  symbol: string;
  seq: number;
  /** The event as compact JSON. */
  text: string;
}

/** One shard of an output stream: its events in the order of the stream, repeats included. */
export type HeldStream = readonly (readonly HeldEvent[])[];

/** One shard of the orders stream. */
export interface HeldShard {
  shardId: string;
  parents: readonly string[];
  /** Decimal hash keys, both included: which symbols the shard's TICKs move. */
  startingHashKey: string;
  endingHashKey: string;
  /** Records of the archive and of the stream; both ascending. They overlap, and either may lack its beginning. */
  archive: readonly ArchivedRecord[];
  stream: readonly ArchivedRecord[];
  /**
   * The published checkpoint, read BEFORE any store: what comes from records up to here must be there, what comes from
   * later ones may be. '' where nothing was published.
   */
  publishedTo: string;
}

/** What the caches hold of a symbol, all read in one step. Absent keys are undefined, empty or missing fields. */
export interface HeldMarketData {
  /** Hash `md:S`. */
  fence: Readonly<Record<string, string>>;
  depth: string | undefined;
  ticker: string | undefined;
  /** Hash `candle:1m:S`. */
  candle: Readonly<Record<string, string>>;
  /** List `candle:closed:1m:S`, oldest first. */
  closed: readonly string[];
  /** List `trades:S`, oldest first. */
  trades: readonly string[];
}

/** A snapshot that a manifest names. */
export interface HeldSnapshot {
  manifest: string;
  shard: string;
  symbol: string;
  /** Last journal record that it holds. */
  position: string;
  /** What the manifest says, and what the object is; undefined where it is missing. */
  sha256: string;
  actualSha256: string | undefined;
}

/** A row of a table. */
export type HeldRow = Readonly<Record<string, unknown>>;

/** How far the backup of a symbol says it has come. */
export interface HeldMark {
  /** Every trade up to this number is in a 1m candle of the table and of the archive. */
  candleQ: number;
  /** Every trade before this moment is in a 1m candle; epoch seconds. */
  until: number;
  /** Every trade up to this number is in the archive. */
  tradeNo: number;
}

/** What the scheduled Lambdas have made of the market data. Read in this order, so that each must have what the one before says. */
export interface HeldHistory {
  /** By symbol. */
  marks: ReadonlyMap<string, HeldMark>;
  /** Rows of `candle_history`. */
  candleRows: readonly HeldRow[];
  /** The objects under `candles/` and `trades/`, by key. */
  objects: ReadonlyMap<string, Uint8Array>;
}

/** Everything that the stores of an exchange hold. Read the checkpoints first, the stores then, the journal last. */
export interface HeldStores {
  shards: readonly HeldShard[];
  /** When the checkpoints were read, epoch ms; absent where nothing arrives any more. */
  checkpointsAt?: number;
  fills: HeldStream;
  statuses: HeldStream;
  /** The output streams may have forgotten what was older than this at the time they were read, epoch ms. */
  eventsKeptSince: number;
  tradeRows?: readonly HeldRow[];
  deadLetterRows: readonly HeldRow[];
  /** Rows of `order_history`, which a consumer of the status stream writes; absent where nobody does. */
  orderRows?: readonly HeldRow[];
  /** By key, the objects that RESTORE records of the journal name. */
  restoreObjects?: ReadonlyMap<string, Uint8Array>;
  /** Absent where nobody backs up. */
  history?: HeldHistory;
  /** `prev:S` by symbol; absent where there is no backup cache to look at. */
  previousDays?: ReadonlyMap<string, string | undefined>;
  marketData: ReadonlyMap<string, HeldMarketData>;
  snapshots: readonly HeldSnapshot[];
}
