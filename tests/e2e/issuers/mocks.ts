/**
 * GitHub and Google as the clients see them, and as issuers of tokens, which verify what they get.
 *
 * @module
 */

import { jwtVerify } from "jose";
import type { Exchange } from "../../support/exchange.ts";
import type { Script } from "../../support/upstream.ts";

/** The hosts of the mocks. */
export const HOSTS = {
  github: "api.github.com",
  vertex: "europe-west4-aiplatform.googleapis.com",
  google: "oauth2.googleapis.com",
} as const;

/** Mocks whose tokens live for a moment only, so that clients use several. */
export interface Mocks {
  readonly script: Script;
  /** Every token that was issued. */
  readonly issued: readonly string[];
  /** The requests that clients made, as `METHOD target`. */
  readonly served: readonly string[];
  /** What was wrong with requests. */
  readonly problems: readonly string[];
}

const LIFE_MS = 1_000;

/** Makes the mocks. @param publicKey Of the key that signs all assertions. */
export function makeMocks(publicKey: CryptoKey): Mocks {
  const issued = new Map<string, number>();
  const served: string[] = [];
  const problems: string[] = [];

  function issue(): string {
    const token = `issued-${crypto.randomUUID()}`;
    issued.set(token, Date.now() + LIFE_MS);
    return token;
  }

  async function json(exchange: Exchange, value: unknown, status = 200): Promise<void> {
    await exchange.respond(
      status,
      { "Content-Type": "application/json; charset=utf-8" },
      JSON.stringify(value),
    );
  }

  async function issueGitHub(exchange: Exchange): Promise<void> {
    await jwtVerify(exchange.field("authorization")?.replace("Bearer ", "") ?? "", publicKey, {
      issuer: "42",
      maxTokenAge: 600,
    });
    const token = issue();
    await json(exchange, { token, expires_at: new Date(Date.now() + LIFE_MS).toISOString() }, 201);
  }

  async function issueGoogle(exchange: Exchange): Promise<void> {
    const parameters = new URLSearchParams(new TextDecoder().decode(await exchange.bodyBytes()));
    const { payload } = await jwtVerify(parameters.get("assertion") ?? "", publicKey, {
      audience: "https://oauth2.googleapis.com/token",
      issuer: "bot@project.iam.gserviceaccount.com",
    });
    if (payload.scope !== "https://www.googleapis.com/auth/cloud-platform") throw new Error("scope");
    await json(exchange, { access_token: issue(), expires_in: LIFE_MS / 1000, token_type: "Bearer" });
  }

  const script: Script = async (exchange) => {
    const host = exchange.field("host");
    try {
      if (host === HOSTS.google) return await issueGoogle(exchange);
      if (exchange.target.endsWith("/access_tokens")) return await issueGitHub(exchange);
    } catch (error) {
      problems.push(`${exchange.target}: ${error instanceof Error ? error.message : error}`);
      return await json(exchange, { message: "refused" }, 401);
    }
    const body = new TextDecoder().decode(await exchange.bodyBytes());
    const [scheme = "", token = ""] = exchange.field("authorization")?.split(" ") ?? [];
    if (scheme !== "Bearer" || Date.now() > (issued.get(token) ?? 0)) {
      problems.push(
        `${exchange.method} ${exchange.target} came with ${issued.has(token) ? "an expired" : "no"} token`,
      );
      return await json(exchange, { message: "Bad credentials" }, 401);
    }
    if (/placeholder/.test(exchange.head + body)) {
      problems.push(`${exchange.target} came with the placeholder`);
    }
    served.push(`${exchange.method} ${exchange.target}`);
    // A client takes longer than a token lives.
    await new Promise((resolve) => setTimeout(resolve, LIFE_MS / 2));
    await (host === HOSTS.github ? github : vertex)(exchange, json);
  };
  return {
    script,
    get issued() {
      return [...issued.keys()];
    },
    served,
    problems,
  };
}

type Json = (exchange: Exchange, value: unknown, status?: number) => Promise<void>;

async function github(exchange: Exchange, json: Json): Promise<void> {
  const { method, target } = exchange;
  if (target === "/repos/acme/project") return await json(exchange, { full_name: "acme/project" });
  if (method === "POST" && target === "/repos/acme/project/issues/7/comments") {
    return await json(exchange, { id: 1 }, 201);
  }
  if (target === "/graphql") return await json(exchange, { data: { viewer: { login: "bot" } } });
  if (!target.startsWith("/repos/acme/project/issues?")) {
    return await json(exchange, { message: "Not Found" }, 404);
  }
  await json(exchange, [{ number: 7 }]);
}

async function vertex(exchange: Exchange, json: Json): Promise<void> {
  const answer = (text: string) => ({ candidates: [{ content: { role: "model", parts: [{ text }] } }] });
  const [path = ""] = exchange.target.split("?");
  const model = "/projects/project/locations/europe-west4/publishers/google/models/gemini-2.5-flash";
  if (!path.includes(model)) return await json(exchange, { error: { code: 404 } }, 404);
  if (path.endsWith(":countTokens")) return await json(exchange, { totalTokens: 7 });
  if (path.endsWith(":generateContent")) return await json(exchange, answer("The proxy is transparent."));
  await exchange.respond(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
  for (const text of ["The proxy ", "is transparent."]) {
    await exchange.writeChunk(`data: ${JSON.stringify(answer(text))}\r\n\r\n`);
  }
  await exchange.writeChunk();
}
