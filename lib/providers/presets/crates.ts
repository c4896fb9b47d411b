import { cargo } from "../clients/cargo.ts";
import type { Provider } from "../provider.ts";

export const crates: Provider = {
  name: "crates",
  title: "a sparse registry of crates",
  hostExample: "cargo.example.com",
  routes: [{
    // cargo's credential is the whole value of the field.
    fields: { path: "/crates/", upstream: "https://{host}", auth_scheme: "", token_env: "CARGO_TOKEN" },
    clients: [cargo],
    proof: { path: "/config.json", refusalSource: "https://github.com/rust-lang/cargo/issues/11460" },
  }],
  secrets: [{ variable: "CARGO_TOKEN", what: "token of the registry, as cargo would send it" }],
  sources: [
    "https://doc.rust-lang.org/cargo/reference/registry-authentication.html",
    "https://doc.rust-lang.org/cargo/reference/registry-index.html",
  ],
};
