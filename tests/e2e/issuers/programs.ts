/**
 * Programs of a few lines for Node, which use the vendors' libraries with placeholder credentials.
 *
 * @module
 */

/** Reads and writes at GitHub: REST, a list, GraphQL. */
export const OCTOKIT = `
import { Octokit } from "octokit";
const octokit = new Octokit({ auth: "placeholder", baseUrl: process.env.GITHUB });
const { data: repository } = await octokit.rest.repos.get({ owner: "acme", repo: "project" });
const issues = await octokit.paginate(octokit.rest.issues.listForRepo, { owner: "acme", repo: "project", per_page: 1 });
await octokit.rest.issues.createComment({ owner: "acme", repo: "project", issue_number: 7, body: "Seen." });
const { viewer } = await octokit.graphql("{ viewer { login } }");
console.log([repository.full_name, issues.length, viewer.login].join(" "));
`;

/** Asks a model of Vertex AI: whole, streamed, and counted. */
export const GENAI = `
import { GoogleGenAI } from "@google/genai";
import { OAuth2Client } from "google-auth-library";
const authClient = new OAuth2Client();
authClient.setCredentials({ access_token: "placeholder", expiry_date: Date.now() + 3_600_000 });
const client = new GoogleGenAI({
  vertexai: true,
  project: "project",
  location: "europe-west4",
  googleAuthOptions: { authClient },
  httpOptions: { baseUrl: process.env.VERTEX },
});
const question = { model: "gemini-2.5-flash", contents: "Is the proxy there?" };
let text = "";
for await (const part of await client.models.generateContentStream(question)) text += part.text;
console.log(text);
console.log((await client.models.generateContent(question)).text);
console.log((await client.models.countTokens(question)).totalTokens);
`;
