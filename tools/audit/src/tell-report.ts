import type { AuditReport } from './findings.js';

/** Says what differs, in full, and what could not be compared. */
export function tellReport(report: AuditReport, say: (message: string) => void): void {
  const { differences, differencesFound, notComparable } = report;
  for (const { store, message } of differences) say(`${store}: ${message}`);
  if (differencesFound > differences.length) say(`… and ${differencesFound - differences.length} more`);
  for (const [reason, count] of Object.entries(notComparable)) say(`not comparable: ${count} × ${reason}`);
}
