/** Most characters of a message, of an error's stack, and of a text that is looked through for secrets. */
const MESSAGE_LENGTH = 1000;
const STACK_LENGTH = 8000;
const READ_LENGTH = 16_384;

/** Causes of an error that are told with it. */
const MOST_CAUSES = 3;

/** Secrets that a text of a driver, a handler or a library might hold, and what stands in their place. */
const SECRETS: [RegExp, string][] = [
  [/\bwhsec_[\w+/=]+/g, 'whsec_***'],
  [/\b(Bearer|Basic|Digest)\s+[^\s,;"']+/gi, '$1 ***'],
  [/\b([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, '$1***@'],
  [/(Duplicate entry ').*('[^']*for key)/gs, '$1***$2'], // MySQL shows the value: a key of a client's, perhaps
];

// A cheap look first: nearly no text has anything to be changed. Of control characters, those of C1 and the ones that
// change the direction of a text reach a terminal as they are; Node and JSON escape only C0.
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]|whsec_|:\/\/|Duplicate entry|Bearer|Basic|Digest/iu;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;
const UNPRINTABLE_IN_LINE = /[^\P{Cc}\n]+|[\p{Cf}\u2028\u2029]+/gu;

/** A text as it may stand in the log: in one line, without secrets and control characters, and of a bounded length. */
export function safeMessage(text: string): string {
  if (!UNSAFE.test(text)) return bounded(text, MESSAGE_LENGTH);
  return bounded(withoutSecrets(text), MESSAGE_LENGTH).replaceAll(UNPRINTABLE, ' ');
}

export interface SafeError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: SafeError;
}

/** What the log tells of an error. Fields that a driver added, such as the statement and its parameters, are left out. */
export function safeError(error: unknown, depth = 0): SafeError {
  if (!(error instanceof Error)) return { type: typeof error, message: safeMessage(String(error)) };
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: safeMessage(String(name)),
    message: safeMessage(String(message)),
    ...(typeof code === 'string' && { code: safeMessage(code) }),
    stack: bounded(withoutSecrets(String(stack)), STACK_LENGTH).replaceAll(UNPRINTABLE_IN_LINE, ' '),
    ...(cause !== undefined && depth < MOST_CAUSES && { cause: safeError(cause, depth + 1) }),
  };
}

function bounded(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…`.toWellFormed() : text;
}

function withoutSecrets(text: string): string {
  const read = text.slice(0, READ_LENGTH);
  return SECRETS.reduce((rest, [pattern, instead]) => rest.replaceAll(pattern, instead), read);
}
