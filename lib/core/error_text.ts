/**
 * Describes a failure in one line, for the log. Only the messages of the runtime's errors and of our own get here;
 * neither hold a field value, a query or content.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  const inner = error.cause === undefined ? "" : `: ${errorText(error.cause)}`;
  // A message from elsewhere must not begin a line of its own.
  // deno-lint-ignore no-control-regex -- control bytes are what it replaces
  return `${error.name}: ${error.message}${inner}`.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ");
}
