import type { Answer } from './client.js';

/** Expects every order to be counted once. */
export function expectToAddUp(metrics: Answer['body']): void {
  const { Pending, Processing, Completed, Failed, Cancelled } = metrics.status_counts;
  expect(Pending + Processing + Completed + Failed + Cancelled).toBe(metrics.total_orders);
  expect(metrics).toMatchObject({
    pending_orders: Pending,
    processing_orders: Processing,
    completed_orders: Completed,
    failed_orders: Failed,
    cancelled_orders: Cancelled,
  });
}
