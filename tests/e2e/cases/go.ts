/**
 * Libraries of Go, each in a program of a few lines in `programs/go`.
 *
 * @module
 */

import { type ClientCase, withUrl, withVariables } from "../client_case.ts";

type Expected =
  & Pick<ClientCase, "route" | "description" | "expectedOutput" | "expectedRequests">
  & Partial<ClientCase>;

/** A module, by its path, and the program that uses it. */
function go(name: string, [program, module]: readonly [string, string], expected: Expected): ClientCase {
  return {
    name,
    command: program,
    toolset: "go",
    version: `go version -m "$(command -v ${program})" | grep '${module}'`,
    expectedBody: /Is the proxy there\?/,
    script: withVariables(program),
    ...expected,
  };
}

const TWICE = /^The proxy is transparent\.\nThe proxy is transparent\.$/m;

export const GO_CASES: readonly ClientCase[] = [
  go("anthropic-sdk-go", ["anthropic_sdk", "anthropics/anthropic-sdk-go"], {
    route: "anthropic",
    description: "messages, streamed and whole",
    expectedOutput: TWICE,
    expectedRequests: [/^POST \/v1\/messages$/],
  }),
  go("openai-go", ["openai_sdk", "openai/openai-go/v3"], {
    route: "openai",
    description: "a chat completion, streamed, and a response",
    expectedOutput: TWICE,
    expectedRequests: [/^POST \/v1\/chat\/completions$/, /^POST \/v1\/responses$/],
  }),
  go("genai (Go)", ["genai_sdk", "google.golang.org/genai"], {
    route: "gemini",
    description: "generateContent, streamed and whole, files.upload",
    expectedOutput: /^The proxy is transparent\.\nThe proxy is transparent\.\nfiles\/one 300000$/m,
    expectedRequests: [
      /:streamGenerateContent\?alt=sse$/,
      /:generateContent$/,
      /^POST \/upload\/.*upload_id=1$/,
    ],
  }),
  go("go-github", ["github_issues", "google/go-github"], {
    route: "gh",
    description: "three pages of issues, a comment",
    script: withUrl("github_issues"),
    besides: "`client.BaseURL`",
    expectedOutput: /^proxied\none\ntwo\nthree\nIs the proxy there\?$/m,
    expectedRequests: [
      /^GET \/repos\/acme\/project\/issues\?.*page=3$/,
      /^POST \/repos\/acme\/project\/issues\/1\/comments$/,
    ],
  }),
  go("go-sdk of MCP, streamable HTTP", ["mcp_tool", "modelcontextprotocol/go-sdk"], {
    route: "mcp",
    description: "a tool's result, streamed",
    script: withUrl("mcp_tool"),
    expectedOutput: /^The proxy is transparent\.$/m,
    expectedRequests: [/^POST \/mcp$/],
  }),
  go("net/http", ["net_http", "x"], {
    version: "go version",
    route: "internal",
    description: "JSON, a redirect, an upload in chunks, events",
    script: withUrl("net_http"),
    expectedBody: /^x{9}/,
    expectedOutput: /^proxied proxied\ntrue\n4$/m,
    expectedRequests: [/^GET \/user$/, /^GET \/moved$/, /^PUT \/upload$/, /^GET \/events$/],
  }),
];
