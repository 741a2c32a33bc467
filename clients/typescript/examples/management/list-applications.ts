// Lists the applications of a tenant, as somebody who holds a token for its management resource with application:read.
import { createTesseraClient, type management } from "@tessera/client";

/** All of them, a page at a time; `accessToken` was exchanged with `resource: ["urn:tessera:management"]`. */
export async function* applicationsOf(url: string, accessToken: string): AsyncGenerator<management.ApplicationJson> {
  const { application } = createTesseraClient({ url, token: async () => accessToken });
  let pageToken = "";
  do {
    const page = await application.listApplications.query({ pageSize: 100, pageToken });
    yield* page.applications ?? [];
    pageToken = page.nextPageToken ?? "";
  } while (pageToken !== "");
}

const { TESSERA_URL, TESSERA_TOKEN } = process.env;
if (import.meta.main && TESSERA_URL && TESSERA_TOKEN)
  for await (const { id, name, type } of applicationsOf(TESSERA_URL, TESSERA_TOKEN)) console.log(id, type, name);
