// Drives the example page in Debian's Chromium against the real service: npm run test:browser.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { type Check, checks } from "./checks.ts";
import { startPage, startService } from "./service.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const ttl = 6;

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

if (existsSync(executablePath)) {
  process.exitCode = (await run()) === 0 ? 0 : 1;
} else {
  console.log(`NOT RUN: there is no ${executablePath}. Install it with: apt-get install chromium`);
  process.exitCode = process.env["CI"] ? 1 : 0;
}

/** Answers how many checks failed; what cannot be started counts as one. */
async function run(): Promise<number> {
  const stops: (() => Promise<unknown>)[] = [];
  let story: Check[] = [];
  try {
    const { dev, devJson, stop } = await startService(ttl);
    stops.unshift(stop);
    const page = await startPage(devJson);
    stops.unshift(page.stop);
    const browser = await chromium.launch({ executablePath, args });
    stops.unshift(() => browser.close());
    story = await checks({ browser, dev, url: page.url, ttl });
  } catch (error) {
    story = [["the service, the page and the browser start", () => Promise.reject(error)]];
  }
  const failed = await tell(story);
  for (const stop of stops) await stop();
  console.log(`${story.length - failed} passed, ${failed} failed`);
  return failed;
}

async function tell(story: readonly Check[]): Promise<number> {
  let failed = 0;
  for (const [name, check] of story) {
    try {
      await check();
      console.log(`ok      ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return failed;
}
