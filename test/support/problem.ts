import type { Answer } from './client.js';

/** What no answer may show: a stack, a file of ours, SQL. */
const INSIDES = /\bat .+:\d+:\d+|node_modules|\.[jt]s\b|\bSELECT\b|\bINSERT\b|\bUPDATE\b|sqlite/i;

/** Expects an RFC 9457 answer with this status that tells nothing of the inside, and names the request. */
export function expectProblem(answer: Answer, status: number, path: string): void {
  expect({ status: answer.status, body: answer.body }).toMatchObject({
    status,
    body: {
      type: expect.stringMatching(/^(about:blank|[a-z]+:\S+|\/\S*)$/),
      title: expect.stringMatching(/\S/),
      status,
      detail: expect.stringMatching(/\S/),
      instance: path,
    },
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.headers.get('x-request-id')).toMatch(/^\S+$/);
  expect(JSON.stringify(answer.body)).not.toMatch(INSIDES);
}
