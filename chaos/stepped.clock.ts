/**
 * Loaded into a server before anything else (`node --import`): its wall clock is off by as much as the campaign says, at
 * the start and whenever it says so anew. The monotonic clock and timers are left alone, as when a host's clock is set.
 */
const now = Date.now;
let offsetMs = Number(process.env['CHAOS_CLOCK_OFFSET_MS'] ?? 0);

Date.now = () => now() + offsetMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, parameters: unknown[], newTarget) =>
    Reflect.construct(target, parameters.length === 0 ? [Date.now()] : parameters, newTarget) as Date,
});
process.on('message', (message) => void (offsetMs = Number(message)));
process.channel?.unref();
