import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for Maven, which is told of a mirror and of its credential in a file. */
export const maven: Recipe = ({ url, keyVariable }) => {
  const password = keyVariable === undefined ? "placeholder" : `\${env.${keyVariable}}`;
  const settings = "<settings><mirrors><mirror><id>proxy</id><mirrorOf>*</mirrorOf>" +
    `<url>${url}/</url></mirror></mirrors><servers><server><id>proxy</id><username>agent</username>` +
    `<password>${password}</password></server></servers></settings>`;
  const file = "~/.m2/settings.xml";
  return {
    clients: "Maven",
    lines: [`[ -e ${file} ] || { mkdir -p ~/.m2 && echo ${shellQuote(settings)} > ${file}; }`],
    variables: [`# Maven wants this in ${file}: ${settings}`],
  };
};
