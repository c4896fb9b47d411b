import { assertEquals } from "@std/assert";
import { namesMethod, overrideKind } from "../../lib/http/override_names.ts";

/** Asserts the kind of each name, in its usual spelling and in three others. */
function assertKind(kind: ReturnType<typeof overrideKind>, names: string): void {
  for (const name of names.toLowerCase().split(/\s+/)) {
    for (const spelling of [name, name.replaceAll("-", "_"), name.replace("-", "_")]) {
      assertEquals(overrideKind(spelling), kind, spelling);
    }
  }
}

Deno.test("overrideKind() recognises the fields that make servers take another method", () => {
  assertKind(
    "method",
    `X-HTTP-Method-Override X-HTTP-Method X-Method-Override X-Method HTTP-Method-Override HTTP-Method Method-Override
    Method _Method X-HTTP-Verb X-HTTP-Verb-Override HTTP-Verb X-Verb X-Forwarded-Method X-Original-Method
    X-Request-Method Request-Method X-Real-Method X-Rewrite-Method X-Envoy-Original-Method X-Tunnel-Method
    X-HTTPMethod XHTTPMethodOverride X-Http.Method X-Ms-Http-Method`,
  );
});

Deno.test("overrideKind() recognises the fields that make servers take another path, or a second one", () => {
  assertKind(
    "path",
    `X-Original-URL X-Original-URI X-Original-Path X-Rewrite-URL X-Rewrite-URI X-Override-URL X-Forwarded-Uri
    X-Forwarded-Prefix X-Forwarded-Path X-Envoy-Original-Path X-Replaced-Path X-Request-URI Request-Uri X-Script-Name
    Script-Name X-Script-Url X-Path-Info Path-Info X-Ingress-Path X-Proxy-Url Proxy-Url Base-Url X-Base-Path URL URI Path
    X-Http-DestinationURL X-Rewrite X-Matched-Path X-Invoke-Path X-Middleware-Rewrite X-Middleware-Subrequest
    Unencoded-Url X-Context-Path Destination X-Amz-Copy-Source X-Ms-Copy-Source X-Ms-Rename-Source X-Goog-Copy-Source
    X-Copy-From X-Object-Manifest X-Symlink-Target`,
  );
});

Deno.test("overrideKind() recognises the fields of proxies in front of a server", () => {
  assertKind(
    "origin",
    `Forwarded X-Forwarded X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port X-Forwarded-Server
    X-Forwarded-Ssl X-Forward-For X-Real-IP X-Client-IP Client-IP True-Client-IP CF-Connecting-IP X-Cluster-Client-IP
    X-Remote-IP X-Remote-Addr X-Originating-IP X-Original-Host X-Original-Forwarded-For X-Envoy-External-Address
    X-Envoy-Attempt-Count X-Envoy-Internal X-Host X-Host-Override X-HTTP-Host-Override X-Scheme Front-End-Https`,
  );
});

Deno.test("overrideKind() knows no field that real clients send", () => {
  assertKind(
    undefined,
    `Accept Accept-Encoding Accept-Language Content-Type Content-Encoding Content-Length User-Agent Referer Range
    If-None-Match Cache-Control Git-Protocol Traceparent X-Request-Id X-Requested-With X-Client-Request-Id Idempotency-Key
    Access-Control-Request-Method Access-Control-Request-Headers
    X-Stainless-Helper-Method X-Stainless-Helper X-Stainless-Retry-Count X-Stainless-Lang X-Stainless-Timeout
    Anthropic-Version Anthropic-Beta Anthropic-Dangerous-Direct-Browser-Access OpenAI-Organization OpenAI-Beta Originator
    X-Claude-Code-Session-Id X-App X-Goog-Api-Client X-Goog-Request-Params X-Goog-User-Project X-Goog-Upload-Command
    X-Goog-Upload-Protocol X-Goog-Upload-Offset X-Server-Timeout X-GitHub-Api-Version X-GH-Cache-TTL GraphQL-Features
    Time-Zone Npm-Command Npm-Session Npm-Scope Npm-Auth-Type Pacote-Req-Type Pacote-Pkg-Id X-Amz-Target X-Amz-Date
    X-Amz-Content-Sha256 X-Amz-User-Agent X-Amz-Meta-Path X-Ms-Version X-Ms-Blob-Type X-Docker-Token-Type
    X-Payment-Method X-Verbose Content-Location X-Security-Policy Location X-Prefixed X-Helper-Method Prefer Depth If`,
  );
});

Deno.test("overrideKind() examines no name that is longer than any that servers know", () => {
  assertEquals(overrideKind(`${"x-".repeat(32)}method`), undefined);
  const start = performance.now();
  for (let at = 0; at < 5000; at++) overrideKind(`${"subrequest".repeat(6)}${at}`);
  assertEquals(performance.now() - start < 1000, true);
});

Deno.test("namesMethod() recognises a parameter that names a method, in any spelling", () => {
  const queries = [
    ..."?_method=DELETE ?_method=get ?_method ?_METHOD=x ?a&_method=DELETE ?a;_method=DELETE ?a?_method=DELETE"
      .split(" "),
    ..."?_HttpMethod=DELETE ?_http_method=x ?httpMethod=x ?http-method=x ?X-HTTP-Method-Override=PUT ?X-HTTP-Method=PUT"
      .split(" "),
    ..."?%5fmethod=DELETE ?_%6dethod=DELETE ?%255fmethod=DELETE ?%u005fmethod=DELETE ?_metho%64=x ?_method%00x=DELETE"
      .split(" "),
    ..."?+_method=DELETE ?.method=DELETE ?[method=DELETE ?_method[]=DELETE ?_method[x]=DELETE ?$method=x ?__method=x"
      .split(" "),
    ..."?%ef%bc%bfmethod=DELETE ?_%EF%BD%8Dethod=DELETE ?_verb=x ?http_verb=x ?method_override=x ?_method_override=x"
      .split(" "),
    ..."?method=delete ?method=PUT ?METHOD=Patch ?method=%44ELETE ?method=+DELETE+ ?verb=DELETE ?method=%2544ELETE"
      .split(
        " ",
      ),
  ];
  for (const query of queries) assertEquals(namesMethod(query), true, query);
});

Deno.test("namesMethod() passes what APIs use these words for", () => {
  const queries = [
    "",
    "?",
    "?a=_method",
    "?method=flickr.photos.search",
    "?verb=ListRecords&metadataPrefix=oai_dc",
    "?payment_method=card",
    "?methods=a.b&x",
    "?methodology=x",
    "?filter[method]=GET",
    "?shipping-method=DELETE",
    "?q=%20method",
  ];
  for (const query of queries) assertEquals(namesMethod(query), false, query);
});
