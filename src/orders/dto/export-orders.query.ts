import { IsIn, IsOptional } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { IsRequest } from '../../http/validation/rules.js';
import { EXPORT_FORMATS, type ExportFormatName } from '../export/export.format.js';
import { OrderFilterQuery } from './list-orders.query.js';

/** The query of `GET /orders/export`. */
@IsRequest('query parameters')
export class ExportOrdersQuery extends OrderFilterQuery {
  @IsOptional()
  @IsIn(EXPORT_FORMATS)
  @JSONSchema({ description: `one of ${EXPORT_FORMATS.join(', ')}; without it as \`Accept\` says` })
  format?: ExportFormatName;
}
