import { VERSION } from "../core/version.ts";
import { type Command, EXIT } from "./command.ts";

/** Print the name and the version. */
export const version: Command = () => {
  console.log(`cred-proxy ${VERSION}`);
  return Promise.resolve(EXIT.ok);
};
