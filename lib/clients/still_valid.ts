import type { ClientConfig } from "../config/route/route_config.ts";
import { matchesSubject } from "../config/route/subject.ts";
import type { Identity, Registered } from "./client_directory.ts";

/**
 * Reports whether a client that has proved who it is would still be accepted under an entry: a token that is listed by its
 * hash must still be, and one of an issuer must still match. A token that only rotates in its file, or that has expired by
 * itself since, changes nothing.
 *
 * @param now Milliseconds since 1970.
 */
export function isStillValid(
  { tokenHash, subject, client }: Identity<Registered>,
  { proof, expires }: ClientConfig,
  now: number,
): boolean {
  if (expires !== undefined && expires <= now) return false;
  const before = client.config.proof;
  switch (proof.kind) {
    case "hash":
      return tokenHash !== undefined && proof.hashes.includes(tokenHash);
    case "env":
      return before.kind === "env" && before.variable === proof.variable;
    case "file":
      return before.kind === "file" && before.file === proof.file;
    case "subject":
      return before.kind === "subject" && before.issuer === proof.issuer &&
        subject !== undefined && matchesSubject(proof.subject, subject);
  }
}
