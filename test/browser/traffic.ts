// What the tabs of a browser context sent to the service, and what went wrong in them.
import type { BrowserContext, Response } from "playwright-core";

export type Traffic = {
  /** How often a procedure has been called. */
  count(procedure: string): number;
  /** Waits until the last call of a procedure is answered. */
  answered(procedure: string): Promise<void>;
  /** The refresh token of the last answer that held one. */
  lastRefreshToken(): Promise<string>;
  complaints(): string[];
};

type Answer = { result?: { data?: { refresh_token?: string } } };

export function watch(context: BrowserContext): Traffic {
  const calls: string[] = [];
  const answers: { procedure: string; body: Promise<Answer> }[] = [];
  const complaints: string[] = [];

  context.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("/trpc/")) calls.push(procedureOf(request.url()));
  });
  context.on("response", (response) => {
    if (response.request().method() !== "POST" || !response.url().includes("/trpc/")) return;
    answers.push({ procedure: procedureOf(response.url()), body: bodyOf(response) });
  });
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) complaints.push(message.text());
  });

  const count = (procedure: string) => calls.filter((call) => call === procedure).length;
  return {
    count,
    async answered(procedure) {
      const done = () => answers.filter((answer) => answer.procedure === procedure).length >= count(procedure);
      while (count(procedure) === 0 || !done()) await context.waitForEvent("response", { timeout: 20_000 });
    },
    async lastRefreshToken() {
      const bodies = await Promise.all(answers.map(({ body }) => body));
      const token = bodies.map(({ result }) => result?.data?.refresh_token).findLast(Boolean);
      if (!token) throw new Error("no answer held a refresh token");
      return token;
    },
    complaints: () => complaints,
  };
}

const procedureOf = (url: string): string => new URL(url).pathname.replace("/trpc/", "");

/** A body is gone with its page, so it is read at once. */
const bodyOf = (response: Response): Promise<Answer> =>
  response.json().then(
    (body: Answer) => body,
    () => ({}),
  );
