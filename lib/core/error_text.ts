/**
 * What a failure was, in one line for the log. Only messages of the runtime's own errors and of ours get here; neither
 * holds a field value, a query or content.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return "an unknown failure";
  const inner = error.cause === undefined ? "" : `: ${errorText(error.cause)}`;
  // A message that came from elsewhere must not begin a line of its own.
  // deno-lint-ignore no-control-regex -- the control bytes are what it is about
  return `${error.name}: ${error.message}${inner}`.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ");
}
