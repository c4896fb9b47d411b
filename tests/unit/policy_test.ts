import { assertEquals, assertThrows } from "@std/assert";
import { assertPolicies, assertPolicy } from "../../lib/proxy/policy.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { parseTarget } from "../../lib/proxy/target.ts";
import { routeOf } from "../support/route.ts";

/** Returns undefined if a route with these fields allows the request, else what the client learns it does not allow. */
function refused(fields: object, method: string, target: string, headers: Record<string, string> = {}) {
  try {
    assertPolicy(routeOf(fields), {
      method,
      target: parseTarget(`http://h${target}`, "h"),
      headers: new Headers(headers),
    });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_allowed") return error.subject;
    throw error;
  }
}

Deno.test("assertPolicy() allows everything where the route says nothing", () => {
  assertEquals(refused({}, "DELETE", "/a//%75ser;x?y", { "x-http-method-override": "PUT" }), undefined);
});

Deno.test("assertPolicies() allows what each of a route's policies allows", () => {
  const [gets, users] = [routeOf({ methods: ["GET"] }), routeOf({ paths: ["user"] })];
  const request = (method: string, path: string) => ({
    method,
    target: { path, query: "" },
    headers: new Headers(),
  });
  for (const policies of [[gets, users], [users, gets], [gets, users, routeOf()]]) {
    assertPolicies(policies, request("GET", "/a/user"));
    for (const [method, path] of [["GET", "/a/other"], ["POST", "/a/user"]] as const) {
      assertEquals(
        assertThrows(() => assertPolicies(policies, request(method, path)), Refusal).code,
        "not_allowed",
      );
    }
  }
  assertPolicies([], request("POST", "/a/other"));
});

Deno.test("assertPolicy() allows the listed methods, in exactly their spelling", () => {
  const route = { methods: ["GET", "POST"] };
  for (const method of ["GET", "POST"]) assertEquals(refused(route, method, "/a/x"), undefined);
  for (const method of ["HEAD", "DELETE", "get", "Post", "OPTIONS", "PROPFIND"]) {
    assertEquals(refused(route, method, "/a/x"), `the method ${method}`);
  }
});

Deno.test("assertPolicy() refuses the fields that make a server treat a request as another", () => {
  for (const name of ["x-http-method-override", "x-http-method", "x-method-override", "x-forwarded-method"]) {
    assertEquals(refused({ methods: ["POST"] }, "POST", "/a/x", { [name]: "DELETE" }), `the field ${name}`);
    // All methods pass, so none is gained.
    assertEquals(refused({ paths: ["x"] }, "POST", "/a/x", { [name]: "DELETE" }), undefined);
  }
  for (
    const name of ["x-original-url", "x-rewrite-url", "x-original-uri", "x-forwarded-prefix", "destination"]
  ) {
    assertEquals(refused({ paths: ["x"] }, "GET", "/a/x", { [name]: "/y" }), `the field ${name}`);
    assertEquals(refused({ methods: ["GET"] }, "GET", "/a/x", { [name]: "/y" }), undefined);
  }
});

Deno.test("assertPolicy() refuses the field of a second resource that is not below the upstream's path, if that has one", () => {
  const route = { upstream: "https://api.test/base" };
  for (const value of ["/base/b/o", "base/b/o", "/base/b/o?versionId=3", "/base/%C3%A9"]) {
    assertEquals(refused(route, "PUT", "/a/x", { "x-amz-copy-source": value }), undefined, value);
  }
  for (
    const value of [
      "/b/o",
      "/based/o",
      "/base",
      "/base/../o",
      "/base//o",
      "//base/o",
      "/base/.%2e/o",
      "/base/..%20/o",
    ]
  ) {
    const subject = "the field x-amz-copy-source with this value";
    assertEquals(refused(route, "PUT", "/a/x", { "x-amz-copy-source": value }), subject, value);
    assertEquals(refused({}, "PUT", "/a/x", { "x-amz-copy-source": value }), undefined, value);
  }
  const short = { upstream: "https://api.test/v" };
  assertEquals(refused(short, "PUT", "/a/x", { "x-amz-copy-source": "/v/o" }), undefined);
  // A Destination has been rewritten, and other fields name no resource.
  assertEquals(refused(route, "MOVE", "/a/x", { destination: "/b/o", "x-source": "/b/o" }), undefined);
});

Deno.test("assertPolicy() refuses a parameter that names a method where the route lists methods", () => {
  for (const query of ["?_method=DELETE", "?a;_HttpMethod=x", "?%5Fmethod=DELETE", "?method=delete"]) {
    assertEquals(refused({ methods: ["POST"] }, "POST", `/a/x${query}`), "a parameter that names a method");
    assertEquals(refused({ paths: ["x"] }, "POST", `/a/x${query}`), undefined);
  }
});

