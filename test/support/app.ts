import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { httpAdapter } from '../../src/app.js';
import { AppModule } from '../../src/app.module.js';
import { CONFIG, parseConfig, type Config } from '../../src/config.js';
import { configureHttp } from '../../src/http.js';

/** A database file in a folder of its own, removed with `remove`. */
export function temporaryDatabase(): { url: string; file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'ordermill-'));
  const file = join(folder, 'orders.sqlite');
  return { url: `sqlite:${file}`, file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface RunningApp {
  app: NestExpressApplication;
  /** `http://127.0.0.1:<port>` */
  url: string;
  config: Config;
  close(): Promise<void>;
}

export interface AppOptions {
  /** Keys that differ from the tests' defaults: no simulated work, a free port, a new database. */
  config?: Partial<Record<keyof Config, string | number>>;
  /** Where a test puts in its own clock or work. */
  override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

/** The real application on a real SQLite file, listening on a free port. */
export async function startApp({
  config: given = {},
  override = (builder) => builder,
}: AppOptions = {}): Promise<RunningApp> {
  const database = given.DATABASE_URL ? undefined : temporaryDatabase();
  const environment = {
    PORT: 0,
    PROCESSING_TIME_MS: 0,
    LOG_LEVEL: 'fatal',
    DATABASE_URL: database?.url,
    ...given,
  };
  const config = parseConfig(
    Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)])),
  );
  const builder = Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(CONFIG)
    .useValue(config);
  const module = await override(builder).compile();
  const app = module.createNestApplication<NestExpressApplication>(httpAdapter(config), {
    bodyParser: false,
    logger: false,
  });
  configureHttp(app);
  await app.listen(config.PORT, config.HOST);
  const close = async () => {
    await app.close();
    database?.remove();
  };
  return { app, url: await app.getUrl(), config, close };
}
