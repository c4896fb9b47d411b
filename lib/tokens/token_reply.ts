/**
 * Reading an issuer's response: a token, or the reason why there is none.
 *
 * Nothing of a response is quoted, since an issuer may repeat the credentials that it was sent.
 *
 * @module
 */

import { type Json, type JsonObject, parseJson } from "../config/reader/json.ts";
import { parseToken } from "../config/route/token_text.ts";
import { Secret } from "../core/secret.ts";
import type { IssuerResponse } from "./issuer.ts";
import { jwtExpiry } from "./jwt.ts";
import { IssuerError } from "./issuer_error.ts";
import type { Minted } from "./minter.ts";

/** Where a response has what. */
export interface ReplyFormat {
  /** The issuer's display name, for messages. */
  readonly issuer: string;
  /** The member that holds the token. */
  readonly token: "access_token" | "id_token" | "token";
  /** The time now, in milliseconds since 1970, for an issuer that does not send its own. */
  readonly now: number;
}

/** The maximum length of a token, in characters: a head with a longer one would be refused by most servers. */
const TOKEN_LIMIT = 32 * 1024;

/** A longer life is most likely in another unit, in milliseconds. */
const LIFE_LIMIT = 366 * 24 * 3_600_000;

/** The error codes that a message may name: RFC 6749, section 5.2; RFC 8693, section 2.2.2; and those in common use. */
const KNOWN_CODES: ReadonlySet<string> = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "invalid_target",
  "access_denied",
  "interaction_required",
  "consent_required",
  "login_required",
  "refresh_token_reused",
  "refresh_token_expired",
  "refresh_token_invalidated",
  "bad_refresh_token",
  "incorrect_client_credentials",
  "server_error",
  "temporarily_unavailable",
  "slow_down",
]);

/** The error codes that say that a retry may help, whatever the status. */
const PASSING_CODES: ReadonlySet<string> = new Set(["server_error", "temporarily_unavailable", "slow_down"]);

/**
 * Returns the token in a response.
 *
 * @throws {IssuerError} If there is none that can be used. Permanent if the issuer refused the request.
 */
export function readReply(response: IssuerResponse, format: ReplyFormat): Minted {
  const { status } = response;
  const members = membersOf(response.text);
  const code = codeOf(members);
  const token = members?.get(format.token);
  if (status !== 200 && status !== 201) throw refusal(response, format, code);
  if (members === undefined) throw new IssuerError(`${format.issuer} did not respond with JSON`);
  // Some servers report an error with 200.
  if (token === undefined && code !== undefined) throw refusal(response, format, code);
  return { token: checkedToken(token, format), lifeMs: lifeOf(members, token, { response, format }) };
}

/** Returns the error code in a response: a known one, "another error", or undefined if there is none. */
export function errorCodeIn({ text }: IssuerResponse): string | undefined {
  return codeOf(membersOf(text));
}

/**
 * Returns the new refresh token in a response. One without it keeps the old.
 *
 * It is taken from any success, also from one whose access token can't be used: the old one is void all the same.
 */
export function replacementIn({ status, text }: IssuerResponse): Secret | undefined {
  const json = parseJson(text, "");
  if (status < 200 || status > 299 || !json.ok || !(json.value.value instanceof Map)) return undefined;
  // Of two different ones it is not clear which one counts.
  if (json.value.duplicates.some(({ path }) => path === "refresh_token")) return undefined;
  const given = json.value.value.get("refresh_token");
  const isToken = typeof given === "string" && given !== "" && given.length <= TOKEN_LIMIT;
  return isToken ? Secret.of(given) : undefined;
}

function membersOf(text: string): JsonObject | undefined {
  const json = parseJson(text, "");
  // Of two members with one name it is not clear which one counts.
  if (!json.ok || json.value.duplicates.length > 0) return undefined;
  return json.value.value instanceof Map ? json.value.value : undefined;
}

function codeOf(members: JsonObject | undefined): string | undefined {
  const error = members?.get("error");
  // The form of OpenAI and Anthropic: `{"error": {"code": …}}`.
  const code = error instanceof Map ? error.get("code") ?? error.get("type") : error;
  if (code === undefined || code === null) return undefined;
  return typeof code === "string" && KNOWN_CODES.has(code) ? code : "another error";
}

function refusal(response: IssuerResponse, { issuer }: ReplyFormat, code: string | undefined): IssuerError {
  const { status, rateLimited, retryAfterMs } = response;
  const detail = code === undefined ? "" : ` (${code})`;
  const isRefused = (status >= 400 && status < 500 && status !== 408 && !rateLimited) ||
    status === 200 || status === 201;
  return new IssuerError(`${issuer} responded with ${status}${detail}`, {
    permanent: isRefused && !PASSING_CODES.has(code ?? ""),
    retryAfterMs,
    oauthCode: code,
  });
}

function checkedToken(token: Json | undefined, { issuer, token: member }: ReplyFormat): Secret {
  if (typeof token !== "string" || token === "") throw new IssuerError(`${issuer} sent no ${member}`);
  if (token.length > TOKEN_LIMIT) {
    throw new IssuerError(`${issuer} sent a token over ${TOKEN_LIMIT / 1024} KiB`);
  }
  const checked = parseToken(token, member);
  if (!checked.ok) throw new IssuerError(`${issuer} sent a token that ${checked.problems[0]!.message}`);
  return Secret.of(token);
}

/** Returns the life of a token in milliseconds, by what the issuer says or else by what the token itself says. */
function lifeOf(
  members: JsonObject,
  token: Json | undefined,
  { response, format }: { response: IssuerResponse; format: ReplyFormat },
): number | undefined {
  const { issuer, now } = format;
  const given = members.get("expires_in") ?? undefined;
  // RFC 6749, section 5.1, has a number; some servers send it as text.
  const seconds = typeof given === "string" && /^\d{1,12}$/.test(given) ? Number(given) : given;
  if (seconds !== undefined && typeof seconds !== "number") {
    throw new IssuerError(`${issuer} sent an expires_in that is not a number`);
  }
  // Its clock, not ours, is the one by which it states a time.
  const expiry = Date.parse(textOf(members.get("expires_at"))) || jwtExpiry(textOf(token));
  const life = seconds !== undefined
    ? seconds * 1000
    : expiry === undefined
    ? undefined
    : expiry - (response.date ?? now);
  if (life === undefined) return undefined;
  if (!(life > 0)) throw new IssuerError(`${issuer} sent a token that has expired`);
  return Math.min(life, LIFE_LIMIT);
}

function textOf(json: Json | undefined): string {
  return typeof json === "string" ? json : "";
}
