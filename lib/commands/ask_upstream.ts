import { unsetText } from "../config/route/token.ts";
import { rotates } from "../config/route/token_from.ts";
import { encodeLatin1 } from "../core/latin1.ts";
import { errorText } from "../core/error_text.ts";
import { Refusal, refusalMessage } from "../http/refusal.ts";
import { presetSecret } from "../providers/preset_secret.ts";
import { findProof } from "../providers/find_proof.ts";
import type { Proof } from "../providers/provider.ts";
import { requestFields } from "../proxy/build_request.ts";
import type { Route } from "../proxy/route.ts";
import {
  UpstreamNotTls,
  UpstreamTimeout,
  UpstreamUnreachable,
  UpstreamUntrusted,
} from "../upstream/errors.ts";
import type { HttpResponse, UpstreamRequest } from "../upstream/transport.ts";
import { VERSION } from "../core/version.ts";

/** What an upstream makes of a route's token. */
export interface Verdict {
  readonly kind: "taken" | "refused" | "unclear" | "unset" | "unreachable" | "untrusted" | "failed";
  /** One line for people, which holds nothing that the upstream sent but its status. */
  readonly text: string;
}

/** A request for a route whose provider is unknown. Whether it needs the token at all is unknown too. */
const UNKNOWN: Proof = { path: "/" };

/** Asks a route's upstream whether it takes the token. Never rejects. */
export async function askUpstream(route: Route): Promise<Verdict> {
  const { config, token } = route;
  if (config.tokenFrom !== undefined && rotates(config.tokenFrom)) {
    return {
      kind: "unclear",
      text: "not asked: that would use up the refresh token, which the service keeps",
    };
  }
  if (config.anonymous) return { kind: "unclear", text: "not asked: the route sends no token" };
  const missing = token.missing?.() ?? [];
  if (missing.length > 0) return { kind: "unset", text: missing.join(", ") };
  if (token.current === undefined && token.ready === undefined) {
    return { kind: "unset", text: `${token.describe()} ${unsetText(config)}${whereToGet(route)}` };
  }
  const known = findProof(config);
  const proof = known ?? UNKNOWN;
  const request = requestFor(route, proof);
  try {
    await route.credential.apply(request);
    const response = await route.transport.roundTrip(request);
    if (response.kind !== "response") return { kind: "unclear", text: "answers with another protocol" };
    return verdictOf(route, {
      proof,
      isKnown: known !== undefined,
      response,
      text: await beginning(response),
    });
  } catch (error) {
    return failure(error);
  }
}

function requestFor(route: Route, proof: Proof): UpstreamRequest {
  const { method = "GET", path, fields = {}, body } = proof;
  const content = body === undefined ? undefined : encodeLatin1(body);
  const framing = content === undefined
    ? { kind: "none" } as const
    : { kind: "length", length: content.length } as const;
  const headers = new Headers({ "user-agent": `cred-proxy/${VERSION}`, accept: "*/*", ...fields });
  return {
    method,
    target: route.config.upstream.base + path,
    fields: [...requestFields(route.requestFields, { headers, framing })],
    framing,
    body: content === undefined ? null : ReadableStream.from([content]),
    onBodySent() {},
    isClientGone: () => false,
  };
}

/** How many bytes of a response are read. */
const BEGINNING = 512;

/** Reads the beginning of a response's content, without white space, and gives up the rest. */
async function beginning({ body }: HttpResponse): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  while (text.length < BEGINNING) {
    const piece = await body.next();
    if (piece === undefined) return text.replaceAll(/\s/g, "");
    text += decoder.decode(piece, { stream: true });
  }
  body.cancel();
  return text.replaceAll(/\s/g, "");
}

/** A response, and the request that it is for. */
interface Answer {
  readonly proof: Proof;
  /** Whether the request is known to show whether the token is taken. */
  readonly isKnown: boolean;
  readonly response: HttpResponse;
  /** The beginning of the content. */
  readonly text: string;
}

function verdictOf(route: Route, { proof, isKnown, response, text }: Answer): Verdict {
  const { status } = response.head;
  const name = route.token.describe();
  const { refused = [401], refusedTexts = [] } = proof;
  const isRefused = refused.includes(status) || refusedTexts.some((each) => text.includes(each));
  if (isRefused) {
    const how = status < 300 ? "" : ` with ${status}`;
    return { kind: "refused", text: `REFUSES ${name}${how}${whereToGet(route)}` };
  }
  if (status === 429) return { kind: "unclear", text: `answers 429, too many requests: ask again later` };
  if (status >= 500) return { kind: "failed", text: `answers ${status}: the upstream itself fails` };
  if (isKnown && status < 300) return { kind: "taken", text: `takes ${name}` };
  if (isKnown) {
    return { kind: "unclear", text: `answers ${status}, which does not say whether it takes ${name}` };
  }
  return {
    kind: "unclear",
    text: `answers ${status}; which request would show whether it takes ${name} is not known`,
  };
}

function whereToGet({ config }: Route): string {
  const from = config.tokenEnv === undefined ? undefined : presetSecret(config.tokenEnv)?.from;
  return from === undefined ? "" : `; get one from ${from}`;
}

function failure(error: unknown): Verdict {
  if (error instanceof Refusal) return { kind: "failed", text: `no token: ${refusalMessage(error)}` };
  // These say enough by themselves.
  const isClear = [UpstreamUnreachable, UpstreamNotTls, UpstreamTimeout].some((kind) =>
    error instanceof kind
  );
  const text = isClear && error instanceof Error ? error.message : errorText(error).replace(/^\w+: /, "");
  if (error instanceof UpstreamUntrusted) return { kind: "untrusted", text: `TLS: ${text}` };
  return { kind: "unreachable", text: `not reachable: ${text}` };
}
