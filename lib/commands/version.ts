import { VERSION } from "../core/version.ts";
import { type Command, EXIT } from "./command.ts";

/** Prints the program's name and version. */
export const version: Command = () => {
  console.log(`cred-proxy ${VERSION}`);
  return Promise.resolve(EXIT.ok);
};
