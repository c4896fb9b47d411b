import { parseJson } from "../config/reader/json.ts";
import type { SecretKind } from "../config/route/secret_ref.ts";
import { Secret } from "../core/secret.ts";

const PEM = /-----BEGIN [A-Z0-9 ]+-----([A-Za-z0-9+/=\s]*)-----END/;

/** A shorter line may occur in a response by chance, in characters. */
const SHORTEST_LINE = 16;

/**
 * Returns the parts of a secret that a response must not reveal: a token as a whole, and of a private key its lines, since
 * a response may break them in any way, and all of them joined.
 */
export function secretParts(kind: SecretKind, secret: Secret): readonly Secret[] {
  switch (kind) {
    case "token":
      return [secret];
    case "private_key":
      return keyParts(secret.reveal());
    case "service_account": {
      const json = parseJson(secret.reveal(), "");
      const key = json.ok && json.value.value instanceof Map
        ? json.value.value.get("private_key")
        : undefined;
      return typeof key === "string" ? keyParts(key) : [secret];
    }
  }
}

function keyParts(pem: string): readonly Secret[] {
  const [, body = ""] = PEM.exec(pem.replaceAll("\\n", "\n")) ?? [];
  const lines = body.split(/\s+/);
  return [lines.join(""), ...lines].filter((line) => line.length >= SHORTEST_LINE).map((line) =>
    Secret.of(line)
  );
}
