/** What an API key may be allowed to do. None includes another. */
export const SCOPES = ['orders:read', 'orders:write', 'orders:admin', 'metrics:read'] as const;

export type Scope = (typeof SCOPES)[number];

/** The name of the security scheme in the OpenAPI document. */
export const API_KEY = 'api_key';

/** The field of an operation in the OpenAPI document that says which scope it needs. */
export const SCOPE_EXTENSION = 'x-required-scope';
