import type { Toolset } from "./toolset.ts";

/** The plugin with which Maven fetches an artifact. */
export const MAVEN_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/** What Maven loads for {@linkcode MAVEN_PLUGIN}, which the mock repository serves. */
export const MAVEN: Toolset = {
  name: "maven",
  needs: "mvn",
  files: {},
  // Any small artifact will do.
  script:
    `mvn --quiet --batch-mode -Dmaven.repo.local=repository ${MAVEN_PLUGIN}:get -Dartifact=junit:junit:3.8.1`,
};
