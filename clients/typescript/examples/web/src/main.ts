// A page of a public application: sign in, see who you are and what you may do, in as many tabs as you like.
import { createTabTokenSource, createTesseraClient, TesseraError, tokensOf } from "@tessera/client";
import { readConfiguration } from "./configuration.ts";
import { onClick, say, showClaims, showState, showTime, showUser } from "./page.ts";
import { finishSignIn, startSignIn } from "./sign-in.ts";

await attempt(async () => {
  const configuration = await readConfiguration();
  const client = createTesseraClient({ url: configuration.http, clientId: configuration.public_client_id });
  const session = createTabTokenSource({
    refresh: (refreshToken) => client.auth.refresh.mutate({ refresh_token: refreshToken }),
    revoke: (refreshToken) => client.auth.revoke.mutate({ token: refreshToken, token_type_hint: "refresh_token" }),
  });

  const show = () => {
    const view = session.peek();
    showState(view ? "signed-in" : "signed-out");
    if (!view) return showClaims(undefined);
    showUser(view);
    showTime(view, session.leads());
  };
  session.subscribe(show);
  setInterval(() => {
    const view = session.peek();
    if (view) showTime(view, session.leads());
  }, 250);

  onClick("sign-in", () => attempt(() => startSignIn(configuration)));
  onClick("refresh", () => attempt(() => session.refresh()));
  onClick("read", () => attempt(async () => showClaims(await session.token())));
  onClick("sign-out", () => attempt(() => session.signOut()));

  const upstreamToken = await finishSignIn(configuration);
  if (upstreamToken) {
    const sentAt = Date.now();
    await session.signIn(tokensOf(await client.auth.exchange.mutate({ access_token: upstreamToken }), sentAt));
  } else {
    // Another tab may be signed in already.
    await session.token();
  }
  show();
});

/** Does it, and says in words what went wrong. */
async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    say("");
    await action();
  } catch (error) {
    const over = error instanceof TesseraError && error.reason === "SIGNED_OUT";
    if (over || document.body.dataset["state"] === "loading") showState("signed-out");
    if (!over) say(error instanceof Error ? error.message : "Something went wrong.");
  }
}
