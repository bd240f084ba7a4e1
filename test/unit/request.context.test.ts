import express from 'express';
import fc from 'fast-check';
import supertest from 'supertest';
import { answerIn, contextOf, currentRequest } from '../../src/http/request.context.js';

const app = express();
app.use((request, response, next) => answerIn(contextOf(request, response), next));
app.get('/', async (_request, response) => {
  await new Promise(setImmediate);
  response.json(currentRequest()?.id);
});

/** @returns the id in the answer's header, and the one that the code behind the request saw */
async function idsFor(given?: string): Promise<[header: string | undefined, inside: unknown]> {
  const request = supertest(app).get('/');
  const response = await (given === undefined ? request : request.set('x-request-id', given));
  return [response.headers['x-request-id'], response.body];
}

describe('a request id', () => {
  it('is the caller’s when that is sane', async () => {
    const sane = fc.stringMatching(/^[A-Za-z0-9_.:~+/=-]{1,128}$/);
    await fc.assert(
      fc.asyncProperty(sane, async (given) => {
        expect(await idsFor(given)).toEqual([given, given]);
      }),
      { numRuns: 20 },
    );
  });

  it.each(['', 'two words', 'semi;colon', '<script>', '"quoted"', 'a,b', 'naïve', 'x'.repeat(129)])(
    'is made here when the caller’s is %j',
    async (given) => {
      const [header, inside] = await idsFor(given);
      expect(header).toMatch(/^[\w-]{12}-\w+$/);
      expect(header).not.toBe(given);
      expect(inside).toBe(header);
    },
  );

  it('is made here when the caller sends none, and is another one each time', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => idsFor()));
    expect(new Set(ids.map(([header]) => header)).size).toBe(20);
    for (const [header, inside] of ids) expect(inside).toBe(header);
  });

  it('exists only while a request is answered', () => {
    expect(currentRequest()).toBeUndefined();
  });
});
