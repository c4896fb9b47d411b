/**
 * Load for a trial: requests one after the other in several lanes, each on a connection of its own.
 *
 *     lanes.ts URL LANES SECONDS
 *
 * Prints how many succeeded and how many did not.
 *
 * @module
 */

const [url = "", lanes = "8", seconds = "5"] = Deno.args;
const end = performance.now() + Number(seconds) * 1000;
let [whole, lost] = [0, 0];

await Promise.all(Array.from({ length: Number(lanes) }, async () => {
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
  while (performance.now() < end) {
    try {
      const response = await fetch(url, { client });
      await response.text();
      if (response.status === 200) whole++;
      else lost++;
    } catch {
      lost++;
    }
  }
  client.close();
}));
console.log(`${whole} whole, ${lost} lost`);
