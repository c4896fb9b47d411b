/**
 * Runs what the container trial does inside the agent's container.
 *
 *     agent.ts get URL          print the status and the body, with a credential of the agent's own sent along
 *     agent.ts reach HOST PORT  print "reached", or why not, within two seconds
 *
 * @module
 */

const [verb, where = "", port = ""] = Deno.args;

/** Returns the outcome of a connection attempt. */
async function reach(hostname: string, port: number): Promise<string> {
  const late = new Promise<string>((resolve) =>
    setTimeout(() => resolve("no connection within two seconds"), 2000)
  );
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
  console.error(`Unknown verb "${verb}": must be get or reach`);
  Deno.exit(64);
}
