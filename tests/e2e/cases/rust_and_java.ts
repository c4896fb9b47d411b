/**
 * Libraries of Rust and Java, each in a program of a few lines in `programs/rust` and `programs/java`.
 *
 * @module
 */

import { type ClientCase, withUrl, withVariables } from "../client_case.ts";

type Expected =
  & Pick<ClientCase, "route" | "description" | "expectedOutput" | "expectedRequests">
  & Partial<ClientCase>;

function rust(name: string, program: string, expected: Expected): ClientCase {
  return {
    name,
    command: program,
    toolset: "rust",
    version: `grep -A 1 '^name = "${name}"$' "$CLIENTS/Cargo.lock"`,
    script: withVariables(program),
    ...expected,
  };
}

/** A library, by the artifact that has its version. */
function java(name: string, [program, artifact]: readonly [string, string], expected: Expected): ClientCase {
  return {
    name,
    command: "run-java",
    toolset: "java",
    version: `cd "$CLIENTS/dependencies" && ls ${artifact}-[0-9]*`,
    script: withVariables(`run-java ${program}`),
    ...expected,
  };
}

const TWICE = /^The proxy is transparent\.\nThe proxy is transparent\.$/m;

/** A client of no particular service. */
const GENERIC: Expected = {
  route: "internal",
  description: "JSON, a redirect, an upload in chunks, events",
  expectedOutput: /^proxied proxied\ntrue\n4$/m,
  expectedRequests: [/^GET \/user$/, /^GET \/moved$/, /^PUT \/upload$/, /^GET \/events$/],
  expectedBody: /^x{9}/,
};

export const RUST_CASES: readonly ClientCase[] = [
  rust("async-openai", "async_openai_chat", {
    route: "openai",
    description: "chat completions, streamed and whole",
    expectedOutput: TWICE,
    expectedRequests: [/^POST \/v1\/chat\/completions$/],
    expectedBody: /Is the proxy there\?/,
  }),
  rust("octocrab", "octocrab_issues", {
    route: "gh",
    description: "three pages of issues, a comment",
    script: withUrl("octocrab_issues"),
    expectedOutput: /^proxied\none\ntwo\nthree\nIs the proxy there\?$/m,
    expectedRequests: [
      /^GET \/repositories\/1\/issues\?page=3$/,
      /^POST \/repos\/acme\/project\/issues\/1\/comments$/,
    ],
    expectedBody: /Is the proxy there\?/,
  }),
  rust("reqwest", "reqwest_generic", { ...GENERIC, script: withUrl("reqwest_generic") }),
];

export const JAVA_CASES: readonly ClientCase[] = [
  java("anthropic-java", ["AnthropicMessages", "anthropic-java"], {
    route: "anthropic",
    description: "messages, streamed and whole",
    expectedOutput: TWICE,
    expectedRequests: [/^POST \/v1\/messages$/],
    expectedBody: /Is the proxy there\?/,
  }),
  java("openai-java", ["OpenaiChat", "openai-java"], {
    route: "openai",
    description: "chat completions, streamed and whole",
    expectedOutput: TWICE,
    expectedRequests: [/^POST \/v1\/chat\/completions$/],
    expectedBody: /Is the proxy there\?/,
  }),
  java("OkHttp", ["OkhttpGeneric", "okhttp-jvm"], { ...GENERIC, script: withUrl("run-java OkhttpGeneric") }),
  java("JDK HttpClient", ["JdkHttpClient", ""], {
    ...GENERIC,
    version: "java --version",
    script: withUrl("run-java JdkHttpClient"),
    knownLimit: { text: "offers HTTP/2 in a way that the runtime refuses" },
  }),
  java("JDK HttpClient, HTTP_1_1", ["JdkHttpClient", ""], {
    ...GENERIC,
    version: "java --version",
    script: withUrl("run-java JdkHttpClient HTTP_1_1"),
    besides: "`version(HttpClient.Version.HTTP_1_1)`",
  }),
];
