import { assertEquals } from "@std/assert";
import { foldParameter } from "../../lib/http/credential_names.ts";
import { withoutParameters } from "../../lib/http/query.ts";
import { parameterRule, parametersDroppedByAll } from "../../lib/proxy/client_query.ts";
import { routeOf } from "../support/route.ts";
import { fc } from "../support/property.ts";

/** Returns what a route with these fields forwards of a query. */
function forwarded(query: string, fields: object = {}): string {
  return withoutParameters(query, parameterRule(routeOf(fields)));
}

Deno.test("withoutParameters() drops the parameters in which services accept a credential, wherever they stand", () => {
  for (const name of ["key", "access_token", "private_token", "api_key", "job_token", "X-Amz-Signature"]) {
    assertEquals(forwarded(`?${name}=mine`), "", name);
    assertEquals(forwarded(`?${name}`), "", name);
    assertEquals(forwarded(`?${name}=mine&a=1&b`), "?a=1&b", name);
    assertEquals(forwarded(`?a=1&${name}=mine&b`), "?a=1&b", name);
    assertEquals(forwarded(`?a=1&b&${name}=m=i=ne`), "?a=1&b", name);
    assertEquals(forwarded(`?${name}=1&${name}=2&a&${name}=3`), "?a", name);
  }
});

Deno.test("withoutParameters() drops them in any spelling that a server may read as the same name", () => {
  const spellings = [
    ..."KEY Key %6bey k%65%79 %6B%45%59 %256bey %25256bey %u006bey key[] key[0] key%5B%5D [key .key _key $key"
      .split(" "),
    ..."+key %20key key%20 key%00x %00key key. %ef%bd%8bey ?key".split(" "),
  ];
  for (const name of spellings) assertEquals(forwarded(`?a&${name}=mine&b`), "?a&b", name);
  for (const name of ["access-token", "ACCESS.TOKEN", "access%5Ftoken", "accessToken", "access+token"]) {
    assertEquals(forwarded(`?${name}=mine`), "", name);
  }
  assertEquals(forwarded("?a;key=mine;b&c"), "?a;b&c");
  assertEquals(forwarded("?;key=mine&&b"), "?&&b");
  assertEquals(forwarded("?key=mine;"), "?");
});

Deno.test("withoutParameters() forwards every other query byte for byte", () => {
  const queries = [
    "",
    "?",
    "??",
    "?&",
    "?a=%20&&b=+;c;;=d&%zz=%&e=key&keys=1&monkey=2&filter[key]=3&page_token=4&token=5&%",
    "?q=access_token",
    "?a=1=key&b=&key_id=2",
  ];
  for (const query of queries) assertEquals(forwarded(query), query);
  const text = fc.string({ unit: fc.constantFrom(..."abz019%&;=+._-[]?~".split("")), maxLength: 30 });
  fc.assert(fc.property(text, (query) => {
    assertEquals(withoutParameters(`?${query}`, () => false), `?${query}`);
  }));
});

Deno.test("withoutParameters() leaves no parameter that is dropped, whatever stands around it", () => {
  const piece = fc.constantFrom(..."a key KEY %6bey api_key & & ; = == + % %2 x".split(" "));
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
    const left = forwarded(`?${pieces.join("")}`);
    const names = left.slice(1).split(/[&;]/).map((each) => foldParameter(each.replace(/=.*$/s, "")));
    assertEquals(names.filter((name) => name === "key" || name === "apikey"), [], left);
    assertEquals(forwarded(left), left);
  }));
});

Deno.test("the parameters that carry a route's credential are dropped on all routes of the table", () => {
  const own = { auth_scheme: undefined, auth_query: "app-id" };
  assertEquals(forwarded("?a&APP_ID=mine&b", own), "?a&b");
  const all = parametersDroppedByAll([routeOf(own), routeOf()]);
  for (const [fields, query] of [[{}, "?a"], [{ keep_query: ["app_id"] }, "?a&appid=1"]] as const) {
    assertEquals(withoutParameters("?a&appid=1", parameterRule(routeOf(fields), all)), query);
  }
});

Deno.test("a route's drop_query and keep_query change what is dropped, in any spelling", () => {
  assertEquals(forwarded("?token=1&To%6Ben=2&a", { drop_query: ["token"] }), "?a");
  assertEquals(forwarded("?Page.Token=1&a", { drop_query: ["page_token"] }), "?a");
  assertEquals(forwarded("?key=1&K%65y=2&api_key=3", { keep_query: ["key"] }), "?key=1&K%65y=2");
});

Deno.test("a route that sends no credential forwards all parameters but those of its drop_query", () => {
  const anonymous = { anonymous: true, auth_scheme: undefined, token_env: undefined };
  const query = "?X-Amz-Signature=1&key=2&To%6Ben=3";
  assertEquals(forwarded(query, anonymous), query);
  assertEquals(forwarded(query, { ...anonymous, drop_query: ["token"] }), "?X-Amz-Signature=1&key=2");
});
