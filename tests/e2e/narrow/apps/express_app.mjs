// express with every source of a method that method-override's documents show.
import { createRequire } from "node:module";
import process from "node:process";

// Not imports: they are installed where the trial copies this program to.
const require = createRequire(import.meta.url);
const express = require("express");
const methodOverride = require("method-override");

const app = express();
app.set("trust proxy", true);
const names = ["X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "_method", "_HttpMethod"];
for (const name of names) app.use(methodOverride(name, { methods: ["POST", "GET"] }));
app.use((request, response) => {
  let path = request.path;
  try {
    path = decodeURIComponent(path);
  } catch {
    // As it is.
  }
  response.json({ method: request.method, path, prefix: request.baseUrl, host: request.hostname });
});
app.listen(Number(process.argv[2]), "127.0.0.1");
