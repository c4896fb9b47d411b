import { assert, assertEquals, assertThrows } from "@std/assert";
import { IssuerError } from "../../lib/tokens/issuer_error.ts";
import { readReply, replacementIn } from "../../lib/tokens/token_reply.ts";
import { fc, runs } from "../support/property.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

function responseOf(value: unknown, status = 200) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return { status, text, date: undefined, retryAfterMs: undefined, rateLimited: false };
}

function read(value: unknown, date?: number) {
  return readReply({ ...responseOf(value), date }, { issuer: "issuer", token: "access_token", now: NOW });
}

/** Returns an unsigned JWT that expires at a time, in seconds since 1970. */
function jwtOf(exp: unknown): string {
  const encode = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
  return `${encode({ alg: "none" })}.${encode({ exp })}.x`;
}

Deno.test("readReply() takes the life of a token from expires_in, from expires_at, or from the token itself", () => {
  const cases: [members: object, lifeMs: number | undefined][] = [
    [{ expires_in: 60 }, 60_000],
    [{ expires_in: "60" }, 60_000],
    [{ expires_in: 0.5 }, 500],
    [{ expires_in: 1e300 }, 366 * 86_400_000],
    [{ expires_in: null }, undefined],
    [{}, undefined],
    [{ expires_at: new Date(NOW + 5000).toISOString() }, 5000],
    [{ expires_in: 60, expires_at: new Date(NOW + 5000).toISOString() }, 60_000],
    [{ access_token: jwtOf(NOW / 1000 + 7) }, 7000],
    [{ access_token: jwtOf(NOW / 1000 + 7), expires_in: 60 }, 60_000],
    [{ access_token: jwtOf("soon") }, undefined],
    [{ access_token: jwtOf(String(NOW / 1000 + 7)) }, undefined],
    [{ access_token: jwtOf(0) }, undefined],
    [{ access_token: jwtOf(-1) }, undefined],
    [{ access_token: "a.b.c" }, undefined],
    [{ access_token: `${jwtOf(NOW / 1000 + 7)}.a.fourth` }, undefined],
    [{ access_token: `!${jwtOf(NOW / 1000 + 7)}` }, undefined],
  ];
  for (const [members, lifeMs] of cases) {
    assertEquals(read({ access_token: "token", ...members }).lifeMs, lifeMs, JSON.stringify(members));
  }
});

Deno.test("readReply() counts a stated time by the issuer's clock, if it says what that is", () => {
  const members = { access_token: "token", expires_at: new Date(NOW + 5000).toISOString() };
  assertEquals(read(members, NOW + 2000).lifeMs, 3000);
});

Deno.test("readReply() rejects a token that has expired, and one that no head can hold", () => {
  const expired = "issuer sent a token that has expired";
  const cases: [members: object, message: string][] = [
    [{ access_token: "token", expires_in: 0 }, expired],
    [{ access_token: "token", expires_in: -1 }, expired],
    [{ access_token: "token", expires_at: new Date(NOW).toISOString() }, expired],
    [{ access_token: "x".repeat(32 * 1024 + 1) }, "issuer sent a token over 32 KiB"],
    [{ access_token: "" }, "issuer sent no access_token"],
    [{ access_token: 1 }, "issuer sent no access_token"],
    [
      { access_token: "a\nb" },
      "issuer sent a token that contains a line feed (LF) at position 2 (the value is not shown)",
    ],
  ];
  for (const [members, message] of cases) assertThrows(() => read(members), IssuerError, message);
  const longest = "x".repeat(32 * 1024);
  assertEquals(read({ access_token: longest }).token.reveal(), longest);
});

Deno.test("readReply() takes a client's error as a refusal, unless another attempt may help", () => {
  const cases: [status: number, permanent: boolean][] = [
    [400, true],
    [401, true],
    [407, true],
    [409, true],
    [499, true],
    [302, false],
    [399, false],
    [408, false],
    [500, false],
    [503, false],
  ];
  const readError = (status: number, more: object = {}, text = "") => {
    const response = { ...responseOf(text, status), ...more };
    return assertThrows(
      () => readReply(response, { issuer: "issuer", token: "access_token", now: NOW }),
      IssuerError,
    );
  };
  for (const [status, permanent] of cases) {
    const error = readError(status);
    assertEquals([error.message, error.permanent], [`issuer responded with ${status}`, permanent]);
  }
  const limited = readError(429, { rateLimited: true, retryAfterMs: 5000 });
  assertEquals([limited.permanent, limited.retryAfterMs], [false, 5000]);
  for (const code of ["server_error", "temporarily_unavailable", "slow_down"]) {
    const { message, permanent } = readError(400, {}, `{"error":"${code}"}`);
    assertEquals([message, permanent], [`issuer responded with 400 (${code})`, false]);
  }
});

