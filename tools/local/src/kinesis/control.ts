import { KinesisError } from './errors.js';
import { FaultInputError, type Faults } from './faults.js';
import type { HttpAnswer, HttpRequest } from './listener.js';
import { readBody } from './request-body.js';

export const CONTROL_PREFIX = '/_control/';

/** `/_control/faults`: POST sets the faults, GET shows them with their counts, DELETE clears them. */
export async function serveControl(faults: Faults, request: HttpRequest, answer: HttpAnswer): Promise<void> {
  try {
    const body = await readBody(request);
    if (request.url !== `${CONTROL_PREFIX}faults`)
      return sendError(answer, 404, 'NOT_FOUND', 'There is only /_control/faults.');
    switch (request.method) {
      case 'POST':
        // A type that browsers ask permission for: no web page can set faults behind its reader's back.
        if (request.headers['content-type']?.toString().split(';')[0] !== 'application/json') {
          return sendError(answer, 415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.');
        }
        faults.set(JSON.parse(body.toString('utf8')));
        break;
      case 'DELETE':
        faults.clear();
        break;
      case 'GET':
        break;
      default:
        return sendError(answer, 405, 'METHOD_NOT_ALLOWED', 'POST, GET or DELETE.');
    }
    send(answer, 200, faults.state());
  } catch (error) {
    if (error instanceof FaultInputError || error instanceof SyntaxError) {
      return sendError(answer, 400, 'INVALID_FAULT', error.message);
    }
    if (error instanceof KinesisError) return sendError(answer, error.status, 'INVALID_REQUEST', error.message);
    throw error;
  }
}

const sendError = (answer: HttpAnswer, status: number, code: string, message: string): void =>
  send(answer, status, { error: { code, message } });

function send(answer: HttpAnswer, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value), 'utf8');
  answer.statusCode = status;
  answer.setHeader('content-type', 'application/json');
  answer.setHeader('content-length', body.length);
  answer.end(body);
}
