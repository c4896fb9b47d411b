import { readPrograms, type Toolset } from "./toolset.ts";

/** The crates, in the versions that are tested. */
const MANIFEST = `[package]
name = "e2e"
version = "0.1.0"
edition = "2021"

[dependencies]
async-openai = { version = "=0.43.0", features = ["chat-completion"] }
futures-util = "0.3"
octocrab = "=0.54.9"
reqwest = { version = "=0.13.5", features = ["json", "stream"] }
serde_json = "1"
sha2 = "0.10"
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }

# They run once, so there is nothing to optimize or to debug.
[profile.dev]
debug = false
`;

const PROGRAMS = await readPrograms("rust", /\.rs$/);

/** The programs of `programs/rust`, compiled. */
export const RUST: Toolset = {
  name: "rust",
  needs: "cargo",
  files: {
    "Cargo.toml": MANIFEST,
    ...Object.fromEntries(Object.entries(PROGRAMS).map(([path, text]) => [`src/bin/${path}`, text])),
  },
  script: `cargo build --quiet --jobs 2
mkdir -p bin
for program in src/bin/*.rs; do
  cp "target/debug/$(basename "$program" .rs)" bin/
done`,
};
