import type { UpstreamRequest } from "../../lib/upstream/transport.ts";

/** Returns a GET without content, with the given parts, whose client stays. */
export function upstreamRequest(parts: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    method: "GET",
    target: "/x",
    fields: [],
    framing: { kind: "none" },
    body: null,
    onBodySent() {},
    isClientGone: () => false,
    ...parts,
  };
}
