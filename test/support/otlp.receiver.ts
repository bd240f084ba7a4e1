import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a collector receives it. */
export interface ReceivedSpan {
  name: string;
  /** 2: server, 3: client, 5: consumer. */
  kind: number;
  traceId: string;
  spanId: string;
  parentId: string;
  traceState: string;
  service: string;
  attributes: Record<string, string | number>;
  isError: boolean;
}

/** A collector of OpenTelemetry: OTLP over HTTP, in protobuf, of which it reads what the tests look at. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly bodies: Buffer[] = [];
  requests = 0;
  reply: (response: ServerResponse) => void = (response) => void response.end();

  readonly #server = createServer((request, response) => {
    this.requests++;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      this.bodies.push(body);
      this.spans.push(...spansIn(body));
      this.reply(response);
    });
  });

  /** @returns the endpoint for OTEL_EXPORTER_OTLP_ENDPOINT */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // a TCP server's address is this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

type Field = [number: number, value: Buffer | bigint];

/** The fields of a protobuf message. @see https://protobuf.dev/programming-guides/encoding/ */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number) => message.subarray(at, (at += length));
  while (at < message.length) {
    const tag = Number(varint());
    const type = tag & 7;
    if (type === 0) fields.push([tag >> 3, varint()]);
    else fields.push([tag >> 3, bytes(type === 1 ? 8 : type === 5 ? 4 : Number(varint()))]);
  }
  return fields;
}

const all = (message: Buffer, number: number) =>
  fieldsOf(message).flatMap(([field, value]) => (field === number && Buffer.isBuffer(value) ? [value] : []));
const one = (message: Buffer, number: number) => all(message, number)[0] ?? Buffer.alloc(0);
const integer = (message: Buffer, number: number) =>
  Number(fieldsOf(message).find(([field, value]) => field === number && !Buffer.isBuffer(value))?.[1] ?? 0);

/** Numbers of fields: opentelemetry/proto/trace/v1/trace.proto and common.proto. */
function spansIn(request: Buffer): ReceivedSpan[] {
  return all(request, 1).flatMap((resourceSpans) => {
    const service = String(attributesIn(one(resourceSpans, 1), 1)['service.name']);
    return all(resourceSpans, 2).flatMap((scopeSpans) =>
      all(scopeSpans, 2).map((span) => ({
        traceId: one(span, 1).toString('hex'),
        spanId: one(span, 2).toString('hex'),
        traceState: one(span, 3).toString(),
        parentId: one(span, 4).toString('hex'),
        name: one(span, 5).toString(),
        kind: integer(span, 6),
        attributes: attributesIn(span, 9),
        isError: integer(one(span, 15), 3) === 2,
        service,
      })),
    );
  });
}

function attributesIn(message: Buffer, number: number): Record<string, string | number> {
  return Object.fromEntries(
    all(message, number).map((pair) => {
      const value = one(pair, 2);
      const text = all(value, 1)[0];
      return [one(pair, 1).toString(), text ? text.toString() : integer(value, 3)];
    }),
  );
}
