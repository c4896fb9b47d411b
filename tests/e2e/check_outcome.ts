import { filesThatShow, shows } from "./secrets.ts";
import type { Ran } from "./shell.ts";
import type { Stage } from "./fixture.ts";
import type { Trial } from "./client_case.ts";

/** What is wrong with a trial's outcome. */
export interface Faults {
  /** What the client was to do and did not. */
  readonly undone: readonly string[];
  /** Keys in places where they must not be. */
  readonly leaks: readonly string[];
}

/** Judges what a client did on a stage that was its own. */
export async function judge(trial: Trial, stage: Stage, ran: Ran, home: string): Promise<Faults> {
  const undone: string[] = [];
  if (ran.code !== 0) undone.push(ran.code === undefined ? "did not end in time" : `ended with ${ran.code}`);
  if (!trial.shows.test(ran.stdout)) undone.push("did not print the answer");
  for (const wanted of trial.asks) {
    const came = stage.received.some((each) => each.letIn && wanted.test(`${each.method} ${each.target}`));
    if (!came) undone.push(`did not ask for ${wanted.source}`);
  }
  const { meets } = trial;
  if (meets !== undefined && !stage.log().some(({ error }) => error === meets)) {
    undone.push(`did not meet ${meets}`);
  }
  for (const each of stage.received.filter(({ letIn }) => !letIn)) {
    undone.push(`came without the real credential: ${each.method} ${each.target}`);
  }
  return { undone, leaks: await findLeaks(stage, ran, home) };
}

/** Looks for the client's key at the upstreams, and for the real ones wherever the client could see them. */
export async function findLeaks(stage: Stage, ran: Ran, home: string): Promise<readonly string[]> {
  const real = Object.values(stage.setting.tokens);
  const places: [where: string, text: string, keys: readonly string[]][] = [
    ["its key went to an upstream", stage.received.map(({ head, body }) => head + body).join("\n"), [
      stage.key,
    ]],
    ["a real key is in what it printed", ran.stdout + ran.stderr, real],
    ["a real key is in what it was sent", stage.down(), real],
  ];
  const found = places.filter(([, text, keys]) => keys.some((key) => shows(text, key))).map(([where]) =>
    where
  );
  for (const path of await filesThatShow(home, real)) found.push(`a real key is in its file ${path}`);
  return found;
}
