/**
 * Formats an error and its causes as one line for the log. Only errors of the runtime and of this program get here, and
 * no message of theirs holds a field value, a query or content.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  const inner = error.cause === undefined ? "" : `: ${errorText(error.cause)}`;
  // A message from elsewhere must not start a new line in the log.
  // deno-lint-ignore no-control-regex -- control bytes are what it replaces
  return `${error.name}: ${error.message}${inner}`.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ");
}
