/**
 * The servers that the attacks on narrow routes are tried on. Each is taken from the machine; one that is missing is skipped.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";

/** What a server is started with. */
export interface Place {
  readonly port: number;
  /** A folder of its own, with the document root `www`. */
  readonly folder: string;
  /** The folder with the packages that {@linkcode install} installed. */
  readonly packages: string;
}

/** A server. */
export interface RealServer {
  readonly name: string;
  /** What must be there: executables, or absolute paths. */
  readonly needs: readonly string[];
  /** Prints the version. */
  readonly version: readonly string[];
  /** Whether it serves files, and not what it has understood as JSON. */
  readonly servesFiles?: true;
  /** Returns the command that serves in the foreground. */
  command(place: Place): Promise<readonly string[]>;
}

const APPS = fromFileUrl(new URL("apps", import.meta.url));

/** Packages from registries, in the versions that are tried. */
const NPM = { "express": "5.2.1", "method-override": "3.0.0" };
const PIP = ["flask==3.1.3", "django==5.2.19", "bottle==0.13.4", "gunicorn==27.0.1"];

/** Returns a Python application on gunicorn. */
function gunicorn(name: string, module: string): RealServer {
  return {
    name: `${name} on gunicorn`,
    needs: ["python3"],
    version: ["PACKAGES/venv/bin/pip", "list", "--format=freeze"],
    command: ({ port, packages }) =>
      Promise.resolve([
        `${packages}/venv/bin/gunicorn`,
        ...["--chdir", APPS, "--bind", `127.0.0.1:${port}`, "--log-level", "critical", `${module}:app`],
      ]),
  };
}

export const SERVERS: readonly RealServer[] = [
  {
    name: "nginx, files and DAV",
    needs: ["nginx"],
    version: ["nginx", "-v"],
    servesFiles: true,
    async command({ port, folder }) {
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
      const config = `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
        ${Deno.uid() === 0 ? "user root;" : ""} events {} http { access_log off; ${temporary}
        server { listen 127.0.0.1:${port}; root ${folder}/www; dav_methods PUT DELETE MKCOL COPY MOVE; } }`;
      await Deno.writeTextFile(join(folder, "nginx.conf"), config);
      return ["nginx", "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")];
    },
  },
  {
    name: "Apache, files and DAV",
    needs: ["apache2"],
    version: ["apache2", "-v"],
    servesFiles: true,
    async command({ port, folder }) {
      const modules = ["mpm_event", "authz_core", "dav", "dav_fs", "dav_lock"]
        .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n");
      const config = `${modules}
        ServerName 127.0.0.1
        Listen 127.0.0.1:${port}
        ${Deno.uid() === 0 ? "User www-data\nGroup www-data" : ""}
        PidFile ${folder}/pid
        ErrorLog ${folder}/error.log
        DocumentRoot ${folder}/www
        DavLockDB ${folder}/locks/db
        <Directory ${folder}/www>
          Require all granted
          Dav On
        </Directory>`;
      await Deno.mkdir(join(folder, "locks"));
      await Deno.chmod(join(folder, "locks"), 0o777);
      await Deno.writeTextFile(join(folder, "apache.conf"), config);
      return ["apache2", "-d", folder, "-f", join(folder, "apache.conf"), "-X"];
    },
  },
  {
    name: "PHP, Symfony HttpFoundation",
    needs: ["php", "/usr/share/php/Symfony/Component/HttpFoundation/autoload.php"],
    version: ["dpkg-query", "-W", "php-symfony-http-foundation"],
    command: ({ port }) => Promise.resolve(["php", "-S", `127.0.0.1:${port}`, join(APPS, "symfony_app.php")]),
  },
  gunicorn("Flask", "flask_app"),
  gunicorn("Django", "django_app"),
  gunicorn("Bottle", "bottle_app"),
  {
    name: "express, method-override",
    needs: ["node", "npm"],
    version: ["node", "--version"],
    async command({ port, packages }) {
      // Imports are looked up from where the program is.
      const program = join(packages, "express_app.mjs");
      await Deno.copyFile(join(APPS, "express_app.mjs"), program);
      return ["node", program, String(port)];
    },
  },
  {
    name: "Sinatra on Rack",
    needs: ["ruby", "/usr/share/doc/ruby-sinatra", "/usr/share/doc/ruby-webrick"],
    version: ["dpkg-query", "-W", "ruby-sinatra", "ruby-rack"],
    command: ({ port }) => Promise.resolve(["ruby", join(APPS, "sinatra_app.rb"), String(port)]),
  },
  {
    name: "Go, fields of ingresses",
    needs: ["go"],
    version: ["go", "version"],
    async command({ port, folder }) {
      const program = join(folder, "override_app");
      await run(["go", "build", "-o", program, join(APPS, "override_app.go")], folder);
      return [program, String(port)];
    },
  },
];

/** Returns what a server lacks on this machine, or undefined. */
export async function missingPart({ needs }: RealServer): Promise<string | undefined> {
  for (const need of needs) {
    const { success } = need.startsWith("/")
      ? { success: await Deno.stat(need).then(() => true, () => false) }
      : await new Deno.Command("sh", { args: ["-c", 'command -v "$0" >/dev/null', need] }).output();
    if (!success) return need;
  }
  return undefined;
}

/** Returns a server's version, as it prints it. */
export async function versionOf({ version, name }: RealServer, packages: string): Promise<string> {
  const [command = "", ...args] = version.map((word) => word.replace("PACKAGES", packages));
  const { stdout, stderr } = await new Deno.Command(command, { args }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const own = text.split("\n").filter((line) =>
    !line.includes("==") || line.toLowerCase().startsWith(name.split(" ")[0]!.toLowerCase()) ||
    line.startsWith("gunicorn")
  );
  return [...own.join(" ").matchAll(/\d+\.\d+(?:\.\d+)?/g)].map(([number]) => number).slice(0, 2).join(", ");
}

/** Installs the packages that the servers take from registries. @returns Their folder. */
export async function installPackages(): Promise<string> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? ".", ".cache");
  const folder = join(cache, "cred-proxy-e2e/narrow");
  const wanted = JSON.stringify({ private: true, dependencies: NPM, pip: PIP });
  const done = join(folder, "installed.json");
  if (await Deno.readTextFile(done).catch(() => "") === wanted) return folder;
  console.error(`Installing servers in ${folder}`);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "package.json"), wanted);
  await run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], folder);
  await run(["python3", "-m", "venv", "venv"], folder);
  await run(["venv/bin/pip", "install", "--quiet", ...PIP], folder);
  await Deno.writeTextFile(done, wanted);
  return folder;
}

async function run([command = "", ...args]: readonly string[], cwd: string): Promise<void> {
  const { code, stderr } = await new Deno.Command(
    command.startsWith("venv/") ? join(cwd, command) : command,
    {
      args,
      cwd,
      env: { GO111MODULE: "off" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(600_000),
    },
  ).output();
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
}