Deno.test("readReply() names an error by its code, or else by its type, and none that is not known", () => {
  const cases: [error: unknown, detail: string][] = [
    ["invalid_grant", " (invalid_grant)"],
    [{ code: "invalid_grant", type: "invalid_request" }, " (invalid_grant)"],
    [{ type: "invalid_request" }, " (invalid_request)"],
    [{ code: null, type: "invalid_request" }, " (invalid_request)"],
    ["hunter2", " (another error)"],
    [{ code: "hunter2", type: "invalid_request" }, " (another error)"],
    [1, " (another error)"],
    [null, ""],
    [{}, ""],
  ];
  for (const [error, detail] of cases) {
    const { message } = assertThrows(
      () => readReply(responseOf({ error }, 400), { issuer: "issuer", token: "access_token", now: NOW }),
      IssuerError,
    );
    assertEquals(message, `issuer responded with 400${detail}`);
  }
});

Deno.test("readReply() takes an error beside 200 as a refusal, unless a token comes with it", () => {
  const error = assertThrows(() => read({ error: "invalid_grant" }), IssuerError);
  assertEquals([error.message, error.permanent], ["issuer responded with 200 (invalid_grant)", true]);
  assertEquals(read({ access_token: "token", error: "none" }).token.reveal(), "token");
});

Deno.test("readReply() reads member names as they stand, whatever the runtime has read before", () => {
  // V8 14 mixes up these two names in JSON.parse().
  read({ access_token: "token", k: {}, "a\\": 1 });
  const text = '{"k":{},"access_token":"first","a\\f":1,"expires_in":5}';
  assertEquals(read(text).lifeMs, 5000);
});

Deno.test("readReply() returns a token or an error of its own for any response, and quotes none of it", () => {
  const value = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({
      access_token: fc.anything(),
      expires_in: fc.anything(),
      expires_at: fc.anything(),
      error: fc.anything(),
    }, { requiredKeys: [] }).map((each) => {
      try {
        return JSON.stringify(each) ?? "";
      } catch {
        return "";
      }
    }),
  );
  const canary = "canary-Wq7Zt2LmK9xB4vNc";
  fc.assert(
    fc.property(value, fc.constantFrom(200, 201, 204, 302, 400, 401, 429, 500), (text, status) => {
      const response = responseOf(text.replaceAll('"access_token"', `"${canary}":1,"access_token"`), status);
      replacementIn(response);
      try {
        const { lifeMs, token } = readReply(response, { issuer: "issuer", token: "access_token", now: NOW });
        assert(lifeMs === undefined || lifeMs > 0);
        assert(token.reveal() !== "" && !/[\r\n]/.test(token.reveal()));
      } catch (error) {
        assert(error instanceof IssuerError, String(error));
        assert(
          /^issuer (?:responded with \d{3}(?: \([a-z_ ]+\))?|did not respond with JSON|sent .{1,90})$/.test(
            (error as Error).message,
          ),
        );
      }
    }),
    runs(3000),
  );
});

Deno.test("replacementIn() returns the refresh token of any success, also of one whose access token can't be used", () => {
  const cases: [text: string, status: number, replacement: string | undefined][] = [
    ['{"access_token":"a","refresh_token":"new"}', 200, "new"],
    ['{"access_token":"a","refresh_token":"new"}', 203, "new"],
    ['{"access_token":"a","refresh_token":"new","access_token":"b"}', 200, "new"],
    ['{"access_token":"a","refresh_token":"new","x":{"refresh_token":"1","refresh_token":"2"}}', 200, "new"],
    ['{"refresh_token":"one","refresh_token":"two"}', 200, undefined],
    ['{"refresh_token":""}', 200, undefined],
    ['{"refresh_token":"new"}', 400, undefined],
    ['{"refresh_token":"new"}', 302, undefined],
    ['{"refresh_token":"new"}', 300, undefined],
    ['{"refresh_token":"new"}', 299, "new"],
    ['{"refresh_token":"new"}', 199, undefined],
    ['["refresh_token"]', 200, undefined],
    [`{"refresh_token":"${"x".repeat(32 * 1024)}"}`, 200, "x".repeat(32 * 1024)],
    [`{"refresh_token":"${"x".repeat(32 * 1024 + 1)}"}`, 200, undefined],
  ];
  for (const [text, status, replacement] of cases) {
    assertEquals(replacementIn(responseOf(text, status))?.reveal(), replacement, `${status} ${text}`);
  }
});
