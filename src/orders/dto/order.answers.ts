import { isDateTime, orNull, rule } from '../../http/validation/rules.js';
import { ORDER_STATUSES } from '../../domain/order.status.js';

const isText = (value: unknown) => typeof value === 'string';

/** What an answer has or lacks, which `null` says. `description`: what it means. */
export const IsTextOrNull = rule('isTextOrNull', (description: string) =>
  orNull({ schema: { type: 'string', description }, admits: isText }),
);

export const IsInstantOrNull = rule('isInstantOrNull', (description: string) =>
  orNull({
    schema: { type: 'string', format: 'date-time', description },
    admits: (value) => isText(value) && isDateTime(String(value)),
  }),
);

export const IsStatusOrNull = rule('isStatusOrNull', (description: string) =>
  orNull({
    schema: { type: 'string', enum: [...ORDER_STATUSES], description },
    admits: (value) => ORDER_STATUSES.some((status) => status === value),
  }),
);

export const IsErrorOrNull = rule('isErrorOrNull', (description: string) => ({
  schema: {
    description,
    oneOf: [{ $ref: '#/components/schemas/OrderErrorDto' }, { type: 'null' }],
    example: null,
  },
  admits: (value) => typeof value === 'object',
}));
