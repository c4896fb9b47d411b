import { filesWithKey, includesKey } from "./secrets.ts";
import type { ScriptResult } from "./shell.ts";
import type { E2eFixture } from "./fixture.ts";
import type { ClientCase } from "./client_case.ts";

/** What is wrong with a client's outcome. */
export interface OutcomeProblems {
  /** Expectations that the client did not meet. */
  readonly unmet: readonly string[];
  /** Where keys appeared that must not. */
  readonly leaks: readonly string[];
}

/** What a client did in a fixture of its own. */
export interface Outcome {
  readonly fixture: E2eFixture;
  readonly ran: ScriptResult;
  /** The folder of its home. */
  readonly home: string;
}

/** Checks what a client did against what it should do. */
export async function checkOutcome(client: ClientCase, outcome: Outcome): Promise<OutcomeProblems> {
  const { fixture, ran } = outcome;
  const unmet: string[] = [];
  if (ran.code !== 0) unmet.push(ran.code === undefined ? "did not end in time" : `ended with ${ran.code}`);
  if (!client.expectedOutput.test(ran.stdout)) unmet.push("did not print the answer");
  for (const wanted of client.expectedRequests) {
    const came = () =>
      fixture.received.some((each) => each.authorized && wanted.test(`${each.method} ${each.target}`));
    // A WebSocket is complete only a moment after the client has left.
    for (let wait = 0; wait < 20 && !came(); wait++) await new Promise((resolve) => setTimeout(resolve, 50));
    if (!came()) unmet.push(`did not ask for ${wanted.source}`);
  }
  const { expectedBody, expectedRefusal } = client;
  if (expectedBody !== undefined && !fixture.received.some(({ body }) => expectedBody.test(body))) {
    unmet.push(`did not send ${expectedBody.source}`);
  }
  if (expectedRefusal !== undefined && !fixture.log().some(({ error }) => error === expectedRefusal)) {
    unmet.push(`did not meet ${expectedRefusal}`);
  }
  for (const each of fixture.received.filter(({ authorized }) => !authorized)) {
    unmet.push(`came without the real credential: ${each.method} ${each.target}`);
  }
  return { unmet, leaks: await findLeaks(outcome) };
}

/** Searches for the client's key at the upstreams, and for the real ones wherever the client could see them. */
export async function findLeaks({ fixture, ran, home }: Outcome): Promise<readonly string[]> {
  const real = Object.values(fixture.setup.tokens);
  const places: [where: string, text: string, keys: readonly string[]][] = [
    ["its key went to an upstream", fixture.received.map(({ head, body }) => head + body).join("\n"), [
      fixture.key,
    ]],
    ["a real key is in what it printed", ran.stdout + ran.stderr, real],
    ["a real key is in what it was sent", fixture.sentToClients(), real],
  ];
  const found = places.filter(([, text, keys]) => keys.some((key) => includesKey(text, key))).map(([where]) =>
    where
  );
  for (const path of await filesWithKey(home, real)) found.push(`a real key is in its file ${path}`);
  return found;
}
