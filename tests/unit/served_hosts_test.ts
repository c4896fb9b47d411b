import { assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { ServedHosts } from "../../lib/http/served_hosts.ts";

Deno.test("ServedHosts accepts addresses, names of one label, private names and those that are listed", () => {
  const hosts = new ServedHosts(["proxy.example.com"]);
  const served = [
    ..."cred-proxy cred-proxy:9099 CRED-PROXY proxy. localhost localhost:1 localhost. a_b x.localhost".split(
      " ",
    ),
    ..."127.0.0.1 127.0.0.1:9099 10.0.0.5 0.0.0.0 127.1 0x7f.1 2130706433 [::1] [::1]:9099 [::ffff:127.0.0.1]"
      .split(" "),
    ..."host.docker.internal a.internal printer.local printer.LOCAL. a.ns.svc a.ns.svc.cluster.local:9099"
      .split(" "),
    ..."proxy.example.com Proxy.Example.COM:9099 proxy.example.com.".split(" "),
  ];
  for (const host of served) assertEquals(hosts.serves(host), true, host);
});

Deno.test("ServedHosts refuses every other name, which a stranger's name server may answer for", () => {
  const hosts = new ServedHosts(["proxy.example.com"]);
  const others = [
    ..."evil.example evil.example:9099 a.proxy.example.com example.com cred-proxy.agents localhost.evil.example"
      .split(" "),
    ..."127.0.0.1.nip.example 10.0.0.1.evil internal.evil notlocal.xlocal a.svc.evil .evil a..evil a.b-c_d"
      .split(" "),
  ];
  for (const host of others) {
    assertEquals(hosts.serves(host), false, host);
    assertEquals(assertThrows(() => hosts.assertServes(host), Refusal).code, "host_not_served", host);
  }
  for (
    const host of ["", " ", "a b", "a/b", "evil.example/", "a@evil.example", ":80", "[::1", "a,b", "\u00e9"]
  ) {
    assertEquals(hosts.serves(host), false, host);
    assertEquals(assertThrows(() => hosts.assertServes(host), Refusal).code, "bad_request", host);
  }
});

Deno.test("ServedHosts decides anew for each host, whatever it has accepted before", () => {
  const hosts = new ServedHosts([]);
  assertEquals(["a", "a", "evil.example", "a", "evil.example"].map((host) => hosts.serves(host)), [
    true,
    true,
    false,
    true,
    false,
  ]);
  assertEquals(new ServedHosts([]).serves(""), false);
});
