import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { RequestLogger } from './common/logger.js';
import type { Config } from './config.js';
import { configureHttp } from './http.js';

/** The whole application, ready to `listen`. */
export async function createApp(
  config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    bodyParser: false,
    abortOnError: false,
    logger: new RequestLogger(config),
  });
  configureHttp(app);
  return app;
}
