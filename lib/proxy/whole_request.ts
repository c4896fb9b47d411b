import type { OutgoingField, UpstreamRequest } from "../upstream/transport.ts";

/**
 * Returns the request for the whole of what a request asks for a part of; undefined if it does not ask for a part.
 *
 * @param request Without its credential.
 */
export function wholeRequest(request: UpstreamRequest): UpstreamRequest | undefined {
  if (request.method !== "GET" || !request.fields.some(isRange)) return undefined;
  const fields = request.fields.filter(([name]) => name !== "range" && name !== "if-range");
  return { ...request, fields };
}

// By index: an array pattern would make an iterator for every field of every request.
function isRange({ 0: name }: OutgoingField): boolean {
  return name === "range";
}
