export { ArchiveError, type ArchiveErrorCode } from './error.js';
export { readArchive, type ArchiveStore } from './read-archive.js';
export type { ArchivedRecord } from './record.js';
export { PACKING, decodeSegment, SegmentBuilder, type Segment } from './segment.js';
export { archivePrefix, segmentKey } from './segment-key.js';
