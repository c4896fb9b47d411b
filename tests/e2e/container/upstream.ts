/**
 * The upstream of the container trial: HTTPS, with the certificate in its own folder. It prints the head of each
 * request as one line of JSON, so that the trial can see what arrived, and responds with a text that names the path.
 *
 * @module
 */

const here = (name: string) => Deno.readTextFileSync(new URL(name, import.meta.url));

/** Five lines, one each 300 ms: long enough for a stop to come in between. */
function slowly(): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      if (sent === 5) return controller.close();
      if (sent > 0) await new Promise((resolve) => setTimeout(resolve, 300));
      controller.enqueue(encoder.encode(`line ${++sent} of 5\n`));
    },
  });
}

Deno.serve({ hostname: "0.0.0.0", port: 8443, cert: here("leaf.pem"), key: here("leaf.key") }, (request) => {
  const { pathname, search } = new URL(request.url);
  console.log(
    JSON.stringify({ method: request.method, path: pathname + search, head: [...request.headers] }),
  );
  return new Response(pathname === "/slow" ? slowly() : `the upstream responds to ${pathname}${search}\n`);
});
