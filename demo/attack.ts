/**
 * An agent that has turned hostile, and tries to get at the token or past the proxy.
 *
 * @module
 */

import { within } from "../tests/support/within.ts";
import { send, type TextResponse } from "./client.ts";
import { runProbe } from "./sandbox.ts";
import type { Demo } from "./stream.ts";

/** Everything the agent has received, in which the token must not be, in any form. */
class Loot {
  #text = "";

  add({ head, body }: TextResponse): void {
    this.#text += head + body;
  }

  /** Whether any of it is the token: as it is, in base64 or in hex. */
  has(token: string): boolean {
    const hex = [...token].map((letter) => letter.charCodeAt(0).toString(16)).join("");
    return [token, btoa(token).replaceAll("=", ""), hex].some((form) => this.#text.includes(form));
  }
}

/** Shows what the agent tries, and what it gets. */
export async function attack(demo: Demo): Promise<void> {
  const { report, service, token } = demo;
  const loot = new Loot();
  const ask = async (line: string, fields: readonly string[] = [], content = ""): Promise<TextResponse> => {
    const length = content === "" ? [] : [`Content-Length: ${content.length}`];
    const host = fields.some((field) => /^host:/i.test(field)) ? [] : [`Host: 127.0.0.1:${service.port}`];
    const head = [`${line} HTTP/1.1`, ...host, ...fields, ...length].join("\n");
    const response = await within(send(service.port, `${head}\n\n${content}`), `The response to ${line}`);
    loot.add(response);
    return response;
  };

  report.text("\nNow the agent turns hostile:");
  const echoes = await Promise.all(["", "/base64", "/hex"].map((form) => ask(`GET /ai/echo${form}`)));
  report.attempt(
    "has the token echoed: as it is, base64, hex",
    "masked: Bearer ****…",
    echoes.every(({ status, body }) => status === 200 && body.includes("********")) && !loot.has(token),
  );

  const half = token.slice(0, token.length / 2);
  const guesses = await Promise.all(
    [half, `${half.slice(0, -6)}******`].map((guess) =>
      ask("POST /ai/mirror", [], `${guess}${"-".repeat(600)}`)
    ),
  );
  report.attempt(
    "guesses half of it right, or wrong: compares",
    "no difference",
    guesses[0]?.body.startsWith(half) === true && guesses[0].pieces.join() === guesses[1]?.pieces.join(),
  );

  const dropped = await ask("GET /ai/seen", ["Connection: authorization", "Authorization: Bearer mine"]);
  report.attempt(
    "tells the proxy to drop the token's field",
    "it arrives all the same",
    dropped.body === "1 credential, the real one",
  );

  const elsewhere = await ask("GET http://elsewhere.example/ai/x");
  report.attempt("asks for another host", refusalOf(elsewhere), elsewhere.status >= 400);
  const tunnel = await ask("CONNECT elsewhere.example:443");
  report.attempt("asks for a tunnel to one", refusalOf(tunnel), tunnel.status >= 400);
  const page = await ask("POST /ai/v1/messages", [
    "Origin: https://page.example",
    "Sec-Fetch-Site: cross-site",
  ], "{}");
  report.attempt("sends from a web page in a browser", refusalOf(page), page.status === 403);
  const rebound = await ask("GET /ai/echo", ["Host: page.example"]);
  report.attempt("… with its name rebound to 127.0.0.1", refusalOf(rebound), rebound.status === 421);

  const [needed, ...others] = await runProbe(service);
  const denied = others.filter((each) => each.denied).length;
  report.attempt(
    "takes over the proxy: hosts, files, programs",
    `denied, ${denied} of ${others.length}`,
    needed?.denied === false && denied === others.length && denied > 0,
  );
  const code = await service.stop();
  report.attempt(
    "reads what came back, and what was printed",
    "no token in it",
    code === 0 && !loot.has(token) && !`${service.stderr()}${service.stdout()}`.includes(token),
  );
}

/** Returns a refusal's status and code. */
function refusalOf({ status, head }: TextResponse): string {
  const [, code = "?"] = /^cred-proxy-error: (.*)$/m.exec(head) ?? [];
  return `${status} ${code}`;
}
