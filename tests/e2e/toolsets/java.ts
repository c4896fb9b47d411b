import { readPrograms, type Toolset } from "./toolset.ts";

/** The artifacts, in the versions that are tested. */
const ARTIFACTS = {
  "com.anthropic:anthropic-java": "3.14.0",
  "com.openai:openai-java": "4.101.0",
  "com.squareup.okhttp3:okhttp-jvm": "5.5.1",
};

const DEPENDENCIES = Object.entries(ARTIFACTS).map(([name, version]) => {
  const [group, artifact] = name.split(":");
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
});

const PROJECT = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>com.example</groupId><artifactId>e2e</artifactId><version>1.0</version>
<dependencies>${DEPENDENCIES.join("\n")}</dependencies>
</project>
`;

/** The programs of `programs/java`, compiled; \`bin/run-java CLASS\` runs one. */
export const JAVA: Toolset = {
  name: "java",
  needs: "mvn && command -v javac",
  files: {
    "pom.xml": PROJECT,
    "bin/run-java": `#!/bin/sh
folder="$(dirname "$0")/.."
exec java -cp "$folder/classes:$folder/dependencies/*" "$@"
`,
    ...await readPrograms("java", /\.java$/),
  },
  script: `mvn --quiet --batch-mode -Dmaven.repo.local=repository \\
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=dependencies
javac -nowarn -d classes -cp 'dependencies/*' ./*.java
chmod +x bin/run-java`,
};
