import type { Express } from 'express';
import { startApp, type RunningApp } from '../support/app.js';
import { get } from '../support/client.js';
import {
  exampleOf,
  objectsIn,
  operationsOf,
  resolve,
  validatorOf,
  type OpenApi,
} from '../support/openapi.js';

/** Every operation, by the name that it has in generated clients. */
const OPERATIONS = [
  'createOrder',
  'createOrderBatch',
  'retryOrders',
  'eraseOrders',
  'exportOrders',
  'streamEvents',
  'listOrders',
  'getOrder',
  'getOrderStatus',
  'getOrderHistory',
  'cancelOrder',
  'retryOrder',
  'createWebhook',
  'listWebhooks',
  'getWebhook',
  'changeWebhook',
  'deleteWebhook',
  'rotateWebhookSecret',
  'listWebhookDeliveries',
  'replayWebhookDeliveries',
  'replayWebhookDelivery',
  'getMetrics',
  'streamMetrics',
  'getPrometheusMetrics',
  'getHealth',
  'getLiveness',
  'getReadiness',
];

/** Of answers that are no JSON. */
const TYPES: Record<string, string[]> = {
  '/events': ['text/event-stream'],
  '/orders/export': ['application/x-ndjson', 'text/csv'],
  '/metrics/stream': ['text/event-stream'],
  '/metrics/prometheus': ['text/plain', 'application/openmetrics-text'],
};

/** The routes that the running server has, but for the pages that show the document itself. */
function routesOf({ app }: RunningApp): string[] {
  const express = app.getHttpAdapter().getInstance() as Express; // Nest's type of it is any
  return express.router.stack
    .flatMap(({ route }) => (route ? route.stack.map(({ method }) => `${method} ${route.path}`) : []))
    .filter((route) => !/ \/?(docs|openapi)\b/.test(route))
    .map((route) => route.replaceAll(/:(\w+)/g, '{$1}'));
}

describe('the OpenAPI document', () => {
  let server: RunningApp;
  let document: OpenApi;
  beforeAll(async () => {
    server = await startApp();
    document = (await get(`${server.url}/openapi.json`)).body;
  });
  afterAll(() => server.close());

  it('is OpenAPI 3.1, with a title and a version', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({
      title: 'Ordermill',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  it('has every route of the server once, and no other; of the aliases under /order those under /orders', () => {
    const routes = routesOf(server);
    const aliases = routes.filter((route) => / \/order(\/|$)/.test(route));
    expect(new Set(routes).size).toBeGreaterThan(15);
    const documented = operationsOf(document).map(([method, path]) => `${method} ${path}`);
    expect(documented.toSorted()).toEqual(routes.filter((route) => !aliases.includes(route)).toSorted());
    expect(aliases.length).toBe(11);
    expect(documented).toEqual(expect.arrayContaining(aliases.map((it) => it.replace('/order', '/orders'))));
  });

  it('names each operation once, and says what each does', () => {
    const operations = operationsOf(document).map(([, , operation]) => operation);
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(OPERATIONS.toSorted());
    for (const { summary = '', description, tags = [] } of operations) {
      expect(summary).toMatch(/\S/);
      expect(description).toMatch(/\S{3}.*\.$/);
      expect(description).not.toContain(summary);
      expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(tags));
      expect(tags).toHaveLength(1);
    }
    for (const { description } of document.tags) expect(description).toMatch(/\S/);
  });

  it('declares every part of every path', () => {
    for (const [, path, { parameters }] of operationsOf(document)) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path' && parameter.required);
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(inPath.map(({ name }) => name)).toEqual(names);
    }
  });

  it('has only references that lead somewhere', () => {
    const references = [...objectsIn(document)].filter((object) => typeof object['$ref'] === 'string');
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) expect(resolve(document, reference)).toBeDefined();
  });

  it('documents a success and the problems of every operation that can have one', () => {
    for (const [method, path, { responses }] of operationsOf(document)) {
      const statuses = Object.keys(responses).map(Number);
      const route = `${method} ${path}`;
      expect([route, statuses.some((status) => status >= 200 && status < 300)]).toEqual([route, true]);
      const canFail = !['/health', '/health/live'].includes(path);
      expect([route, statuses.some((status) => status >= 400)]).toEqual([route, canFail]);
    }
  });

  it('describes every response, with a schema of what it holds', () => {
    for (const [, path, { responses }] of operationsOf(document))
      for (const [status, response] of Object.entries(responses)) {
        expect(response.description).toMatch(/\S/);
        const success = TYPES[path] ?? ['application/json'];
        const answers = Number(status) === 204 ? [] : success;
        const types = Number(status) < 400 ? answers : ['application/problem+json'];
        expect(Object.keys(response.content ?? {})).toEqual(types);
        for (const { schema } of Object.values(response.content ?? {})) expect(schema).toBeDefined();
      }
  });

  it('shows an example of every body and answer, and each is valid', () => {
    const validator = validatorOf(document);
    for (const [method, path, { requestBody, responses }] of operationsOf(document))
      for (const { content = {} } of [...(requestBody ? [requestBody] : []), ...Object.values(responses)])
        for (const { schema = {}, example, examples = {} } of Object.values(content)) {
          const shown = [
            ...(example === undefined ? [] : [example]),
            ...Object.values(examples).map(valueOf),
          ];
          expect([method, path, shown.length > 0]).toEqual([method, path, true]);
          for (const value of shown) {
            const validate = validator(schema);
            validate(value);
            expect([value, validate.errors]).toEqual([value, null]);
          }
        }
  });

  it('gives an example of every body, and each is valid', () => {
    const validator = validatorOf(document);
    for (const [, , { requestBody, responses }] of operationsOf(document))
      for (const { content = {} } of [...(requestBody ? [requestBody] : []), ...Object.values(responses)])
        for (const { schema = {} } of Object.values(content)) {
          const validate = validator(schema);
          validate(exampleOf(document, schema));
          expect(validate.errors).toBeNull();
        }
  });
});

function valueOf({ value }: { value: unknown }): unknown {
  return value;
}
