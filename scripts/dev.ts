// Small change for trying the dev service by hand: prints the authorization header, or a request for Exchange.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DevFile } from "../src/dev/demo.ts";

const file = join(process.env["TESSERA_DATA_DIR"] ?? "data", "dev.json");
const dev = JSON.parse(readFileSync(file, "utf8")) as DevFile;

const answers: Record<string, () => Promise<string> | string> = {
  header: () => `authorization: Basic ${Buffer.from(`${dev.client_id}:${dev.client_secret}`).toString("base64")}`,
  async exchange() {
    const answer = await fetch(dev.upstream.token_endpoint, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(dev.upstream.example_body),
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    return JSON.stringify({ access_token });
  },
};

const answer = answers[process.argv[2] ?? ""];
if (answer === undefined) throw new Error("say `header` or `exchange`");
process.stdout.write(`${await answer()}\n`);