Deno.test("assertPolicy() refuses segments that resemble dot-segments where the route restricts the path", () => {
  for (const target of ["/a/x/..%20/y", "/a/x/%ef%bc%8e%ef%bc%8e/y", "/a/.../y"]) {
    const subject = "a segment that resembles a dot-segment";
    assertEquals(refused({ paths: ["**"] }, "GET", target), subject);
    assertEquals(refused({ upstream: "https://api.test/base" }, "GET", target), subject);
    assertEquals(refused({}, "GET", target), undefined);
    assertEquals(refused({ methods: ["GET"] }, "GET", target), undefined);
  }
  assertEquals(refused({ paths: ["**"] }, "GET", "/a/x%ef%bc%8fy"), "a path in an unusual spelling");
});

Deno.test("assertPolicy() allows what a pattern matches below the prefix", () => {
  const route = { paths: ["user", "repos/*/issues/**", "search?q=a"] };
  for (
    const target of [
      "/a/user",
      "/a/user?x",
      "/a/repos/r/issues/",
      "/a/repos/r/issues/1/x?y=z",
      "/a/search?q=a",
    ]
  ) {
    assertEquals(refused(route, "GET", target), undefined, target);
  }
  for (const target of ["/a/", "/a", "/a/users", "/a/repos/r/pulls", "/a/search"]) {
    assertEquals(refused(route, "GET", target), `"${target}"`);
  }
  for (const query of ["?", "?q=b", "?q=a&q=b", "?q=%61", "?Q=a", "?q=a&"]) {
    assertEquals(refused(route, "GET", `/a/search${query}`), '"/a/search" with this query');
  }
});

Deno.test("assertPolicy() allows no other spelling of a path past its patterns", () => {
  const route = { paths: ["user", "repos/**", "x/*.json"] };
  const odd = [
    ..."/a/%75ser /a/use%72 /a//user /a/user%2f /a/repos//x /a/repos/%2e%2fx /a/repos/x%2Fy /a/repos/%252e%252e"
      .split(" "),
    ..."/a/repos/x;y /a/repos/x%3By /a/repos/x%3fy /a/repos/x%23y /a/repos/x%5cy /a/repos/x%00 /a/repos/%0a"
      .split(" "),
    ..."/a/repos/%7e /a/repos/%2D /a/repos/%5F /a/repos/%41 /a/repos/%7A /a/repos/%39 /a/repos/% /a/repos/%4"
      .split(" "),
    ..."/a/repos/%zz /a/repos/%c0%af /a/repos/%ff /a/repos/%7f /a/x/admin;.json /a/x/admin%3B.json".split(
      " ",
    ),
    ...[
      '/a/repos/"',
      "/a/repos/<x>",
      "/a/repos/[x]",
      "/a/repos/{x}",
      "/a/repos/^",
      "/a/repos/`",
      "/a/repos/|",
    ],
  ];
  for (const target of odd) {
    // The validation of the target refuses these.
    let subject: string | undefined = "refused before";
    try {
      subject = refused(route, "GET", target);
    } catch (error) {
      assertEquals((error as Refusal).code, "bad_request");
    }
    assertEquals(typeof subject, "string", target);
  }
  for (const target of ["/a/User", "/A/user", "/a/USER"]) {
    assertEquals(typeof refused(route, "GET", target.replace("/A/", "/a/U")), "string", target);
  }
  for (
    const target of [
      "/a/repos/%C3%A9",
      "/a/repos/x%20y",
      "/a/repos/x%3Ay",
      "/a/repos/%40x",
      "/a/repos/(x)!$&'*+,=",
    ]
  ) {
    assertEquals(refused(route, "GET", target), undefined, target);
  }
});

Deno.test("assertPolicy() limits a git route to reading", () => {
  const route = { paths: ["**/info/refs?service=git-upload-pack", "**/git-upload-pack"] };
  const allowed: [method: string, target: string][] = [
    ["GET", "/a/o/r.git/info/refs?service=git-upload-pack"],
    ["POST", "/a/o/r.git/git-upload-pack"],
  ];
  const refusedOnes: [method: string, target: string][] = [
    ["GET", "/a/o/r.git/info/refs?service=git-receive-pack"],
    ["GET", "/a/o/r.git/info/refs?service=git-upload-pack&service=git-receive-pack"],
    ["GET", "/a/o/r.git/info/refs?service=git%2Dreceive-pack"],
    ["GET", "/a/o/r.git/info/refs"],
    ["POST", "/a/o/r.git/git-receive-pack"],
    ["POST", "/a/o/r.git/git%2Dreceive-pack"],
    ["POST", "/a/o/r.git/git-receive-pack/git-upload-pack%2f.."],
    ["PUT", "/a/o/r.git/info/lfs/objects"],
  ];
  for (const [method, target] of allowed) assertEquals(refused(route, method, target), undefined, target);
  for (const [method, target] of refusedOnes) {
    let let_ = false;
    try {
      let_ = refused(route, method, target) === undefined;
    } catch {
      // The validation of the target.
    }
    assertEquals(let_, false, target);
  }
});
