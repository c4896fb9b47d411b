import { failAll, ok, problemsOf, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { checkPrivateKey } from "./private_key.ts";
import { checkServiceAccountKey } from "./service_account_key.ts";
import { parseToken } from "./token_text.ts";

/** What a secret is, which decides what its text must look like. */
export type SecretKind =
  /** One line, sent as it is: a token, a client secret, an assertion. */
  | "token"
  /** An RSA private key in PEM. */
  | "private_key"
  /** The key of a Google service account, in JSON. */
  | "service_account";

/** The place from which a secret is read. */
export interface SecretRef {
  readonly from: "variable" | "file";
  /** The name of the variable, or the path of the file as the table spells it. */
  readonly name: string;
  readonly kind: SecretKind;
}

/** Returns a secret's display name: the variable or the file, never its value. */
export function secretName({ from, name }: Pick<SecretRef, "from" | "name">): string {
  return from === "variable" ? name : `the file ${name}`;
}

/** Returns the reason for which a secret is missing, as a predicate for its {@linkcode secretName}. */
export function unsetReason({ from }: Pick<SecretRef, "from">): string {
  return from === "variable" ? "is unset or empty" : "does not exist";
}

/**
 * Parses a secret that may serve in several roles at once. An empty text counts as unset: the value is undefined. Never
 * quotes it.
 */
export function parseSecret(
  text: string | undefined,
  path: string,
  kinds: Iterable<SecretKind>,
): Result<Secret | undefined> {
  if (text === undefined || text === "") return ok(undefined);
  const problems = [...new Set(kinds)].flatMap((kind) => {
    switch (kind) {
      case "token":
        return problemsOf(parseToken(text, path));
      case "private_key":
        return checkPrivateKey(text, path);
      case "service_account":
        return checkServiceAccountKey(text, path);
    }
  });
  return problems.length > 0 ? failAll(problems) : ok(Secret.of(text));
}
