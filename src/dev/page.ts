// The sign-in page of the development issuer: one button for each demo user. No script, no foreign content.
import { createHash } from "node:crypto";
import type { DevUser } from "./registry.ts";
import type { Parameters } from "./wire.ts";

export type Page = { html: string; policy: string };

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { display: grid; min-height: 100vh; margin: 0; place-items: center }
main { width: min(24rem, 90vw) }
h1 { font-size: 1.25rem; margin: 0 }
p { margin: .25rem 0 1.5rem; opacity: .75 }
button { display: block; width: 100%; margin: .5rem 0; padding: .75rem 1rem; font: inherit; text-align: start;
  border: 1px solid; border-radius: .5rem; background: none; color: inherit; cursor: pointer }
button:hover, button:focus-visible { outline: 2px solid; outline-offset: 2px }
small { display: block; opacity: .75 }
`;

const styleHash = createHash("sha256").update(style).digest("base64");

/** The page that asks who you are. It posts `parameters` back with the chosen `username`. */
export function signInPage(users: readonly DevUser[], parameters: Parameters, redirectUri: string): Page {
  const fields = [...parameters].map(
    ([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`,
  );
  const body = `<p>${escape(parameters.get("client_id") ?? "")} asks you to sign in. Who are you today?</p>
<form method="post" action="/authorize">${fields.join("")}${users.map(button).join("")}</form>`;
  // Browsers hold the redirect after the form to form-action as well. An app's own scheme has no origin.
  const { origin, protocol } = new URL(redirectUri);
  return page("Development sign-in", body, `'self' ${origin === "null" ? protocol : origin}`);
}

export const errorPage = (message: string): Page => page("Sign-in failed", `<p>${escape(message)}</p>`, "'none'");

const button = ({ username, name, email }: DevUser): string =>
  `<button name="username" value="${escape(username)}">${escape(name)}<small>${escape(email)}</small></button>`;

const page = (title: string, body: string, formAction: string): Page => ({
  html: `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head>
<body><main><h1>${title}</h1>${body}</main></body></html>`,
  policy:
    `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${formAction}; ` +
    "base-uri 'none'; frame-ancestors 'none'",
});

const escape = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);
