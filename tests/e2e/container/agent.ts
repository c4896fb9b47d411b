/**
 * What the container trial does from inside the agent's container.
 *
 *     agent.ts get URL          print the status and the body, with a credential of the agent's own sent along
 *     agent.ts reach HOST PORT  print "reached", or why not, within two seconds
 *
 * @module
 */

const [verb, where = "", port = ""] = Deno.args;

/** What a connection attempt comes to. */
async function reach(hostname: string, port: number): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(() => resolve("no answer in two seconds"), 2000));
  const attempt = Deno.connect({ hostname, port }).then(() => "reached", (error: Error) => error.message);
  return await Promise.race([attempt, late]);
}

if (verb === "get") {
  const response = await fetch(where, { headers: { authorization: "Bearer the-agents-own" } });
  console.log(response.status);
  console.log(await response.text());
} else if (verb === "reach") {
  console.log(await reach(where, Number(port)));
  Deno.exit();
} else {
  console.error(`Unknown verb "${verb}": get or reach is wanted`);
  Deno.exit(64);
}
