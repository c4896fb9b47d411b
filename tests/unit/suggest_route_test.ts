import { assertEquals } from "@std/assert";
import { RouteSuggestions } from "../../lib/proxy/suggest_route.ts";
import { routeOf } from "../support/route.ts";

const ROUTES = [
  routeOf({ path: "/anthropic/", upstream: "https://api.anthropic.com" }),
  routeOf({ path: "/openai/", upstream: "https://api.openai.com" }),
  routeOf({ path: "/internal/api/", upstream: "https://api.example.com" }),
  routeOf({ path: undefined, host: "api.github.com", upstream: "https://api.github.com" }),
];

Deno.test("a path without its prefix, or with a misspelled one, is answered with the path that was meant", () => {
  const suggestions = new RouteSuggestions(ROUTES);
  const all = "; the routes are /anthropic/, /openai/, /internal/api/";
  const cases: [path: string, advice: string][] = [
    ["/v1/messages", "; did you mean /anthropic/v1/messages?"],
    ["/v1/messages/count_tokens", "; did you mean /anthropic/v1/messages/count_tokens?"],
    ["/v1/responses", "; did you mean /openai/v1/responses?"],
    ["/v1/messagesx", all],
    ["/antropic/v1/messages", "; did you mean /anthropic/v1/messages?"],
    ["/Anthropic", "; did you mean /anthropic?"],
    ["/x", all],
    ["/zebra/x", all],
    ["/", all],
    [`/antropic/${"x".repeat(190)}`, `; did you mean /anthropic/${"x".repeat(190)}?`],
    [`/antropic/${"x".repeat(191)}`, ""],
  ];
  for (const [path, advice] of cases) assertEquals(suggestions.for(path), advice, path);
});

Deno.test("of many routes, none is listed, and names are not compared", () => {
  const many = Array.from({ length: 1000 }, (_, index) => routeOf({ path: `/route${index}/` }));
  assertEquals(new RouteSuggestions(many).for("/rout1/x"), "");
  assertEquals(new RouteSuggestions(many.slice(0, 65)).for("/rout1/x"), "");
  assertEquals(new RouteSuggestions(many.slice(0, 64)).for("/rout1/x"), "; did you mean /route1/x?");
  assertEquals(new RouteSuggestions(many.slice(0, 10)).for("/rout1/x"), "; did you mean /route1/x?");
  assertEquals(new RouteSuggestions(many.slice(0, 6)).for("/zebra"), "");
  const five = "/route0/, /route1/, /route2/, /route3/, /route4/";
  assertEquals(new RouteSuggestions(many.slice(0, 5)).for("/zebra"), `; the routes are ${five}`);
  assertEquals(new RouteSuggestions([]).for("/x"), "");
  assertEquals(new RouteSuggestions([routeOf({ path: "/abd/" })]).for("/abc/x"), "; did you mean /abd/x?");
  // Too short to be compared.
  assertEquals(new RouteSuggestions([routeOf({ path: "/ab/" })]).for("/ac/x"), "; the routes are /ab/");
});
