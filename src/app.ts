import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { HttpAdapter } from './http/server/http.adapter.js';
import type { Config } from './config.js';
import { configureHttp } from './http.js';

/** The HTTP server with its limits on slow, silent and numerous clients. */
export function httpAdapter(
  config: Pick<
    Config,
    'HEADERS_TIMEOUT_MS' | 'REQUEST_TIMEOUT_MS' | 'MAX_CONNECTIONS' | 'SHUTDOWN_TIMEOUT_MS'
  >,
): HttpAdapter {
  return new HttpAdapter({
    headersTimeout: config.HEADERS_TIMEOUT_MS,
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    maxConnections: config.MAX_CONNECTIONS,
    closeTimeout: config.SHUTDOWN_TIMEOUT_MS,
  });
}

/** The whole application, ready to `listen`. */
export async function createApp(config: Config, logger: LoggerService): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, httpAdapter(config), {
    bodyParser: false,
    abortOnError: false,
    logger,
  });
  configureHttp(app);
  return app;
}
