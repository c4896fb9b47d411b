/**
 * Limits the time of every test: preloaded by `deno task test`, so that a test that waits for what does not come fails
 * and is named, instead of holding up all others. The limit is far above what the slowest needs on a busy machine.
 *
 * @module
 */

/** How long a test may take, in seconds. */
const LIMIT_S = 180;

let timer: ReturnType<typeof setTimeout> | undefined;

Deno.test.beforeEach(() => {
  timer = setTimeout(() => {
    // Nothing that the test awaits would see it, so it fails the file.
    throw new Error(`The test that runs has not ended within ${LIMIT_S} seconds`);
  }, LIMIT_S * 1000);
});
Deno.test.afterEach(() => clearTimeout(timer));
