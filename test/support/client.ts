/** A JSON answer, whatever its status. `body` is parsed; tests say what they expect of it. */
export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read answers of every shape
  body: any;
}

export async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return answer(await fetch(url, { headers }));
}

/** Posts `body` as JSON; a string or bytes go as they are. `method`: another one than POST. */
export async function post(
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Answer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return answer(
    await fetch(url, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(raw !== undefined && { body: raw }),
    }),
  );
}

async function answer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Any other method, without a body. */
export async function request(method: string, url: string): Promise<Answer> {
  return answer(await fetch(url, { method }));
}

/** A valid order; `fields` replace or add. */
export function anOrder(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { user_id: 'user-1', item_ids: ['item-1', 'item-2'], total_amount: 29.99, ...fields };
}

/** Asks again until `condition` holds of the answer (by default: it is true); fails with the last answer when it does not in `timeoutMs`. */
export async function until<Value>(
  ask: () => Promise<Value>,
  condition: (value: Value) => boolean = Boolean,
  timeoutMs = 20_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (condition(value)) return value;
    if (performance.now() > deadline)
      throw new Error(`did not come true: ${JSON.stringify(value)?.slice(0, 1000)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The metrics, once `condition` holds of them. */
export async function untilMetrics(url: string, condition: (metrics: Answer['body']) => boolean) {
  return (
    await until(
      () => get(`${url}/metrics`),
      ({ body }) => condition(body),
    )
  ).body;
}

/** The order, once it is in `status`. */
export async function untilStatus(url: string, orderId: string, status: string): Promise<Answer['body']> {
  const ask = () => get(`${url}/orders/${orderId}`);
  return (await until(ask, ({ body }) => body.status === status)).body;
}

/** Every order there is, newest first, page by page. */
export async function listAll(url: string): Promise<Answer['body'][]> {
  const orders = [];
  for (let cursor = ''; ;) {
    const { body } = await get(`${url}/orders?limit=200${cursor}`);
    orders.push(...body.orders);
    if (!body.next_cursor) return orders;
    cursor = `&cursor=${body.next_cursor}`;
  }
}
