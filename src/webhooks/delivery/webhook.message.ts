import { randomUUID } from 'node:crypto';
import { toTransitionDto } from '../../orders/dto/transition.dto.js';
import type { LogEntry } from '../../orders/store/log/order.log.js';
import { typeOf, type WebhookMessageDto } from '../dto/webhook-message.dto.js';
import type { NewDelivery } from '../store/delivery.step.js';

/**
 * The message about a transition. Its id is random: one made of positions in the log would come again, for another
 * transition, after the database was restored.
 */
export function messageOf(entry: LogEntry): NewDelivery {
  const data = toTransitionDto(entry);
  const message: WebhookMessageDto = { type: typeOf(entry.to), timestamp: data.at, data };
  return {
    messageId: `msg_${randomUUID().replaceAll('-', '')}`,
    orderSeq: entry.seq,
    userId: entry.userId,
    payload: JSON.stringify(message),
  };
}
