import { parseArgs } from 'node:util';
import { KEY } from './client.ts';
import { SCENARIOS } from './scenarios.ts';

const HELP = `Posts many orders to Ordermill, watches what becomes of them, and says so.

  npm run simulate -- [options]

  --orders <n>        orders to be accepted (1000)
  --concurrency <n>   requests under way at once, each on a connection of its own (1000)
  --url <url>         a running server; without it, what answers at http://127.0.0.1:8000 or, if nothing does,
                      a server of its own with an empty SQLite file, configured by the environment
  --scenario <name>   what is posted (burst)
  --rate <n>          orders a second, of the scenarios that have a rate (100)
  --timeout <s>       longest wait for the orders to be Completed, in seconds (120)
  --help              this text

A running server with API keys is sent the one in the environment variable ${KEY}; it needs the scopes orders:read and
orders:write. A server of its own needs none.

Scenarios:
${Object.entries(SCENARIOS)
  .map(([name, { title }]) => `  ${name.padEnd(18)}  ${title}`)
  .join('\n')}

Exits with 0 only when any order was accepted, all that were are Completed, none was accepted or completed twice, and
every answer was right. "Out of turn" counts orders that started after one that was accepted later.
`;

export interface Options {
  orders: number;
  concurrency: number;
  /** Undefined: not said. */
  url: string | undefined;
  scenario: string;
  rate: number;
  timeoutMs: number;
}

/** @throws Error that says what is wrong. Ends the process after `--help`. */
export function readOptions(): Options {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    options: {
      orders: text('1000'),
      concurrency: text('1000'),
      url: { type: 'string' },
      scenario: text('burst'),
      rate: text('100'),
      timeout: text('120'),
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const count = (name: 'orders' | 'concurrency' | 'rate' | 'timeout') => {
    if (!/^[1-9]\d{0,6}$/.test(values[name]))
      throw new Error(`--${name} must be a whole number from 1 to 9999999`);
    return Number(values[name]);
  };
  const { url, scenario } = values;
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new Error('--url must be an http URL');
  if (!Object.hasOwn(SCENARIOS, scenario))
    throw new Error(`--scenario must be one of ${Object.keys(SCENARIOS).join(', ')}`);
  return {
    orders: count('orders'),
    concurrency: count('concurrency'),
    url: url?.replace(/\/+$/, ''),
    scenario,
    rate: count('rate'),
    timeoutMs: count('timeout') * 1000,
  };
}
