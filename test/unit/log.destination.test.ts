import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { LogDestination } from '../../src/logging/log.destination.js';

/** A reader of the log that reads when it is told to. */
class Reader extends Writable {
  readonly read: string[] = [];
  #done: (() => void)[] = [];
  isReading = true;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.read.push(chunk.toString());
    if (this.isReading) done();
    else this.#done.push(done);
  }

  goOn(): void {
    this.isReading = true;
    for (const done of this.#done.splice(0)) done();
  }
}

const LINE = `${'x'.repeat(1023)}\n`;
const MIB = 1024;

describe('the destination of log lines', () => {
  let reader: Reader;
  let dropped: number[];
  let destination: LogDestination;
  beforeEach(() => {
    reader = new Reader();
    dropped = [];
    destination = new LogDestination(reader, (lines) => void dropped.push(lines));
  });

  it('writes the lines of one turn at once', async () => {
    for (const line of ['a\n', 'b\n', 'c\n']) destination.write(line);
    expect(reader.read).toEqual([]);
    await turn();
    expect(reader.read).toEqual(['a\nb\nc\n']);
  });

  it('drops and counts what a reader that stands still leaves no room for, and says so when it reads on', async () => {
    reader.isReading = false;
    for (let count = 0; count < 10 * MIB; count++) {
      destination.write(LINE);
      if (count % MIB === 0) await turn();
    }
    const kept = reader.writableLength / LINE.length;
    expect(kept).toBeLessThanOrEqual(4 * MIB + 1);
    expect(dropped).toEqual([]);
    reader.goOn();
    await turn();
    destination.write('on\n');
    expect(dropped).toEqual([10 * MIB - kept]);
    await turn();
    expect(reader.read.join('')).toHaveLength(kept * LINE.length + 'on\n'.length);
  });

  it('hands over everything before an exit', async () => {
    destination.write('last\n');
    await destination.drained();
    expect(reader.read).toEqual(['last\n']);
  });

  it('does not wait for a reader that stands still, for ever', async () => {
    reader.isReading = false;
    destination.write('last\n');
    await destination.drained();
    expect(reader.read).toEqual(['last\n']);
  });

  it('is quiet once its reader is gone', async () => {
    reader.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }));
    await turn();
    destination.write('unread\n');
    await destination.drained();
    expect(reader.read).toEqual([]);
  });
});
