import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { HttpAdapter } from './common/http.adapter.js';
import type { Config } from './config.js';
import { configureHttp } from './http.js';

/** The HTTP server's limits on slow clients. */
export function httpAdapter(
  config: Pick<Config, 'HEADERS_TIMEOUT_MS' | 'REQUEST_TIMEOUT_MS' | 'SHUTDOWN_TIMEOUT_MS'>,
): HttpAdapter {
  const limits = {
    headersTimeout: config.HEADERS_TIMEOUT_MS,
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(1000, config.HEADERS_TIMEOUT_MS),
  };
  return new HttpAdapter(limits, config.SHUTDOWN_TIMEOUT_MS);
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
