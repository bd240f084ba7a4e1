import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { BatcherFull } from './common/batcher.js';
import { BodyBudget } from './http/body/body.budget.js';
import { isLoopback } from './common/loopback.js';
import { corsOptions } from './http/cors.js';
import { browserGuard } from './http/browser.guard.js';
import { Clock } from './common/clock.js';
import { jsonBody } from './http/body/json.body.js';
import { Lifecycle } from './common/lifecycle.js';
import { ProblemError } from './http/problem.js';
import { ProblemFilter, type ProblemRule } from './http/problem.filter.js';
import { answerIn, contextOf } from './http/request.context.js';
import { setSecurityHeaders } from './http/security.headers.js';
import { CONFIG, type Config } from './config.js';
import { admission } from './keys/admission.js';
import { Authentication } from './keys/authentication.js';
import { StatusPage } from './dashboard/status.page.js';
import { RequestLog } from './logging/request.log.js';
import { DatabaseUnavailable } from './database/database.js';
import { TooManyStreams } from './http/streams/open.streams.js';
import { TooManyExports } from './orders/export/order.exports.js';
import { WEBHOOK_MESSAGES } from './webhooks/docs/webhooks.message.js';
import {
  DeliveryNotFound,
  TargetRefused,
  TooManySecrets,
  TooManyWebhooks,
  WebhookNotFound,
} from './webhooks/webhook.js';
import { ApiPages } from './http/openapi/api.pages.js';
import { createDocument, methodsOf, patternOf } from './http/openapi/openapi.js';
import { jsonSchemas } from './http/validation/json.schemas.js';
import { SchemaPipe } from './http/validation/schema.pipe.js';
import { SchemaValidator } from './http/validation/schema.validator.js';
import {
  BacklogFull,
  IdempotencyKeyConflict,
  OrderIdConflict,
  OrderNotFound,
  WrongStatus,
} from './domain/order.errors.js';

/** Which answer each domain error becomes. */
const PROBLEM_RULES: ProblemRule[] = [
  { error: OrderNotFound, status: 404 },
  { error: OrderIdConflict, status: 409 },
  { error: WrongStatus, status: 409 },
  { error: IdempotencyKeyConflict, status: 422 },
  { error: DatabaseUnavailable, status: 503, headers: { 'retry-after': '1' } },
  { error: BacklogFull, status: 503, headers: { 'retry-after': '1' } },
  { error: BatcherFull, status: 503, headers: { 'retry-after': '1' } },
  { error: TargetRefused, status: 400 },
  { error: WebhookNotFound, status: 404 },
  { error: DeliveryNotFound, status: 404 },
  { error: TooManyWebhooks, status: 409 },
  { error: TooManySecrets, status: 409 },
  { error: TooManyStreams, status: 503, headers: { 'retry-after': '5' } },
  { error: TooManyExports, status: 503, headers: { 'retry-after': '5' } },
];

/** What a worker does not serve: orders, their events, webhooks, and the status page, which shows orders. */
const ORDERS = /^\/($|(orders?|events|webhooks)(\/|$))/i;

/** The routes that take a body, with POST or PATCH. */
const ORDER_BODY = /^\/orders?(\/(retry|erase))?\/?$/i;
const WEBHOOK_BODY = /^\/webhooks(\/[^/]+(\/replay)?)?\/?$/i;
const BATCH_BODY = /^\/orders?\/batch\/?$/i;

/** Everything about HTTP that is not a route: bodies, request ids, validation, errors, the OpenAPI pages. */
export function configureHttp(app: NestExpressApplication): void {
  const config = app.get<Config>(CONFIG);
  app.set('etag', false); // answers change at every transition, so a tag would rarely match
  app.set('query parser', 'simple');
  app.disable('x-powered-by');
  app.set('trust proxy', trustedProxies(config.TRUST_PROXY));
  if (config.CORS_ORIGINS) app.enableCors(corsOptions(config.CORS_ORIGINS));
  const lifecycle = app.get(Lifecycle);
  const authentication = app.get(Authentication);
  const guard = browserGuard({
    hosts: config.ALLOWED_HOSTS,
    origins: config.CORS_ORIGINS,
    isLocal: () => authentication.isOpen && isLoopback(config.HOST),
  });
  const admit = admission(authentication);
  const parserFor = bodyParsers(config, app.get(Clock));
  const log = app.get(RequestLog);
  // one middleware for all of it, because each costs every request 2 µs
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (lifecycle.isStopping) response.setHeader('connection', 'close'); // it will be closed, so clients shall not reuse it
    setSecurityHeaders(response);
    const context = contextOf(request, response);
    log.begin(request, response, context);
    // within the context after the body only, whose later parts arrive outside of any
    const go = (error?: unknown) => answerIn(context, () => next(error));
    const problem = config.ROLE === 'worker' && ORDERS.test(request.path) ? notHere() : guard(request);
    if (problem) go(problem);
    else admit(request, go, () => parserFor(request)(request, response, go));
  });

  const schemas = jsonSchemas();
  const document = createDocument(app, schemas, WEBHOOK_MESSAGES);
  const validator = app.get(SchemaValidator);
  validator.load(schemas);
  log.know(patternOf(document));
  app.useGlobalPipes(new SchemaPipe(validator));
  app.useGlobalFilters(new ProblemFilter(PROBLEM_RULES, methodsOf(document)));
  app.get(ApiPages).serve(app, document, app.get(StatusPage).docsLook);
}

const notHere = () => new ProblemError(404, 'This process takes no requests for orders.');

/** Whose `X-Forwarded-For` is believed: nobody's unless it is said. */
function trustedProxies(text: string): number | string[] | false {
  if (text === '') return false;
  return /^\d+$/.test(text) ? Number(text) : text.split(',');
}

function bodyParsers(config: Config, clock: Clock): (request: Request) => RequestHandler {
  const { BODY_LIMIT_BYTES, BATCH_BODY_LIMIT_BYTES } = config;
  const budget = new BodyBudget(Math.max(BODY_LIMIT_BYTES, BATCH_BODY_LIMIT_BYTES), clock);
  const order = jsonBody(BODY_LIMIT_BYTES, budget);
  const batch = jsonBody(BATCH_BODY_LIMIT_BYTES, budget);
  const unwanted = jsonBody(BODY_LIMIT_BYTES, budget, false);
  return ({ method, path }) => {
    if (method === 'POST' && ORDER_BODY.test(path)) return order;
    if (method === 'POST' && BATCH_BODY.test(path)) return batch;
    return (method === 'POST' || method === 'PATCH') && WEBHOOK_BODY.test(path) ? order : unwanted;
  };
}
