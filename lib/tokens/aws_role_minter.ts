import { parseToken } from "../config/route/token_text.ts";
import { type AwsRole, tokenFromName } from "../config/route/token_from.ts";
import { SYSTEM_CLOCK } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";
import { packAwsKeys } from "./aws_keys.ts";
import { Issuer, type IssuerResponse } from "./issuer.ts";
import { IssuerError } from "./issuer_error.ts";
import type { Minted, Minter, MintInput } from "./minter.ts";
import { type MinterOptions, readInputs } from "./oauth2_minter.ts";

/** The life of the keys that is asked for, in seconds. Each role allows at least this one. */
const LIFE_S = 3600;

/** A longer life is most likely a mistake, in milliseconds: AWS allows twelve hours. */
const LIFE_LIMIT_MS = 36 * 3_600_000;

/** Errors that may pass, although their status is that of a client's error. */
const PASSING_ERRORS: ReadonlySet<string> = new Set([
  "IDPCommunicationError",
  "RequestLimitExceeded",
  "ServiceUnavailable",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
]);

/** Further errors that a message may name. */
const KNOWN_ERRORS: ReadonlySet<string> = new Set([
  ...PASSING_ERRORS,
  "AccessDenied",
  "ExpiredTokenException",
  "IDPRejectedClaim",
  "InvalidIdentityToken",
  "MalformedPolicyDocument",
  "PackedPolicyTooLarge",
  "RegionDisabledException",
  "ValidationError",
]);

/**
 * Obtains the keys of a role from AWS's Security Token Service, for a token that proves who asks:
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export class AwsRoleMinter implements Minter {
  readonly #from: AwsRole;
  readonly #read: MinterOptions["read"];
  readonly #issuer: Issuer;

  constructor(from: AwsRole, options: MinterOptions) {
    this.#from = from;
    this.#read = options.read;
    this.#issuer = new Issuer(from.endpoint, options);
  }

  get name(): string {
    return tokenFromName(this.#from);
  }

  inputs(): readonly MintInput[] {
    return readInputs(this.#from, this.#read);
  }

  secrets(): readonly Secret[] {
    return [];
  }

  async mint(): Promise<Minted> {
    const { endpoint, roleArn, sessionName, webIdentityToken } = this.#from;
    const body = new URLSearchParams({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      DurationSeconds: String(LIFE_S),
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      WebIdentityToken: this.#read(webIdentityToken)?.reveal() ?? "",
    });
    const response = await this.#issuer.ask({
      target: endpoint.target,
      fields: [["accept", "application/xml"], ["content-type", "application/x-www-form-urlencoded"]],
      body: new TextEncoder().encode(body.toString()),
    });
    return readRoleReply(response, this.#issuer.name);
  }
}

/**
 * Returns the keys in a response, and their life. Nothing of a response is quoted but a known error.
 *
 * @param issuer The issuer's display name.
 * @throws {IssuerError} If there are none that can be used. Permanent if the issuer refused the request.
 */
export function readRoleReply(response: IssuerResponse, issuer: string): Minted {
  const { status, text } = response;
  if (status !== 200) throw refusal(response, issuer);
  const [accessKeyId, secretAccessKey, sessionToken] = ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(
    (name) => checkedKey(elementIn(text, name), { name, issuer }),
  ) as [Secret, Secret, Secret];
  const expiry = Date.parse(elementIn(text, "Expiration") ?? "");
  if (Number.isNaN(expiry)) throw new IssuerError(`${issuer} sent no Expiration`);
  // Its clock, not ours, is the one by which it states a time.
  const lifeMs = expiry - (response.date ?? SYSTEM_CLOCK.wall());
  if (!(lifeMs > 0)) throw new IssuerError(`${issuer} sent keys that have expired`);
  return {
    token: packAwsKeys({ accessKeyId, secretAccessKey, sessionToken }),
    lifeMs: Math.min(lifeMs, LIFE_LIMIT_MS),
  };
}

function refusal({ status, text, rateLimited, retryAfterMs }: IssuerResponse, issuer: string): IssuerError {
  const given = elementIn(text, "Code") ?? "";
  const code = KNOWN_ERRORS.has(given) ? given : undefined;
  const isRefused = status >= 400 && status < 500 && status !== 408 && !rateLimited;
  return new IssuerError(`${issuer} responded with ${status}${code === undefined ? "" : ` (${code})`}`, {
    permanent: isRefused && !PASSING_ERRORS.has(code ?? ""),
    retryAfterMs,
  });
}

/** Returns the content of the only element of a name, which has neither attributes nor elements within. */
function elementIn(xml: string, name: string): string | undefined {
  const found = [...xml.matchAll(new RegExp(`<${name}>([^<>&]*)</${name}>`, "g"))];
  return found.length === 1 ? found[0]![1] : undefined;
}

function checkedKey(
  text: string | undefined,
  { name, issuer }: { name: string; issuer: string },
): Secret {
  const checked = parseToken(text, name);
  if (!checked.ok) throw new IssuerError(`${issuer} sent a ${name} that ${checked.problems[0]!.message}`);
  if (checked.value === undefined) throw new IssuerError(`${issuer} sent no ${name}`);
  return checked.value;
}
