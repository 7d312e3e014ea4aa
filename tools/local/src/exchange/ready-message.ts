/** What the supervisor tells its own parent over the channel, once everything is ready. */
export interface ReadyMessage {
  kind: 'ready';
}

export function isReadyMessage(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'ready';
}
