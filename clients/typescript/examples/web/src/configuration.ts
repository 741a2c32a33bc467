// What the page is told about where it runs.

export type Configuration = {
  /** Where Tessera answers HTTP. */
  http: string;
  /** The page's own client id at Tessera. It is public and has no secret. */
  public_client_id: string;
  upstream_issuer: string;
  /** The page's client id at the issuer where people sign in. */
  upstream_client_id: string;
};

export async function readConfiguration(): Promise<Configuration> {
  const response = await fetch("/tessera.json");
  if (!response.ok) throw new Error("The service is not running. Start it with: npm start");
  return (await response.json()) as Configuration;
}
