/**
 * The least that a server of this runtime can do: 1 KiB for every request. What a measurement of the service is compared with.
 *
 * @module
 */

const content = "x".repeat(1024);

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.error(`listening on 127.0.0.1:${port}`),
}, () => new Response(content));
