import { Logger } from '@nestjs/common';
import { createApp } from './app.js';
import { ConfigError, loadConfig, type Config } from './config.js';

function readConfig(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = readConfig();
const app = await createApp(config);
app.enableShutdownHooks();
await app.listen(config.PORT, config.HOST);
new Logger('Ordermill').log(
  `ready on ${await app.getUrl()} · Node ${process.version} · ${config.DATABASE_URL}`,
);
