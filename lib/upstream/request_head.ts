import type { Secret } from "../core/secret.ts";
import type { UpstreamRequest } from "./transport.ts";

/**
 * Serialises the head of a request, from the request line to the empty line, one byte per character: RFC 9112,
 * section 2.1. The one place in which a secret leaves its type.
 */
export function serializeRequestHead(
  { method, target, fields }: Pick<UpstreamRequest, "method" | "target" | "fields">,
): string {
  let head = `${method} ${textOf(target)} HTTP/1.1\r\n`;
  for (const { 0: name, 1: value } of fields) {
    head += `${name}: ${textOf(value)}\r\n`;
  }
  return `${head}\r\n`;
}

function textOf(part: string | Secret): string {
  return typeof part === "string" ? part : part.reveal();
}
